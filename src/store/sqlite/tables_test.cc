// What is the SQLite engine's own in searches: the blob of a row, limits of includes, the tables of version 2, damage
// to them, and the ways that an explanation tells of.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "store/contract_test_support.h"
#include "store/sqlite/sqlite_store.h"
#include "store/sqlite/test_support.h"
#include "store/sqlite/values.h"

namespace vesta::store {
namespace {

const search::Parameter& observation(std::string_view code) {
  return test::parameter("Observation", code);
}

// Every kind of value; the token stands in it three times.
search::IndexValues all_kinds() {
  search::IndexValues values;
  const std::string_view one = test::keep(*search::decimal_key("1.5"));
  const std::string_view two = test::keep(*search::decimal_key("20"));
  values.tokens = {{observation("code").id, "8480-6", "http://loinc.org"},
                   {observation("combo-code").id, "8480-6", "http://loinc.org"}};
  values.strings = {{observation("value-string").id, "ada l", "Ada L"}};
  values.dates = {{observation("date").id, 1'000'000, 2'000'000}, {observation("date").id, 1'500'000, 900'000'000'000}};
  values.quantities = {{observation("value-quantity").id, one, two, "http://u", "kg", "kilo", two, two, "g"}};
  values.uris = {{observation("subject").id, "http://elsewhere/Patient/1"}};
  const search::Parameter& composite = observation("code-value-quantity");
  const auto component = [&](std::size_t i) {
    return i < composite.components.size() ? composite.components[i] : search::kNoParameter;
  };
  values.composites = {{composite.id,
                        {search::TokenValue{component(0), "8480-6", "http://loinc.org"},
                         search::QuantityValue{component(1), one, one, "", "", ""}}}};
  values.positions = {{test::parameter("Location", "near").id, -47.25, 179.999}};
  values.present = {observation("code").id, observation("date").id, observation("method").id};
  std::sort(values.tokens.begin(), values.tokens.end());
  std::sort(values.present.begin(), values.present.end());
  return values;
}

TEST(Values, ComeBackAsTheyWere) {
  sqlite::Catalog catalog(test::registry());
  const search::IndexValues values = all_kinds();
  std::string blob = sqlite::encode_values(catalog, values);
  const std::int64_t subject = catalog.parameter_number(observation("subject").id);
  sqlite::append_reference({subject, 4711}, blob);
  search::IndexValues read;
  ASSERT_TRUE(sqlite::decode_values(catalog, blob, 0, 0, read));
  std::erase(read.present, observation("subject").id);  // has a reference now
  EXPECT_EQ(read, values);
  std::vector<sqlite::StoredReference> references;
  ASSERT_TRUE(sqlite::decode_references(catalog, blob, subject, references));
  ASSERT_EQ(references.size(), 1u);
  EXPECT_EQ(references[0].target, 4711);

  search::IndexValues one;
  const auto code = observation("combo-code").id;
  ASSERT_TRUE(sqlite::decode_values(catalog, blob, catalog.parameter_number(code), code, one));
  ASSERT_EQ(one.tokens.size(), 1u);
  EXPECT_EQ(one.tokens[0].system, "http://loinc.org");
  EXPECT_TRUE(one.present.empty()) << "it has a value, but was not said to be there";
  search::IndexValues method;
  const auto id = observation("method").id;
  ASSERT_TRUE(sqlite::decode_values(catalog, blob, catalog.parameter_number(id), id, method));
  EXPECT_EQ(method.present, std::vector{id});
  EXPECT_EQ(blob.find("8480-6"), blob.rfind("8480-6")) << "what is there twice is written once";
}

TEST(Values, SayOfEachParameterWhetherItIsThere) {
  sqlite::Catalog catalog(test::registry());
  std::string blob = sqlite::encode_values(catalog, all_kinds());
  const std::int64_t performer = catalog.parameter_number(observation("performer").id);
  EXPECT_EQ(sqlite::decode_present(blob, performer), false);
  sqlite::append_reference({performer, 4711}, blob);
  EXPECT_EQ(sqlite::decode_present(blob, performer), true);
  std::vector<sqlite::StoredPresence> presence;
  ASSERT_TRUE(sqlite::decode_presence(blob, presence));
  EXPECT_GT(presence.size(), 8u);
  int absent = 0;
  for (const sqlite::StoredPresence& each : presence) {
    EXPECT_EQ(sqlite::decode_present(blob, each.param), each.is_present) << each.param;
    absent += each.is_present ? 0 : 1;
  }
  EXPECT_GT(absent, 0) << "some have values and are not said to be there";
}

TEST(Values, DamagedBlobsAreNoticedOrHarmless) {
  sqlite::Catalog catalog(test::registry());
  const std::string blob = sqlite::encode_values(catalog, all_kinds());
  for (std::size_t size = 0; size < blob.size(); ++size) {
    search::IndexValues values;
    std::vector<sqlite::StoredReference> references;
    const std::string part = blob.substr(0, size);  // of its own, so that a sanitizer sees reads behind it
    sqlite::decode_values(catalog, part, 0, 0, values);
    sqlite::decode_references(catalog, part, 0, references);
    for (const int bit : {0, 3, 7}) {
      std::string flipped = blob;
      flipped[size] = static_cast<char>(flipped[size] ^ 1 << bit);
      search::IndexValues any;
      sqlite::decode_values(catalog, flipped, 0, 0, any);
      sqlite::decode_references(catalog, flipped, 0, references);
      sqlite::decode_present(flipped, catalog.parameter_number(test::parameter("Location", "near").id));
    }
  }
  search::IndexValues values;
  EXPECT_FALSE(sqlite::decode_values(catalog, blob.substr(0, blob.size() - 1), 0, 0, values));
}

class TablesTest : public ::testing::Test {
 protected:
  std::unique_ptr<Store> open(sqlite::OpenOptions options = {}) {
    options.directory = folder_.path();
    options.registry = &test::registry();
    options.clock = &clock_;
    auto store = sqlite::open(std::move(options));
    EXPECT_TRUE(store.ok()) << store.error().message;
    return store.ok() ? std::move(*store) : nullptr;
  }
  void run_sql(const std::string& sql) { sqlite::test::run_sql(folder_.path(), sql); }
  static Write put(const std::string& type, const std::string& id, search::IndexValues values,
                   const std::string& tail = "}") {
    return {Write::Kind::put, test::type_of(type), id, {0}, tail, std::move(values), {}};
  }
  static search::IndexValues refers_to(const std::string& patient) {
    search::IndexValues values;
    values.references = {{observation("subject").id, test::type_of("Patient"), test::keep(patient)}};
    values.tokens = {{observation("code").id, "c", ""}};
    return values;
  }
  static search::Include include(search::Include::Direction direction) {
    search::Include include;
    include.direction = direction;
    include.source = test::type_of("Observation");
    include.parameter = &observation("subject");
    return include;
  }
  static void commit(Store& store, WriteSet set) {
    auto written = store.commit(set);
    ASSERT_TRUE(written.ok()) << written.error().message;
  }
  std::vector<std::string> findings(Store& store, const std::map<std::string, search::IndexValues>& values) {
    std::vector<std::string> findings;
    const auto extract = [&](const Version& version) -> Result<search::IndexValues> { return values.at(version.id); };
    EXPECT_TRUE(store.verify(extract, [&](std::string finding) { findings.push_back(finding); }).ok());
    return findings;
  }

  test::FakeClock clock_;
  sqlite::test::TemporaryFolder folder_;
};

TEST_F(TablesTest, IncludesUpToTheLimitAndNotBeyond) {
  auto store = open();
  WriteSet set;
  set.writes.push_back(put("Patient", "p", {}));
  for (std::size_t i = 0; i < search::kMaxIncluded; ++i) {
    set.writes.push_back(put("Observation", "o" + std::to_string(i), refers_to("p")));
  }
  ASSERT_NO_FATAL_FAILURE(commit(*store, std::move(set)));
  SearchOptions options{.count = 10};
  options.includes = {include(search::Include::Direction::reverse)};
  auto page = store->search(test::all_query("Patient"), options);
  ASSERT_TRUE(page.ok()) << page.error().message;
  EXPECT_EQ(page->included.size(), search::kMaxIncluded);
  WriteSet more;
  more.writes.push_back(put("Observation", "one-more", refers_to("p")));
  ASSERT_NO_FATAL_FAILURE(commit(*store, std::move(more)));
  page = store->search(test::all_query("Patient"), options);
  ASSERT_FALSE(page.ok());
  EXPECT_EQ(page.error().category, Category::too_large);
  EXPECT_NE(page.error().message.find("_count"), std::string::npos);
}

TEST_F(TablesTest, IncludedTextsAreBounded) {
  auto store = open();
  constexpr std::size_t kParts = 4;
  const std::string part(kMaxPageBytes / kParts, 'x');
  for (std::size_t i = 0; i <= kParts; ++i) {
    WriteSet set;
    const std::string id = "p" + std::to_string(i);
    set.writes.push_back(put("Patient", id, {}, part));
    set.writes.push_back(put("Observation", "o" + id, refers_to(id)));
    ASSERT_NO_FATAL_FAILURE(commit(*store, std::move(set)));
    SearchOptions options{.count = 10};
    options.includes = {include(search::Include::Direction::forward)};
    auto page = store->search(test::all_query("Observation"), options);
    ASSERT_EQ(page.ok(), i < kParts) << i;
    if (!page.ok()) {
      EXPECT_EQ(page.error().category, Category::too_large);
    }
  }
}

TEST_F(TablesTest, OlderStoresAreIndexedAnew) {
  std::map<std::string, search::IndexValues> values;
  {
    auto store = open();
    WriteSet set;
    values["o"] = all_kinds();
    set.writes.push_back(put("Observation", "o", values["o"]));
    ASSERT_NO_FATAL_FAILURE(commit(*store, std::move(set)));
  }
  run_sql(
      "ALTER TABLE resource RENAME COLUMN indexed TO ranges; UPDATE resource SET ranges = x'07';"
      "ALTER TABLE type_count DROP COLUMN parameters; DROP TABLE audit;"
      "DROP TABLE composite; DROP TABLE position; DROP TABLE word_row; DROP TABLE word; PRAGMA user_version = 1");
  auto refused = sqlite::open({.directory = folder_.path(), .registry = &test::registry(), .clock = &clock_});
  ASSERT_FALSE(refused.ok()) << "nobody can extract";
  auto store =
      open({.reindex = [&](const Version& version) -> Result<search::IndexValues> { return values.at(version.id); }});
  ASSERT_NE(store, nullptr);
  while (!store->writable().ok()) std::this_thread::yield();
  EXPECT_EQ(findings(*store, values), std::vector<std::string>{});
  EXPECT_EQ(store->search(test::token_query("Observation", "code", "8480-6"), {.count = 5})->entries.size(), 1u);
}

TEST_F(TablesTest, VerifyFindsDamageToEveryTable) {
  std::map<std::string, search::IndexValues> values;
  values["o"] = all_kinds();
  values["o"].words = {{observation("_text").id, "ada"}, {observation("_text").id, "bob"}};
  {
    auto store = open();
    WriteSet set;
    set.writes.push_back(put("Observation", "o", values["o"]));
    ASSERT_NO_FATAL_FAILURE(commit(*store, std::move(set)));
    ASSERT_EQ(findings(*store, values), std::vector<std::string>{});
  }
  const std::pair<const char*, const char*> kDamages[] = {
      {"DELETE FROM composite", "INSERT INTO composite SELECT * FROM kept"},
      {"UPDATE position SET longitude = 1", "UPDATE position SET longitude = 179.999"},
      {"DELETE FROM quantity WHERE span = 2", "INSERT INTO quantity SELECT * FROM kept"},
      {"INSERT INTO word(rowid, words) VALUES(1, '1:more')",
       "INSERT INTO word(word, rowid, words) VALUES('delete', 1, "
       "'1:more')"},
      {"UPDATE resource SET indexed = x'ff'", "UPDATE resource SET indexed = (SELECT indexed FROM kept)"},
  };
  const char* kTables[] = {"composite", "position", "quantity", "word", "resource"};
  for (std::size_t i = 0; i < std::size(kDamages); ++i) {
    SCOPED_TRACE(kTables[i]);
    const std::string table = kTables[i];
    const std::string keep = i == 2 ? "quantity WHERE span = 2" : i == 3 ? "name" : table;
    run_sql("CREATE TABLE kept AS SELECT * FROM " + keep + ";" + kDamages[i].first);
    {
      auto store = open();
      EXPECT_FALSE(findings(*store, values).empty());
    }
    run_sql(std::string(kDamages[i].second) + "; DROP TABLE kept");
    auto store = open();
    EXPECT_EQ(findings(*store, values), std::vector<std::string>{});
  }
}

// 10 u1 is 1 u0: found by its number in the canonical unit, which its own number says nothing of.
TEST_F(TablesTest, CompositesAreFoundInTheCanonicalUnit) {
  auto store = open();
  const auto key = [](const char* number) { return test::keep(*search::decimal_key(number)); };
  const search::Parameter& composite = observation("code-value-quantity");
  search::IndexValues values;
  values.tokens = {{observation("code").id, "c", ""}};
  values.composites = {{composite.id,
                        {search::TokenValue{composite.components.at(0), "c", ""},
                         search::QuantityValue{composite.components.at(1), key("10"), key("10"), "s", "u1", "",
                                               key("10"), key("10"), "base"}}}};
  WriteSet set;
  set.writes.push_back(put("Observation", "o", values));
  ASSERT_NO_FATAL_FAILURE(commit(*store, std::move(set)));
  const auto count_below = [&](const char* number, const char* canonical) {
    const auto below = [&](const char* text) {
      return search::NumberMatch{search::Prefix::lt, std::string(key(text)), std::string(key(text)),
                                 std::string(key(text))};
    };
    search::QuantityMatch quantity{below(number), "s", "u0", below(canonical), "base"};
    search::CompositeMatch match;
    const auto component = [&](std::size_t i) { return &test::registry().parameter(composite.components[i]); };
    match.components = {{component(0), search::TokenMatch{std::nullopt, "c"}}, {component(1), quantity}};
    return store->search(test::leaf_query("Observation", {&composite, match}), {.count = 0})->total.value_or(9);
  };
  EXPECT_EQ(count_below("5", "50"), 1u);
  EXPECT_EQ(count_below("0.5", "5"), 0u);
}

// 300 patients with 3 observations each; every tenth patient is "rare".
TEST_F(TablesTest, ExplainsTheWayThatWasTaken) {
  {
    auto store = open();
    WriteSet set;
    for (int i = 0; i < 300; ++i) {
      search::IndexValues values;
      values.tokens = {{test::parameter("Patient", "gender").id, i % 10 == 0 ? "rare" : "usual", ""}};
      const std::string id = "p" + std::to_string(i);
      set.writes.push_back(put("Patient", id, values));
      for (int k = 0; k < 3; ++k) set.writes.push_back(put("Observation", id + "-" + std::to_string(k), refers_to(id)));
    }
    ASSERT_NO_FATAL_FAILURE(commit(*store, std::move(set)));
  }
  const auto explained = [&](const sqlite::Tuning& tuning, const std::string& gender) {
    auto store = open({.tuning = tuning});
    search::Plan child = test::token_query("Patient", "gender", gender).plan;
    const search::Query query{
        test::type_of("Observation"),
        search::Plan::make_link(search::Plan::Kind::chain, {&observation("subject"), test::type_of("Patient")}, child),
        {}};
    auto page = store->search(query, {.count = 1000, .explain = true});
    EXPECT_TRUE(page.ok());
    EXPECT_EQ(page->entries.size(), gender == "rare" ? 90u : 810u);
    EXPECT_TRUE(page->explanation.has_value());
    EXPECT_EQ(page->explanation->rows.value_or(0), page->entries.size());
    EXPECT_FALSE(page->explanation->children.empty());
    return page->explanation->children.front();
  };
  const search::PlanStep gathered = explained({}, "rare");
  EXPECT_NE(gathered.what.find("chain Observation.subject to Patient"), std::string::npos) << gathered.what;
  EXPECT_NE(gathered.what.find("30 on the other side"), std::string::npos) << gathered.what;
  EXPECT_EQ(gathered.rows.value_or(0), 90u);
  ASSERT_EQ(gathered.children.size(), 1u);
  EXPECT_NE(gathered.children[0].what.find("gender"), std::string::npos);
  const search::PlanStep merged = explained({.first_page_gather = 1}, "rare");
  EXPECT_EQ(merged.what.find("gathered"), std::string::npos) << merged.what;
  EXPECT_NE(merged.what.find("30 on the other side"), std::string::npos) << merged.what;
  const search::PlanStep tested = explained({.rows_per_probe = 1, .link_probes = 1, .max_linked = 1}, "usual");
  EXPECT_EQ(tested.what.find("other side"), std::string::npos) << tested.what;
  EXPECT_NE(tested.what.find("filters"), std::string::npos) << tested.what;
  ASSERT_EQ(tested.children.size(), 1u);
  EXPECT_NE(tested.children[0].what.find("(filters"), std::string::npos) << tested.children[0].what;
}

// Of the three types one was never written, and of the others a page needs the first few.
TEST_F(TablesTest, WalksSeveralTypesNoFurtherThanAPageNeeds) {
  auto store = open();
  for (const std::string type : {"Device", "Patient"}) {
    WriteSet set;
    for (int i = 10'000; i < 13'000; ++i) set.writes.push_back(put(type, "r" + std::to_string(i), {}));
    ASSERT_NO_FATAL_FAILURE(commit(*store, std::move(set)));
  }
  std::vector<search::Query> queries;
  for (const char* type : {"Device", "Flag", "Patient"}) {
    queries.push_back(test::all_query(type));
    queries.back().sort.push_back({search::SortKey::Column::id, nullptr, false});
  }
  const auto page = store->search(queries, {.count = 5, .explain = true});
  ASSERT_TRUE(page.ok() && page->explanation);
  EXPECT_EQ(page->entries.size(), 5u);
  EXPECT_EQ(page->explanation->what, "search 3 types, in one order");
  const std::vector<search::PlanStep>& steps = page->explanation->children;
  ASSERT_GE(steps.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(steps[i].what, i == 0 ? "of Device" : "of Patient");
    ASSERT_EQ(steps[i].children.size(), 1u);
    EXPECT_LE(steps[i].children[0].rows.value_or(9999), 100u) << "of 3000";
  }
}

TEST_F(TablesTest, ExplainsNothingUnlessAsked) {
  auto store = open();
  EXPECT_FALSE(store->search(test::all_query("Patient"), {.count = 1})->explanation.has_value());
  EXPECT_TRUE(store->search(test::all_query("Patient"), {.count = 1, .explain = true})->explanation.has_value());
}

}  // namespace
}  // namespace vesta::store
