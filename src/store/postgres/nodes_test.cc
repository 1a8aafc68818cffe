// What is PostgreSQL's own: several nodes on one database, lost connections, versions of the tables, plans of searches.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "fhir/definitions.h"
#include "search/parameter.h"
#include "store/contract_test_support.h"
#include "store/postgres/index_rows.h"
#include "store/postgres/postgres_store.h"
#include "store/postgres/schema.h"
#include "store/postgres/test_support.h"
#include "store/store.h"

namespace vesta::store {
namespace {

using Ids = std::vector<std::string>;

class PostgresNodes : public ::testing::Test {
 protected:
  std::unique_ptr<Store> open() { return engine_.open(test::registry(), clock_); }
  static Result<std::vector<Written>> put(Store& store, const std::string& type, const std::string& id,
                                          std::uint64_t expected, const test::Values& added = {},
                                          const test::Values& removed = {}) {
    WriteSet set;
    set.writes.push_back(test::make_put(type, id, expected, id + "}", added, removed));
    return store.commit(set);
  }
  // Until it holds, for some seconds.
  static bool comes_true(const std::function<bool()>& holds) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!holds()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }
  void cut_connections() { engine_.database.cut_connections(); }

  test::FakeClock clock_;
  postgres::test::PostgresEngine engine_;
};

TEST_F(PostgresNodes, SeeEachOthersCommits) {
  const auto a = open(), b = open();
  ASSERT_TRUE(put(*a, "Patient", "p", 0).ok());
  EXPECT_EQ((*b->read(test::type_of("Patient"), "p"))->tail, "p}");
  const CommitSeq seq = a->newest();
  EXPECT_EQ(seq.value, 1u);
  EXPECT_TRUE(comes_true([&] { return b->newest() == seq; }));
  EXPECT_TRUE(comes_true([&] { return b->newest(test::type_of("Patient")) == seq; }));
  EXPECT_EQ(b->newest(test::type_of("Device")).value, 0u);
  WriteSet audit;
  audit.audit = {"something"};
  ASSERT_TRUE(b->commit(audit).ok());
  EXPECT_EQ(b->newest_audit(), 1u);
  EXPECT_TRUE(comes_true([&] { return a->newest_audit() == 1; }));
}

// What is wrong with it, and where it stands, is not for those who ask.
TEST_F(PostgresNodes, SaysThatTheDatabaseIsLostUntilItIsBack) {
  const auto store = open();
  ASSERT_TRUE(put(*store, "Patient", "p", 0).ok());
  ASSERT_TRUE(store->writable().ok());
  engine_.database.let_in(false);
  cut_connections();
  EXPECT_TRUE(comes_true([&] { return !store->writable().ok(); }));
  const auto read = store->read(test::type_of("Patient"), "q");
  const auto written = put(*store, "Patient", "q", 0);
  ASSERT_TRUE(!read.ok() && !written.ok());
  for (const Error* error : {&read.error(), &written.error()}) {
    EXPECT_EQ(error->category, Category::unavailable);
    EXPECT_EQ(error->message, "the database cannot be reached");
  }
  engine_.database.let_in(true);
  EXPECT_TRUE(comes_true([&] { return store->writable().ok(); }));
  EXPECT_TRUE(put(*store, "Patient", "q", 0).ok());
  EXPECT_EQ((*store->read(test::type_of("Patient"), "p"))->tail, "p}");
}

// A node whose Registry lacks a definition would write resources that are not found by it.
TEST_F(PostgresNodes, RefuseWhatIsIndexedByFewerDefinitions) {
  search::Registry registry_a(fhir::r4()), registry_b(fhir::r4());
  const auto a = engine_.open(registry_a, clock_), b = engine_.open(registry_b, clock_);
  const fhir::TypeId type = test::type_of("SearchParameter");
  registry_a.set_known({type, 0});
  registry_b.set_known({type, 0});
  ASSERT_TRUE(put(*b, "Patient", "p", 0).ok());
  const auto defined = put(*a, "SearchParameter", "s", 0);
  ASSERT_TRUE(defined.ok());
  const std::uint64_t seq = defined->front().seq.value;
  const auto refused = put(*b, "Patient", "q", 0);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().category, Category::conflict);
  EXPECT_EQ(b->newest(type).value, seq) << "who is refused knows why at once";
  EXPECT_FALSE(put(*a, "Patient", "q", 0).ok()) << "the node that wrote it must take it up too";
  WriteSet nothing;
  nothing.properties.emplace_back("k", "v");
  EXPECT_TRUE(b->commit(nothing).ok()) << "has no values";
  registry_b.set_known({type, seq});
  EXPECT_TRUE(put(*b, "Patient", "q", 0).ok());
  registry_a.set_known({type, seq});
  EXPECT_TRUE(put(*a, "Patient", "r", 0).ok());
  ASSERT_TRUE(put(*b, "SearchParameter", "s", 1).ok());
  EXPECT_FALSE(put(*a, "Patient", "t", 0).ok());
}

