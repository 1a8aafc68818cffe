// IdKeys: sets of ids whose keys are kept, while resources come and go.
#include "store/sqlite/id_keys.h"

#include "base/check.h"
#include "store/contract_test_support.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/test_support.h"

namespace vesta::store {
namespace {

class IdKeysTest : public ::testing::Test {
 protected:
  IdKeysTest() {
    auto opened = sqlite::open({.directory = folder_.path(), .registry = &test::registry()});
    CHECK(opened.ok());
    store_ = std::move(*opened);
  }

  void put(const std::string& id, std::uint64_t expected = 0) {
    WriteSet set;
    set.writes.push_back(test::make_put("Patient", id, expected, "1", {}, {}));
    ASSERT_TRUE(store_->commit(set).ok());
  }
  std::vector<std::string> found(const search::Leaf& leaf, const std::string& type = "Patient") {
    return test::all_pages(*store_, test::leaf_query(type, leaf), 2);
  }
  static std::shared_ptr<const search::IdSet> set_of(std::vector<std::string> ids) {
    return std::make_shared<const search::IdSet>(search::IdSet{std::move(ids)});
  }

  sqlite::test::TemporaryFolder folder_;
  std::unique_ptr<Store> store_;
};

using Ids = std::vector<std::string>;

TEST_F(IdKeysTest, FollowResourcesThatComeAndGo) {
  const search::Leaf leaf{nullptr, search::IdSetMatch{set_of({"a", "b", "c"})}};
  put("a");
  put("x");
  EXPECT_EQ(found(leaf), Ids{"a"});
  put("b");
  EXPECT_EQ(found(leaf), (Ids{"a", "b"})) << "a resource that was missing when the set was first looked for";
  WriteSet removal;
  removal.writes.push_back(test::make_remove("Patient", "a", 1, {}));
  ASSERT_TRUE(store_->commit(removal).ok());
  EXPECT_EQ(found(leaf), Ids{"b"});
  put("c");
  put("a", 2);
  EXPECT_EQ(found(leaf), (Ids{"a", "b", "c"})) << "in the order of their first creation";
}

TEST_F(IdKeysTest, AreOfTheSetThatIsAsked) {
  put("a");
  put("b");
  // One after the other, perhaps in the same place in memory.
  for (int i = 0; i < 100; ++i) {
    const std::string id = i % 2 == 0 ? "a" : "b";
    EXPECT_EQ(found({nullptr, search::IdSetMatch{set_of({id})}}), Ids{id});
  }
  const auto set = set_of({"a"});
  EXPECT_EQ(found({nullptr, search::IdSetMatch{set}}), Ids{"a"});
  EXPECT_EQ(found({nullptr, search::IdSetMatch{set}}, "Observation"), Ids{}) << "ids of another type";
}

TEST_F(IdKeysTest, LeadFromReferencesToWhatNeedNotBeThere) {
  const auto& subject = test::parameter("Observation", "subject");
  const auto values = test::Values().reference(subject, "Patient", "gone");
  WriteSet set;
  set.writes.push_back(test::make_put("Observation", "o", 0, "1", values, {}));
  ASSERT_TRUE(store_->commit(set).ok());
  const search::Leaf leaf{&subject, search::ReferenceSetMatch{test::type_of("Patient"), set_of({"gone", "other"})}};
  EXPECT_EQ(found(leaf, "Observation"), Ids{"o"});
}

TEST_F(IdKeysTest, LookUpWhatASnapshotDoesNotSeeYet) {
  using sqlite::Connection;
  put("a");
  const auto connect = [&] {
    auto connection = Connection::open(folder_.path() + "/vesta.db", "", Connection::Role::reader);
    CHECK(connection.ok());
    return std::move(*connection);
  };
  const std::int64_t type = sqlite::test::run_sql(folder_.path(), "SELECT type FROM resource LIMIT 1");
  sqlite::IdKeys keys;
  const auto ids = set_of({"a", "b"});
  const auto older = connect(), newer = connect();
  ASSERT_TRUE(older->run("BEGIN").ok());
  ASSERT_TRUE(older->run("SELECT 1 FROM resource LIMIT 1").ok());  // the snapshot begins
  put("b");
  const auto of_newer = keys.keys_of(*newer, type, ids);
  ASSERT_TRUE(of_newer.ok());
  EXPECT_EQ((*of_newer)->size(), 2u);
  const auto of_older = keys.keys_of(*older, type, ids);
  ASSERT_TRUE(of_older.ok());
  EXPECT_EQ((*of_older)->size(), 1u) << "it has no row of b";
  EXPECT_EQ(*keys.keys_of(*newer, type, ids), *of_newer) << "kept, not looked up again";
}

}  // namespace
}  // namespace vesta::store
