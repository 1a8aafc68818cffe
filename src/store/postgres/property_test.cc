// On random index values the PostgreSQL engine answers what the memory engine does.
#include "store/postgres/test_support.h"
#include "store/property_test_support.h"

namespace vesta::store {
namespace {

constexpr int kPlans = 800 / property_test::kFewer;

class PostgresPropertyTest : public property_test::PropertyTest {
 protected:
  std::unique_ptr<Store> open(const std::function<int(int)>& below) override {
    return database_.open(test::registry(), clock_, postgres::test::any_max_walked(below));
  }

  void TearDown() override { engine_.reset(); }  // before its database goes

  postgres::test::PostgresEngine database_;
};

TEST_F(PostgresPropertyTest, AnswersWhatTheMatcherDecides) {
  answers_what_the_matcher_decides(kPlans / postgres::test::Server::slowness());
}

TEST_F(PostgresPropertyTest, HistoriesAndFeedsAreTheSame) {
  histories_and_feeds_are_the_same(property_test::kHistories / postgres::test::Server::slowness());
}

}  // namespace
}  // namespace vesta::store
