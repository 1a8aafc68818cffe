// On random index values the SQLite engine answers what the memory engine does, however it is tuned.
#include "store/property_test_support.h"
#include "store/sqlite/sqlite_store.h"
#include "store/sqlite/test_support.h"

namespace vesta::store {
namespace {

constexpr int kPlans = 3'000 / property_test::kFewer;

class SqlitePropertyTest : public property_test::PropertyTest {
 protected:
  std::unique_ptr<Store> open(const std::function<int(int)>& below) override {
    auto opened = sqlite::open({.directory = folder_.path(),
                                .registry = &test::registry(),
                                .clock = &clock_,
                                .tuning = below ? sqlite::test::any_tuning(below) : sqlite::Tuning()});
    EXPECT_TRUE(opened.ok()) << opened.error().message;
    return opened.ok() ? std::move(*opened) : nullptr;
  }

  sqlite::test::TemporaryFolder folder_;
};

TEST_F(SqlitePropertyTest, AnswersWhatTheMatcherDecides) {
  answers_what_the_matcher_decides(kPlans);
}

TEST_F(SqlitePropertyTest, HistoriesAndFeedsAreTheSame) {
  histories_and_feeds_are_the_same();
}

}  // namespace
}  // namespace vesta::store
