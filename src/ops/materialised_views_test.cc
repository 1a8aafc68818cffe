// Tests of tables of views as they follow the store; what a table is, store/contract_view_tables_test_suite holds.
#include "ops/materialised_views.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "fhir/envelope.h"
#include "ops/test_support.h"
#include "search/extract.h"
#include "store/scratch.h"
#include "store/sqlite/view_tables.h"

namespace vesta::ops {
namespace {

using testing::TestServer;

class MaterialisedViewsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string path = (std::filesystem::temp_directory_path() / "vesta-views-XXXXXX").string();
    ASSERT_NE(::mkdtemp(path.data()), nullptr);
    folder_ = path;
    restart();
  }
  void TearDown() override {
    views_.reset();
    std::filesystem::remove_all(folder_);
  }
  void restart() {
    views_ = std::make_unique<MaterialisedViews>(server_.service, *server_.store,
                                                 [this](bool may_create) -> Result<std::unique_ptr<store::ViewTables>> {
                                                   if (!may_create && !store::sqlite::has_view_tables(folder_))
                                                     return std::unique_ptr<store::ViewTables>();
                                                   return store::sqlite::open_view_tables(folder_);
                                                 });
  }
  void settle() {
    for (int i = 0; i < 1000; ++i) {
      const auto stepped = views_->step();
      ASSERT_TRUE(stepped.ok()) << stepped.error().message;
      if (!*stepped) return;
    }
    FAIL() << "it never ends";
  }
  void put_view(const std::string& id, const std::string& name, const std::string& columns, bool is_marked = true) {
    ASSERT_LT(server_.put("/ViewDefinition/" + id, view_of(id, name, columns, is_marked)).status, 300);
  }
  static std::string view_of(const std::string& id, const std::string& name, const std::string& columns,
                             bool is_marked) {
    const std::string tag = R"("meta":{"tag":[{"system":"urn:vesta:view","code":"materialised"}]},)";
    return R"({"resourceType":"ViewDefinition","id":")" + id + R"(",)" + (is_marked ? tag : "") + R"("name":")" + name +
           R"(","status":"active","resource":"Patient","select":[)" + columns + "]}";
  }
  // As it may stand in a store that an older server wrote.
  void keep_unchecked_view(const std::string& id, const std::string& name, const std::string& columns) {
    const std::string json = view_of(id, name, columns, true);
    store::Scratch scratch(fhir::r4());
    const auto resource = scratch.read_json(json, json.size());
    ASSERT_TRUE(resource.ok());
    store::WriteSet set;
    set.generation = testing::registry().generation();
    store::Write& write = set.writes.emplace_back();
    write.kind = store::Write::Kind::put;
    write.type = (*resource)->type;
    write.id = id;
    write.added = *search::extract(testing::registry(), **resource, scratch.arena);
    const auto current = server_.store->read(write.type, id);
    if (*current) {
      write.expected = (*current)->version;
      write.removed = *search::extract(testing::registry(), **scratch.read(**current), scratch.arena);
    }
    fhir::write_tail(fhir::r4(), **resource, write.tail);
    ASSERT_TRUE(server_.store->commit(set).ok());
  }
  void put_patient(const std::string& id, const std::string& rest) {
    ASSERT_LT(server_.put("/Patient/" + id, R"({"resourceType":"Patient","id":")" + id + R"(")" + rest + "}").status,
              300);
  }
  // Rows with commas; or what is wrong.
  std::vector<std::string> ask(const std::string& sql) const {
    std::vector<std::string> lines;
    auto tables = store::sqlite::open_view_query(folder_);
    if (!tables.ok()) return {"no tables"};
    const Status done = (*tables)->run(
        sql, [](std::span<const std::string>) {},
        [&](std::span<const store::ViewValue> values) {
          std::string line;
          for (const store::ViewValue& value : values) line += (&value == values.data() ? "" : ",") + value.text;
          lines.push_back(line);
          return true;
        });
    if (!done.ok()) return {done.error().message};
    return lines;
  }
  using Lines = std::vector<std::string>;

  TestServer server_;
  std::string folder_;
  std::unique_ptr<MaterialisedViews> views_;
};

constexpr const char* kId = R"json({"column":[{"name":"id","path":"getResourceKey()"}]})json";
constexpr const char* kBroken = R"json({"column":[{"name":"id","path":"nothing()"}]})json";
constexpr const char* kFamily =
    R"json({"column":[{"name":"id","path":"getResourceKey()"},{"name":"family","path":"name.family.first()"}]})json";

TEST_F(MaterialisedViewsTest, FollowTheStore) {
  put_patient("a", R"(,"name":[{"family":"Ada"}])");
  settle();
  EXPECT_EQ(ask("SELECT 1"), Lines{"no tables"}) << "no file without a view";
  put_view("v", "patients", kFamily);
  settle();
  EXPECT_EQ(ask("SELECT id, family FROM patients"), Lines{"a,Ada"});
  put_patient("b", R"(,"name":[{"family":"Bob"}])");
  put_patient("a", R"(,"name":[{"family":"Bea"}])");
  settle();
  EXPECT_EQ(ask("SELECT id, family FROM patients ORDER BY id"), (Lines{"a,Bea", "b,Bob"}));
  ASSERT_EQ(server_.remove("/Patient/a").status, 204);
  restart();
  settle();
  EXPECT_EQ(ask("SELECT id, family FROM patients"), Lines{"b,Bob"});
}