// Of racing conditional creates on several nodes one wins; seqs have no gap, whoever took them, and a reader of the
// feed passes none.
TEST_F(PostgresNodes, RaceWithoutGapsAndWithoutDoubles) {
  constexpr int kNodes = 3, kRounds = 30;
  std::vector<std::unique_ptr<Store>> nodes;
  for (int i = 0; i < kNodes; ++i) nodes.push_back(open());
  std::atomic<int> winners = 0, losers = 0;
  std::atomic<bool> is_done = false;
  std::vector<std::uint64_t> seen;
  std::thread reader([&] {
    const auto store = open();
    for (bool is_last = false; !is_last;) {
      is_last = is_done;
      const auto changes = store->changes({seen.empty() ? 0 : seen.back()}, 1000);
      ASSERT_TRUE(changes.ok());
      for (const Version& version : *changes) seen.push_back(version.seq.value);
      if (!changes->empty()) is_last = false;
    }
  });
  std::vector<std::thread> writers;
  for (int node = 0; node < kNodes; ++node) {
    writers.emplace_back([&, node] {
      for (int round = 0; round < kRounds; ++round) {
        const std::string code = "c" + std::to_string(round);
        WriteSet set;
        set.writes.push_back(
            test::make_put("Observation", code + "-" + std::to_string(node), 0, "x}", test::code_value(code), {}));
        set.conditions.push_back({test::token_query("Observation", "code", code), {}});
        const auto written = nodes[static_cast<std::size_t>(node)]->commit(set);
        if (written.ok()) {
          ++winners;
        } else {
          EXPECT_EQ(written.error().category, Category::conflict) << written.error().message;
          ++losers;
        }
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  is_done = true;
  reader.join();
  EXPECT_EQ(winners, kRounds);
  EXPECT_EQ(losers, (kNodes - 1) * kRounds);
  ASSERT_EQ(seen.size(), static_cast<std::size_t>(kRounds));
  for (std::size_t i = 0; i < seen.size(); ++i) EXPECT_EQ(seen[i], i + 1);
}

TEST_F(PostgresNodes, ComeBackWhenConnectionsAreCut) {
  const auto a = open(), b = open();
  for (int round = 0; round < 5; ++round) {
    cut_connections();
    const std::string id = "p" + std::to_string(round);
    const auto written = put(*a, "Patient", id, 0);
    ASSERT_TRUE(written.ok()) << written.error().message;
    cut_connections();
    const auto read = b->read(test::type_of("Patient"), id);
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_TRUE(read->has_value());
    EXPECT_TRUE(comes_true([&] { return b->newest() == a->newest(); }));
  }
  EXPECT_EQ(b->statistics()->versions, 5u);
}

// What was acknowledged is there, and what was refused is not, however often connections are cut meanwhile.
TEST_F(PostgresNodes, LoseNothingWhileConnectionsAreCut) {
  constexpr int kWriters = 4, kEach = 12;
  const auto store = open();
  std::atomic<int> running = kWriters;
  std::vector<std::map<std::string, bool>> said(kWriters);
  std::vector<std::thread> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&, writer] {
      for (int i = 0; i < kEach; ++i) {
        const std::string id = std::to_string(writer) + "-" + std::to_string(i);
        said[static_cast<std::size_t>(writer)][id] = put(*store, "Patient", id, 0).ok();
      }
      --running;
    });
  }
  while (running > 0) cut_connections();
  for (std::thread& writer : writers) writer.join();
  int acknowledged = 0;
  for (const auto& by_id : said) {
    for (const auto& [id, was_acknowledged] : by_id) {
      const auto read = store->read(test::type_of("Patient"), id);
      ASSERT_TRUE(read.ok()) << read.error().message;
      EXPECT_EQ(read->has_value(), was_acknowledged) << id;
      acknowledged += was_acknowledged ? 1 : 0;
    }
  }
  EXPECT_GT(acknowledged, 0);
  EXPECT_EQ(engine_.database.run_sql("SELECT max(seq) - count(*) FROM history"), 0) << "there is a gap";
}

TEST_F(PostgresNodes, RefuseWhatTheyCannotServe) {
  const auto why = [&] {
    const auto store = postgres::open({.url = engine_.database.url(), .registry = &test::registry(), .clock = &clock_});
    EXPECT_FALSE(store.ok());
    return store.ok() ? std::string() : store.error().message;
  };
  engine_.database.run_sql("UPDATE head SET fingerprint = 'another'");
  EXPECT_NE(why().find("other search parameters"), std::string::npos);
  EXPECT_FALSE(postgres::check_may_serve(engine_.database.url(), test::registry()).ok());
  engine_.database.run_sql("UPDATE schema_version SET version = 99, oldest = 99");
  EXPECT_NE(why().find("version 99"), std::string::npos);
  const Status migrated = postgres::migrate({.url = engine_.database.url(), .registry = &test::registry()});
  ASSERT_FALSE(migrated.ok());
  EXPECT_NE(migrated.error().message.find("version 99"), std::string::npos);
  engine_.database.run_sql("DROP TABLE schema_version");
  EXPECT_NE(why().find("no tables"), std::string::npos);
}

TEST_F(PostgresNodes, IndexAnewWhatWasIndexedOtherwise) {
  {
    const auto store = open();
    ASSERT_TRUE(put(*store, "Observation", "o1", 0, test::code_value("c")).ok());
    ASSERT_TRUE(put(*store, "Observation", "o2", 0, test::code_value("c")).ok());
  }
  engine_.database.run_sql("UPDATE head SET fingerprint = 'another'");
  engine_.database.run_sql("DELETE FROM token");
  const test::Values values = test::code_value("c");
  std::uint64_t done = 0;
  bool is_alone = false;
  const auto migrate = [&] {
    return postgres::migrate({.url = engine_.database.url(),
                              .registry = &test::registry(),
                              .extract = [&](const Version&) { return Result(values.values()); },
                              .progress = [&](std::uint64_t so_far, std::uint64_t) { done = so_far; },
                              .check_alone =
                                  [&] {
                                    return is_alone ? Result<std::optional<std::string>>(std::nullopt)
                                                    : make_error(Category::busy, "served");
                                  }});
  };
  EXPECT_EQ(migrate().error().message, "served");
  EXPECT_EQ(engine_.database.run_sql("SELECT count(*) FROM head WHERE fingerprint = 'another'"), 1);
  is_alone = true;
  const Status migrated = migrate();
  ASSERT_TRUE(migrated.ok()) << migrated.error().message;
  EXPECT_EQ(done, 2u);
  const auto store = open();
  EXPECT_EQ(test::all_pages(*store, test::token_query("Observation", "code", "c"), 2), (Ids{"o1", "o2"}));
  EXPECT_EQ(store->statistics()->index_epoch, 1u);
}

TEST_F(PostgresNodes, GoOnInTheNextPartition) {
  if (postgres::test::Server::with_citus()) GTEST_SKIP() << "shards stand for partitions";
  const std::string last = std::to_string(postgres::kSeqsPerPartition - 1);
  engine_.database.run_sql("UPDATE head SET seq = " + last);
  const auto store = open();
  for (const char* id : {"a", "b"}) ASSERT_TRUE(put(*store, "Patient", id, 0).ok());
  EXPECT_EQ(engine_.database.run_sql("SELECT count(*) FROM history_1"), 2);
  EXPECT_EQ(store->changes({0}, 10)->size(), 2u);
}

// Longer than what an index takes: equal in all that is indexed as it is, and different behind it.
TEST_F(PostgresNodes, FindLongTexts) {
  const auto store = open();
  const std::string head(postgres::kMaxIndexedBytes * 8, 'x');
  const search::Parameter& code = test::parameter("Observation", "code");
  const search::Parameter& text = test::parameter("Observation", "value-string");
  const std::vector<std::string> ends = {"a", "b", ""};
  for (const std::string& end : ends) {
    ASSERT_TRUE(put(*store, "Observation", "o" + end, 0,
                    test::Values().token(code, head + end, head + end).string(text, head + end))
                    .ok());
  }
  for (const std::string& end : ends) {
    EXPECT_EQ(test::all_pages(*store, test::token_query("Observation", "code", head + end), 5), Ids{"o" + end});
  }
  const auto with = [&](search::StringMode mode, const std::string& sought) {
    return test::all_pages(*store, test::leaf_query("Observation", {&text, search::StringMatch{mode, sought}}), 5);
  };
  EXPECT_EQ(with(search::StringMode::prefix, head), (Ids{"oa", "ob", "o"}));
  EXPECT_EQ(with(search::StringMode::prefix, head + "b"), Ids{"ob"});
  EXPECT_EQ(with(search::StringMode::exact, head), Ids{"o"});
  EXPECT_EQ(with(search::StringMode::suffix, "xa"), Ids{"oa"});
  EXPECT_EQ(with(search::StringMode::contains, "xxb"), Ids{"ob"});
  search::Query sorted = test::all_query("Observation");
  sorted.sort.push_back({search::SortKey::Column::parameter, &text, true});
  EXPECT_EQ(test::all_pages(*store, sorted, 1), (Ids{"ob", "oa", "o"}));
}

TEST_F(PostgresNodes, VerifyFindsDamage) {
  const auto store = open();
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(put(*store, "Observation", "o" + std::to_string(i), 0, test::code_value("c")).ok());
  }
  WriteSet audit;
  audit.audit = {"one", "two"};
  ASSERT_TRUE(store->commit(audit).ok());
  for (const char* sql : {"DELETE FROM token WHERE key = (SELECT key FROM resource WHERE id = 'o1')",
                          "UPDATE resource SET version = 2 WHERE id = 'o2'", "UPDATE type_count SET resources = 9",
                          "UPDATE audit SET record = 'three' WHERE number = 2"}) {
    engine_.database.run_sql(sql);
  }
  std::vector<std::string> findings;
  const test::Values values = test::code_value("c");
  const auto extract = [&](const Version&) -> Result<search::IndexValues> { return values.values(); };
  ASSERT_TRUE(store->verify(extract, [&](std::string finding) { findings.push_back(std::move(finding)); }).ok());
  for (const char* wanted :
       {"Observation/o1: its index values", "Observation/o2: its versions", "counts per type", "broken at entry 2"}) {
    EXPECT_TRUE(std::ranges::any_of(findings, [&](const std::string& finding) {
      return finding.find(wanted) != std::string::npos;
    })) << wanted;
  }
}

