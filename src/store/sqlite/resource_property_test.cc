// On random resources the SQLite engine answers what the matcher decides, however it is tuned.
#include "store/resource_property_test_support.h"
#include "store/sqlite/sqlite_store.h"
#include "store/sqlite/test_support.h"

namespace vesta::store {
namespace {

constexpr std::uint64_t kPlans = 20'000 / search::testing::kSlowness;

class SqliteResourcePropertyTest : public property_test::ResourcePropertyTest {
 protected:
  std::unique_ptr<Store> open(const std::function<int(int)>& below) override {
    auto opened = sqlite::open({.directory = folder_.path(),
                                .registry = &search::testing::registry(),
                                .clock = &clock_,
                                .tuning = below ? sqlite::test::any_tuning(below) : sqlite::Tuning()});
    EXPECT_TRUE(opened.ok()) << opened.error().message;
    return opened.ok() ? std::move(*opened) : nullptr;
  }

  sqlite::test::TemporaryFolder folder_;
};

TEST_F(SqliteResourcePropertyTest, AnswersWhatTheMatcherDecides) {
  answers_what_the_matcher_decides(kPlans);
}

}  // namespace
}  // namespace vesta::store
