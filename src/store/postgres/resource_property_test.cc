// On random resources the PostgreSQL engine answers what the matcher decides.
#include "store/postgres/test_support.h"
#include "store/resource_property_test_support.h"

namespace vesta::store {
namespace {

constexpr std::uint64_t kPlans = 20'000 / search::testing::kSlowness;

class PostgresResourcePropertyTest : public property_test::ResourcePropertyTest {
 protected:
  std::unique_ptr<Store> open(const std::function<int(int)>& below) override {
    return database_.open(search::testing::registry(), clock_, postgres::test::any_max_walked(below));
  }

  void TearDown() override { engine_.reset(); }  // before its database goes

  postgres::test::PostgresEngine database_;
};

TEST_F(PostgresResourcePropertyTest, AnswersWhatTheMatcherDecides) {
  answers_what_the_matcher_decides(kPlans / static_cast<std::uint64_t>(postgres::test::Server::slowness()));
}

}  // namespace
}  // namespace vesta::store
