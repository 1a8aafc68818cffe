// What custom parameters ask of the SQLite engine: the ids of another process, numbers that stay for good, and no more
// room for them.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "store/contract_test_support.h"
#include "store/sqlite/catalog.h"
#include "store/sqlite/forget.h"
#include "store/sqlite/sqlite_store.h"
#include "store/sqlite/test_support.h"

namespace vesta::store {
namespace {

search::CustomParameter custom(const std::string& code, fhir::SearchParamType type, const std::string& expression) {
  search::CustomParameter made;
  made.url = "http://test/" + code;
  made.code = code;
  made.type = type;
  made.expression = expression;
  made.base = {test::type_of("Observation")};
  return made;
}

class SqliteCustomParametersTest : public ::testing::Test {
 protected:
  std::unique_ptr<Store> open(const search::Registry& registry) {
    auto store = sqlite::open({.directory = folder_.path(), .registry = &registry, .clock = &clock_});
    EXPECT_TRUE(store.ok()) << store.error().message;
    return store.ok() ? std::move(*store) : nullptr;
  }
  static const search::Parameter& parameter(const search::Registry& registry, std::string_view code) {
    const search::Parameter* found = registry.find(test::type_of("Observation"), code);
    CHECK(found != nullptr);
    return *found;
  }
  static void add(search::Registry& registry, const search::CustomParameter& source) {
    ASSERT_TRUE(registry.add(source).ok());
    registry.set_ready(search::digest_of(fhir::r4(), source));
  }
  static Status commit(Store& store, const search::Registry& registry, Write write) {
    WriteSet set;
    set.writes.push_back(std::move(write));
    set.generation = registry.generation();
    const auto written = store.commit(set);
    return written.ok() ? kOk : Status(written.error());
  }
  std::int64_t run_sql(const std::string& sql) { return sqlite::test::run_sql(folder_.path(), sql); }
  // Numbers of parameters that are gone, behind those that are there.
  void add_numbers(std::size_t count) {
    run_sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + std::to_string(count) +
            "), known(c) AS (SELECT count(*) FROM name WHERE kind = 1)"
            " INSERT INTO name SELECT 1, c + i, 'Observation.gone#' || (c + i) FROM n, known");
  }

  test::FakeClock clock_;
  sqlite::test::TemporaryFolder folder_;
};

TEST_F(SqliteCustomParametersTest, IdsOfAnotherProcessAreNoDamage) {
  const std::vector<search::CustomParameter> sources = {
      custom("note-one", fhir::SearchParamType::string, "Observation.note.text"),
      custom("note-two", fhir::SearchParamType::string, "Observation.note.text"),
      custom("who-one", fhir::SearchParamType::reference, "Observation.performer"),
      custom("who-two", fhir::SearchParamType::reference, "Observation.performer")};
  const auto values = [](const search::Registry& registry, const std::string& text) {
    test::Values made;
    for (const char* code : {"note-one", "note-two"}) {
      made.string(parameter(registry, code), text).present(parameter(registry, code));
    }
    for (const char* code : {"who-one", "who-two"}) {
      made.reference(parameter(registry, code), "Patient", "p").present(parameter(registry, code));
    }
    return made;
  };
  {
    search::Registry registry(fhir::r4());
    for (const auto& source : sources) add(registry, source);
    const auto store = open(registry);
    ASSERT_TRUE(commit(*store, registry, test::make_put("Observation", "o", 0, "1", values(registry, "n"), {})).ok());
  }
  search::Registry registry(fhir::r4());
  for (auto source = sources.rbegin(); source != sources.rend(); ++source) add(registry, *source);
  const auto store = open(registry);
  const auto findings = [&](const std::string& text) {
    std::vector<std::string> found;
    const auto extract = [&](const Version&) -> Result<search::IndexValues> { return values(registry, text).values(); };
    EXPECT_TRUE(store->verify(extract, [&](std::string finding) { found.push_back(std::move(finding)); }).ok());
    return found;
  };
  EXPECT_EQ(findings("n"), std::vector<std::string>{});
  Write index = test::make_put("Observation", "o", 1, "", values(registry, "m"), {});
  index.kind = Write::Kind::index;
  ASSERT_TRUE(commit(*store, registry, index).ok());
  EXPECT_EQ(findings("m"), std::vector<std::string>{}) << "the old rows are gone";
}

TEST_F(SqliteCustomParametersTest, LooksAtSoManyUnusedNumbersAtOnce) {
  search::Registry registry(fhir::r4());
  ASSERT_NE(open(registry), nullptr);
  add_numbers(sqlite::kMaxForgottenNumbers);
  {
    const auto store = open(registry);
    EXPECT_TRUE(store->forget({}).value());
  }
  add_numbers(1);
  run_sql("INSERT INTO uri VALUES((SELECT max(number) FROM name WHERE kind = 1), 'u', 1)");
  {
    const auto store = open(registry);
    for (int generation = 0; generation < 2; ++generation) {
      EXPECT_FALSE(store->forget({}).value());
      EXPECT_TRUE(store->forget({}).value()) << "the others are known to be empty";
      EXPECT_TRUE(store->forget({}).value());
      ASSERT_TRUE(registry.add(custom("c", fhir::SearchParamType::string, "Observation.note.text")).ok());
    }
  }
  EXPECT_EQ(run_sql("SELECT count(*) FROM uri"), 0);
}

TEST_F(SqliteCustomParametersTest, ForgetsSoManyRowsAtOnce) {
  search::Registry registry(fhir::r4());
  ASSERT_NE(open(registry), nullptr);
  add_numbers(1);
  const auto add_rows = [&](std::int64_t count) {
    run_sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + std::to_string(count) +
            ") INSERT INTO uri SELECT (SELECT max(number) FROM name WHERE kind = 1), 'u', i FROM n");
  };
  const auto forget = [&] { return open(registry)->forget({}).value(); };
  const auto rows = [&] { return run_sql("SELECT count(*) FROM uri"); };
  add_rows(sqlite::kMaxForgottenRows - 1);
  EXPECT_TRUE(forget());
  EXPECT_EQ(rows(), 0);
  add_rows(sqlite::kMaxForgottenRows + 1);
  EXPECT_FALSE(forget());
  EXPECT_EQ(rows(), 1);
  EXPECT_TRUE(forget());
  EXPECT_EQ(rows(), 0);
}

TEST_F(SqliteCustomParametersTest, HasRoomForR4WhereCustomOnesHaveNone) {
  search::Registry registry(fhir::r4());
  ASSERT_NE(open(registry), nullptr);
  add_numbers(sqlite::kMaxParameterNames - 1);
  add(registry, custom("note-one", fhir::SearchParamType::string, "Observation.note.text"));
  add(registry, custom("note-two", fhir::SearchParamType::string, "Observation.note.text"));
  const auto store = open(registry);
  const auto put = [&](const std::string& id, const test::Values& values) {
    return commit(*store, registry, test::make_put("Observation", id, 0, "1", values, {}));
  };
  const auto note = [&](const char* code) { return test::Values().string(parameter(registry, code), "n"); };
  EXPECT_TRUE(put("a", note("note-one")).ok()) << "the last number";
  const Status refused = put("b", note("note-two"));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().category, Category::too_large);
  EXPECT_FALSE(put("b", test::Values().present(parameter(registry, "note-two"))).ok());
  EXPECT_TRUE(put("b", note("note-one")).ok());
  EXPECT_TRUE(put("c", test::Values().token(parameter(registry, "code"), "x")).ok());
}

}  // namespace
}  // namespace vesta::store