TEST_F(MaterialisedViewsTest, FollowTheirDefinitions) {
  put_patient("b", "");
  put_view("v", "patients", kFamily);
  settle();
  put_view("v", "patients", kId);
  settle();
  EXPECT_EQ(ask("SELECT * FROM patients"), Lines{"b,0,b"});
  put_view("v", "people", kId);
  settle();
  EXPECT_EQ(ask("SELECT * FROM patients"), Lines{"no such table: patients"});
  EXPECT_EQ(ask("SELECT id FROM people"), Lines{"b"});
  put_view("v", "people", kId, false);
  settle();
  EXPECT_EQ(ask("SELECT name FROM _vesta_view"), Lines{}) << "it is not marked any more";
  EXPECT_EQ(ask("SELECT id FROM people"), Lines{"no such table: people"});
}

TEST_F(MaterialisedViewsTest, TypesOfColumnsAndOfValues) {
  put_patient("a", R"(,"active":true,"multipleBirthInteger":2,"name":[{"given":["A","B"]}])");
  put_view("v", "t",
           R"json({"column":[{"name":"b","path":"active","type":"boolean"},
                  {"name":"i","path":"multipleBirth.ofType(integer)","type":"integer"},
                  {"name":"g","path":"name.given","collection":true,"type":"string"},
                  {"name":"n","path":"gender"},{"name":"sum","path":"1.5 + 1"}]})json");
  settle();
  EXPECT_EQ(ask("SELECT b, i, g, n, sum, typeof(b), typeof(i), typeof(n), typeof(sum) FROM t"),
            Lines{R"(1,2,["A","B"],,2.5,integer,integer,null,real)"});
}

// More changes than one step takes, most of them of one resource.
TEST_F(MaterialisedViewsTest, ManyChangesTakeSeveralSteps) {
  for (int i = 0; i < 40; ++i) put_patient("p" + std::to_string(i), R"(,"name":[{"family":"F"}])");
  for (int i = 0; i < static_cast<int>(kViewChanges); ++i) {
    put_patient("same", R"(,"name":[{"family":"F)" + std::to_string(i) + R"("}])");
  }
  put_view("v", "patients", kFamily);
  ASSERT_TRUE(*views_->step()) << "opens the file";
  ASSERT_TRUE(*views_->step());
  EXPECT_EQ(ask("SELECT count(*) FROM patients"), Lines{"no such table: patients"}) << "it is being made";
  settle();
  EXPECT_EQ(ask("SELECT count(*), max(id = 'same' AND family = 'F499') FROM patients"), Lines{"41,1"});
}

TEST_F(MaterialisedViewsTest, OneThatCannotBeKeptIsTakenAway) {
  put_patient("a", R"(,"name":[{"family":"Ada","given":["A"]}])");
  put_view("v", "given", R"({"column":[{"name":"g","path":"name.given"}]})");
  put_view("w", "given", kFamily);  // its name is taken
  settle();
  EXPECT_EQ(ask("SELECT g FROM given"), Lines{"A"});
  put_patient("b", R"(,"name":[{"given":["B","C"]}])");  // two values in a column for one
  settle();
  EXPECT_EQ(ask("SELECT count(*) FROM given"), Lines{"no such table: given"});
  const Lines failures = ask("SELECT name, failure FROM _vesta_view ORDER BY name");
  ASSERT_EQ(failures.size(), 2u);
  EXPECT_EQ(
      failures[0],
      "given,Patient/b: ViewDefinition.select[0].column[0].path: several values in a column that is no collection");
  EXPECT_EQ(failures[1], "ViewDefinition/w,Another view has the table given.");
  put_patient("c", "");
  settle();  // and is let alone until its definition changes
  put_view("v", "given", R"json({"column":[{"name":"g","path":"name.given.first()"}]})json");
  settle();
  EXPECT_EQ(ask("SELECT count(*) FROM given"), Lines{"3"});
}

// As when a store is put back from a copy.
TEST_F(MaterialisedViewsTest, AFileThatIsAheadOfTheStoreIsMadeAnew) {
  put_view("v", "patients", kFamily);
  for (int i = 0; i < 20; ++i) put_patient("p" + std::to_string(i), "");
  settle();
  EXPECT_EQ(ask("SELECT count(*) FROM patients"), Lines{"20"});
  views_.reset();
  TestServer older;
  const std::string view =
      R"({"resourceType":"ViewDefinition","id":"v","meta":{"tag":[{"system":"urn:vesta:view",)"
      R"("code":"materialised"}]},"name":"patients","status":"active","resource":"Patient","select":[)";
  ASSERT_EQ(older.put("/ViewDefinition/v", view + kFamily + "]}").status, 201);
  ASSERT_EQ(older.put("/Patient/other", R"({"resourceType":"Patient","id":"other"})").status, 201);
  MaterialisedViews views(older.service, *older.store,
                          [this](bool) { return store::sqlite::open_view_tables(folder_); });
  while (*views.step()) continue;
  EXPECT_EQ(ask("SELECT id FROM patients"), Lines{"other"});
}