// Scans of whole tables are held to be expensive, and none is left: each search has an index to go by.
TEST_F(PostgresNodes, SearchByIndexesAlone) {
  if (postgres::test::Server::with_citus()) GTEST_SKIP() << "settings do not reach the shards";
  const auto opened = open();
  ASSERT_NE(opened, nullptr);
  Store& store = *opened;
  ASSERT_TRUE(put(store, "Observation", "o", 0, test::observation("c", "final", "Patient/p", "2020-01-01", "1")).ok());
  const search::Parameter& subject = test::parameter("Observation", "subject");
  const search::Link to_patient{&subject, test::type_of("Patient")};
  const auto named = search::Plan::make_leaf(
      {&test::parameter("Patient", "name"), search::StringMatch{search::StringMode::prefix, "ad"}});
  search::Query by_date = test::token_query("Observation", "code", "c");
  by_date.sort.push_back({search::SortKey::Column::parameter, &test::parameter("Observation", "date"), true});
  const std::vector<search::Query> queries = {
      test::token_query("Observation", "code", "c"),
      test::reference_query("Observation", "subject", "Patient", "p"),
      test::date_query("Observation", "date", search::Prefix::ge, "2020"),
      test::leaf_query("Observation", {&test::parameter("Observation", "value-quantity"),
                                       search::QuantityMatch{{search::Prefix::gt, "", "", "\x80"}, {}, {}}}),
      {test::type_of("Patient"), named, {}},
      {test::type_of("Observation"), search::Plan::make_link(search::Plan::Kind::chain, to_patient, named), {}},
      {test::type_of("Patient"),
       search::Plan::make_link(search::Plan::Kind::has, {&subject, test::type_of("Observation")},
                               test::token_query("Observation", "code", "c").plan),
       {}},
      by_date,
      test::all_query("Observation")};
  for (std::size_t i = 0; i < queries.size(); ++i) {
    const auto page = store.search(queries[i], {.count = 10, .explain = true});
    ASSERT_TRUE(page.ok()) << page.error().message;
    ASSERT_TRUE(page->explanation);
    std::vector<const search::PlanStep*> steps{&*page->explanation};
    for (std::size_t at = 0; at < steps.size(); ++at) {
      for (const search::PlanStep& below : steps[at]->children) steps.push_back(&below);
      EXPECT_EQ(steps[at]->what.find("Seq Scan"), std::string::npos) << "query " << i << ": " << steps[at]->what;
    }
    ASSERT_GT(steps.size(), 3u);
  }
}

// The planner's time grows with what it may order; a search with many criteria is not to take seconds of it.
TEST_F(PostgresNodes, PlanManyCriteriaInTime) {
  constexpr int kCriteria = 60;
  const auto store = open();
  test::Values values;
  std::vector<search::Plan> all;
  for (int i = 0; i < kCriteria; ++i) {
    const std::string code = "c" + std::to_string(i);
    values.token(test::parameter("Observation", "code"), code);
    all.push_back(test::token_query("Observation", "code", code).plan);
  }
  ASSERT_TRUE(put(*store, "Observation", "o", 0, values).ok());
  const search::Query query{
      test::type_of("Observation"), search::Plan::make(search::Plan::Kind::and_, std::move(all)), {}};
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(test::all_pages(*store, query, 5), Ids{"o"});
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(5));
}

}  // namespace
}  // namespace vesta::store
