// Tests of kept sets of targets: what refers to any of them, as it is in the search's state.
#include <memory>
#include <string>

#include "store/sqlite/kept_values_test_support.h"

namespace vesta::store {
namespace {

class KeptSetsStoreTest : public test::KeptValuesStoreTest {
 protected:
  static constexpr int kEach = 20;  // of each of p, q, r

  static test::Values subject(const std::string& target) {
    return test::Values().reference(test::parameter("Observation", "subject"), "Patient", target);
  }
  void add_all() {
    for (const std::string target : {"p", "q", "r"}) {
      for (int i = 0; i < kEach; ++i) {
        commit(test::make_put("Observation", target + std::to_string(i), 0, "", subject(target), {}));
      }
    }
  }
  search::Query of_set() const {
    const search::ReferenceSetMatch match{test::type_of("Patient"), set_};
    return test::leaf_query("Observation", {&test::parameter("Observation", "subject"), match});
  }
  bool is_gathered(std::uint32_t count = 1) {
    auto found = store_->search(of_set(), {.count = count, .explain = true});
    EXPECT_TRUE(found.ok());
    return found->explanation->children.front().what.find("gathered") != std::string::npos;
  }

  const std::shared_ptr<const search::IdSet> set_ = std::make_shared<const search::IdSet>(search::IdSet{{"p", "q"}});
};

TEST_F(KeptSetsStoreTest, AreKeptOnceTheyWereReadAndFollowWhatIsWritten) {
  add_all();
  EXPECT_FALSE(is_gathered());
  EXPECT_EQ(matches(of_set()), 2u * kEach);
  EXPECT_TRUE(is_gathered());
  commit(test::make_put("Observation", "r0", 1, "", subject("q"), subject("r")));
  EXPECT_FALSE(is_gathered()) << "one of its targets was written";
  EXPECT_EQ(matches(of_set()), 2u * kEach + 1);
  EXPECT_TRUE(is_gathered());
  commit(test::make_put("Observation", "r1", 1, "", subject("s"), subject("r")));
  EXPECT_TRUE(is_gathered()) << "targets of others";
  EXPECT_EQ(matches(of_set()), 2u * kEach + 1);
  commit(test::make_remove("Observation", "p3", 1, subject("p")));
  EXPECT_EQ(matches(of_set()), 2u * kEach);
  Write index = test::make_put("Observation", "p4", 1, "", subject("r"), {});
  index.kind = Write::Kind::index;
  commit(index);
  EXPECT_EQ(matches(of_set()), 2u * kEach - 1);
}

TEST_F(KeptSetsStoreTest, PagesAloneMakeThemKept) {
  add_all();
  int pages = 0;
  while (!is_gathered(8) && pages < 100) ++pages;
  EXPECT_GT(pages, 1) << "not before as much was read";
  EXPECT_LT(pages, 100);
}

TEST_F(KeptSetsStoreTest, AreReadUpToALimit) {
  open({.max_kept_set_keys = 2 * kEach});
  add_all();
  EXPECT_EQ(matches(of_set()), 2u * kEach);
  EXPECT_TRUE(is_gathered());
  commit(test::make_put("Observation", "more", 0, "", subject("p"), {}));
  EXPECT_EQ(matches(of_set()), 2u * kEach + 1);
  EXPECT_FALSE(is_gathered());
}

}  // namespace
}  // namespace vesta::store