TEST_F(MaterialisedViewsTest, OneThatIsWrongIsNoMatterOfTheOthers) {
  put_patient("a", "");
  put_view("v", "twice", R"({"column":[{"name":"a","path":"id"},{"name":"A","path":"id"}]})");
  put_view("good", "good", kId);
  settle();
  EXPECT_EQ(ask("SELECT id FROM good"), Lines{"a"});
  EXPECT_EQ(ask("SELECT failure FROM _vesta_view WHERE name = 'twice'"),
            Lines{"to SQL 'A' is the name of another column too"});
  keep_unchecked_view("good", "broken", kBroken);
  put_view("v", "good", kId);
  settle();
  EXPECT_EQ(ask("SELECT id FROM good"), Lines{"a"}) << "a broken view has no name";
}

// There is always a change behind the last one: it must not wait for an end of them.
TEST_F(MaterialisedViewsTest, AreCompleteWhileOthersWrite) {
  put_view("v", "patients", kId);
  for (int i = 0; i < 5 && ask("SELECT count(*) FROM patients").front().starts_with("no"); ++i) {
    ASSERT_TRUE(views_->step().ok());
    put_patient("p" + std::to_string(i), "");
  }
  EXPECT_FALSE(ask("SELECT count(*) FROM patients").front().starts_with("no"));
}

TEST_F(MaterialisedViewsTest, SoManyAreKeptAndNotMore) {
  for (std::uint32_t i = 0; i <= kMaxMaterialisedViews; ++i) {
    put_view("v" + std::to_string(i), "t" + std::to_string(i), kId);
  }
  settle();
  EXPECT_EQ(ask("SELECT count(*) FROM _vesta_view WHERE complete"), Lines{std::to_string(kMaxMaterialisedViews)});
  EXPECT_EQ(ask("SELECT failure FROM _vesta_view WHERE name = 'ViewDefinition/v" +
                std::to_string(kMaxMaterialisedViews) + "'"),
            Lines{"More than 100 views are marked."});
}

// More rows than go into one transaction, some of a resource that comes again behind them.
TEST_F(MaterialisedViewsTest, ManyRowsTakeSeveralTransactions) {
  const std::string large(200'000, 'x');
  for (int i = 0; i < 60; ++i) {
    put_patient("p" + std::to_string(i % 40), R"(,"name":[{"family":")" + large + std::to_string(i) + R"("}])");
  }
  put_view("v", "patients", kFamily);
  settle();
  EXPECT_EQ(ask("SELECT count(*), sum(length(family) > 200000), max(id = 'p3' AND family LIKE '%x43') FROM patients"),
            Lines{"40,40,1"});
}

TEST_F(MaterialisedViewsTest, EachVersionOfADefinitionIsCompiledOnce) {
  put_view("a", "first", kId);
  put_view("b", "second", kId);
  keep_unchecked_view("c", "third", kBroken);
  settle();
  EXPECT_EQ(views_->compilations(), 3u);
  for (int i = 0; i < 5; ++i) {
    put_patient("p" + std::to_string(i), "");
    settle();
  }
  EXPECT_EQ(views_->compilations(), 3u);
  put_view("b", "second", kFamily);
  settle();
  EXPECT_EQ(views_->compilations(), 4u);
  EXPECT_EQ(ask("select count(*) from second"), Lines{"5"});
  // What is marked again is compiled again: nothing of it was kept.
  put_view("a", "first", kId, false);
  settle();
  put_view("a", "first", kId);
  settle();
  EXPECT_EQ(views_->compilations(), 5u);
}

TEST_F(MaterialisedViewsTest, TellHowFarTheyAre) {
  settle();
  EXPECT_EQ(views_->progress().tables, 0u);
  EXPECT_FALSE(views_->progress().seq);
  keep_unchecked_view("bad", "bad", kBroken);
  settle();
  EXPECT_EQ(views_->progress().tables, 1u);
  EXPECT_EQ(views_->progress().failing, 1u);
  EXPECT_FALSE(views_->progress().seq);
  for (std::uint32_t i = 0; i <= kViewChanges; ++i) put_patient("p" + std::to_string(i), "");
  put_view("good", "good", kId);
  const CommitSeq last = server_.store->statistics()->last_seq;
  ASSERT_TRUE(*views_->step());
  EXPECT_EQ(views_->progress().tables, 2u);
  EXPECT_EQ(views_->progress().failing, 1u);
  EXPECT_EQ(views_->progress().seq, CommitSeq{kViewChanges}) << "after one step";
  settle();
  EXPECT_EQ(views_->progress().seq, last);
}

TEST_F(MaterialisedViewsTest, AThreadKeepsThem) {
  put_view("v", "patients", kFamily);
  views_->start();
  put_patient("a", "");
  while (ask("SELECT id FROM patients") != Lines{"a"}) std::this_thread::yield();
  views_->stop();
}

}  // namespace
}  // namespace vesta::ops
