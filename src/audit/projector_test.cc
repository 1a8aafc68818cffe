// The projector: each record's events are made once, whatever happens to it, and requests wait for them.
#include "audit/projector.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "audit/record.h"
#include "audit/test_support.h"
#include "audit/trail.h"
#include "audit/verify.h"
#include "fhir/envelope.h"
#include "fhir/json.h"
#include "search/extract.h"
#include "store/memory/memory_store.h"
#include "store/version_text.h"

namespace vesta::audit {
namespace {

using How = Touched::How;

using testing::registry;
using testing::type;

class ProjectorTest : public ::testing::Test {
 protected:
  ProjectorTest() : store_(store::memory::open(registry())), trail_(std::make_unique<Trail>(*store_)) { restart(); }

  void restart(ProjectorLimits limits = {}) {
    projector_ = std::make_unique<Projector>(*store_, registry(), *trail_, nullptr, limits);
    EXPECT_TRUE(projector_->load().ok());
  }
  // `old`: what the version before said.
  void put(std::string_view name, const std::string& id, const std::string& text, const std::string& old = "") {
    fhir::Arena arena;
    fhir::JsonReader reader(fhir::r4());
    const auto root = reader.read(text, arena);
    ASSERT_TRUE(root.ok()) << text;
    store::WriteSet set;
    set.generation = registry().generation();
    store::Write write;
    write.type = type(name);
    write.id = id;
    fhir::write_tail(fhir::r4(), **root, write.tail);
    write.added = *search::extract(registry(), **root, arena);
    if (!old.empty()) {
      write.expected = {1};
      write.removed = *search::extract(registry(), **reader.read(old, arena), arena);
    }
    set.writes.push_back(std::move(write));
    ASSERT_TRUE(store_->commit(set).ok());
  }
  static std::string observation_of(const std::string& patient) {
    return R"({"resourceType":"Observation","status":"final","code":{"text":"c"},"subject":{"reference":"Patient/)" +
           patient + "\"}}";
  }
  void append(const std::vector<Touched>& touched) {
    Record record{.at = Instant{1'767'225'600'000'000}, .client = "app", .method = "GET", .path = "/fhir/Observation"};
    record.interaction = "search-type";
    record.status = 200;
    std::string text = head_text(record);
    for (const Touched& each : touched) {
      append_touched(each.how, each.type, each.id, each.version, each.purposes, text);
    }
    store::WriteSet set;
    set.audit.push_back(std::move(text));
    ASSERT_TRUE(store_->commit(set).ok());
  }
  int steps() {
    int count = 0;
    while (true) {
      const auto worked = projector_->step();
      EXPECT_TRUE(worked.ok()) << worked.error().message;
      if (!worked.ok() || !*worked) return count;
      ++count;
    }
  }
  // The ids of the events that a patient is found by; empty: of all.
  std::vector<std::string> events(const std::string& patient = "") {
    search::Query query;
    query.type = type("AuditEvent");
    if (!patient.empty()) {
      query.plan = search::Plan::make_leaf(
          {registry().find_core(query.type, "patient"), search::ReferenceMatch{{type("Patient")}, patient}});
    }
    const auto page = store_->search(query, {.count = 1000});
    EXPECT_TRUE(page.ok());
    std::vector<std::string> ids;
    for (const store::Version& version : page->entries) {
      EXPECT_EQ(version.version.value, 1u);
      ids.push_back(testing::without_hash(version.id));
    }
    std::ranges::sort(ids);
    return ids;
  }

  // Of the n-th event of a record.
  std::string id_of(std::uint64_t number, int n) {
    return event_prefix(store_->audit(number - 1, 1)->front()) + std::to_string(n);
  }

  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Trail> trail_;
  std::unique_ptr<Projector> projector_;
};
using Ids = std::vector<std::string>;

TEST_F(ProjectorTest, OfTwoNodesOneMakesEachEvent) {
  Projector other(*store_, registry(), *trail_);
  ASSERT_TRUE(other.load().ok());
  put("Patient", "1", R"({"resourceType":"Patient"})");
  for (int i = 0; i < 3; ++i) append({{How::read, "Patient", "1", {1}}});
  EXPECT_EQ(steps(), 1);
  EXPECT_EQ(other.behind(), 3u) << "it has not looked";
  const auto worked = other.step();
  ASSERT_TRUE(worked.ok()) << worked.error().message;
  EXPECT_FALSE(*worked) << "another node has made them";
  EXPECT_EQ(other.behind(), 0u);
  append({{How::read, "Patient", "1", {1}}});
  EXPECT_TRUE(*other.step());
  EXPECT_EQ(steps(), 0);
  EXPECT_EQ(position_of(*store_)->number, 4u);
  store::HistoryQuery query;
  query.type = projector_->type();
  query.count = 100;
  const store::HistoryPage history = *store_->history(query);
  for (const store::Version& event : history.entries) EXPECT_EQ(event.version, VersionId{1}) << event.id;
}

TEST_F(ProjectorTest, WhatIsAnothersTaskIsMadeForWhoeverWaits) {
  restart({.is_own_task = [] { return false; }});
  put("Patient", "1", R"({"resourceType":"Patient"})");
  append({{How::read, "Patient", "1", {1}}});
  projector_->start();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(projector_->behind(), 1u);
  EXPECT_TRUE(projector_->catch_up().ok());
  EXPECT_EQ(projector_->behind(), 0u);
  projector_->stop();
}

TEST_F(ProjectorTest, MakesEventsThatAreFoundByPatient) {
  put("Observation", "o", observation_of("p"));
  put("Observation", "o", observation_of("q"), observation_of("p"));
  append({{How::read, "Observation", "o", {1}}, {How::read, "Patient", "r", {1}}});
  append({{How::update, "Observation", "o", {2}}});
  EXPECT_EQ(projector_->behind(), 2u);
  EXPECT_EQ(steps(), 1);
  EXPECT_EQ(projector_->behind(), 0u);
  EXPECT_EQ(events("p"), (Ids{"audit-1-1", "audit-2-1"})) << "who has lost the observation is told of it";
  EXPECT_EQ(events("q"), Ids{"audit-2-2"});
  EXPECT_EQ(events("r"), Ids{"audit-1-2"});
  EXPECT_EQ(events().size(), 6u) << "and the two requests";
}

// A process that ends between two commits goes on where it was, in the middle of a record too.
TEST_F(ProjectorTest, MakesEachOnceWhateverEnds) {
  std::vector<Touched> many;
  for (std::size_t i = 0; i < 2 * kUsualBatch; ++i)
    many.push_back({How::read, "Patient", "p" + std::to_string(i), {1}});
  append(many);
  append({{How::read, "Patient", "last", {1}}});
  ASSERT_TRUE(*projector_->step());
  EXPECT_EQ(events().size(), kUsualBatch);
  EXPECT_EQ(*position_of(*store_), (Position{0, kUsualBatch}));
  restart();
  EXPECT_EQ(steps(), 2);
  EXPECT_EQ(*position_of(*store_), (Position{2, 0}));
  EXPECT_EQ(events().size(), 2 * kUsualBatch + 1 + 2);
  restart();
  EXPECT_EQ(steps(), 0);
  EXPECT_EQ(store_->newest_audit(), 2u) << "its commits leave no records";
}

// So it is in the middle of an entry of several records, whose events have one numbering.
TEST_F(ProjectorTest, MakesEachOfAnEntryOfSeveralRecordsOnce) {
  constexpr std::size_t kRecords = 40;
  const Record about{.at = Instant{1}, .client = "c", .interaction = "search-type", .status = 200};
  std::string known, entry;
  for (std::size_t i = 0; i < kRecords; ++i) {
    const std::string record = head_text(about) + "R Patient/p" + std::to_string(i) + "/1\n";
    append_record(record, asked_text(asked_of(about)).who, known, entry);
  }
  store::WriteSet set;
  set.audit = {entry};
  ASSERT_TRUE(store_->commit(set).ok());
  ASSERT_TRUE(*projector_->step());
  EXPECT_EQ(*position_of(*store_), (Position{0, kUsualBatch}));
  restart();
  EXPECT_EQ(steps(), 2);
  EXPECT_EQ(events().size(), 2 * kRecords) << "each with its request";
  EXPECT_EQ(events("p0"), Ids{"audit-1-1"});
  EXPECT_EQ(events("p39"), Ids{"audit-1-79"});
  const auto verified = verify(*store_, registry());
  EXPECT_EQ(verified->defect, std::nullopt);
  EXPECT_EQ(verified->records, kRecords);
  EXPECT_EQ(verified->events, 2 * kRecords);
}

// No record names more: an event never has too many index values.
TEST_F(ProjectorTest, MakesAnEventOfTheLargestRecord) {
  std::vector<Touched> many;
  for (std::size_t i = 0; i < kMaxTouchedLines; ++i) {
    std::string id;
    for (std::size_t left = i; id.size() < 3; left /= 36)
      id.push_back("0123456789abcdefghijklmnopqrstuvwxyz"[left % 36]);
    many.push_back({How::read, "List", id, {1}});
  }
  append(many);
  EXPECT_EQ(steps(), 1);
  EXPECT_EQ(events(), (Ids{"audit-1-1", "audit-1-2"}));
  EXPECT_EQ(verify(*store_, registry())->events, 2u);
}

TEST_F(ProjectorTest, GoesOverWhatHasItsId) {
  append({{How::read, "Patient", "p", {1}}});
  const std::string id = id_of(1, 1);
  put("AuditEvent", id,
      R"({"resourceType":"AuditEvent","type":{"code":"rest"},"recorded":"2026-01-01T00:00:00Z",)"
      R"("agent":[{"requestor":true}],"source":{"observer":{"display":"s"}},)"
      R"("entity":[{"what":{"reference":"Patient/x"}}]})");
  EXPECT_EQ(steps(), 1);
  const auto made = store_->read(type("AuditEvent"), id);
  ASSERT_TRUE(made.ok() && *made);
  EXPECT_EQ((*made)->version.value, 2u);
  EXPECT_NE((*made)->tail.find("Patient/p"), std::string::npos);
  EXPECT_EQ(events("x"), Ids{});
}

TEST_F(ProjectorTest, WhatItMadeIsVerified) {
  put("Observation", "o", observation_of("p"));
  append({{How::read, "Observation", "o", {1}}});
  append({{How::read, "Patient", "q", {1}}});
  EXPECT_EQ(verify(*store_, registry())->events, 0u);
  EXPECT_EQ(steps(), 1);
  auto verified = verify(*store_, registry());
  ASSERT_TRUE(verified.ok());
  EXPECT_EQ(verified->defect.value_or(""), "");
  EXPECT_EQ(verified->records, 2u);
  EXPECT_EQ(verified->events, 4u);
  const auto current = *store_->read(type("AuditEvent"), id_of(2, 1));
  std::string text, changed;
  store::append_text(fhir::r4(), *current, text);
  changed = std::string(text).replace(text.find("Patient/q"), 9, "Patient/x");
  put("AuditEvent", id_of(2, 1), changed, text);
  verified = verify(*store_, registry());
  EXPECT_EQ(verified->defect.value_or(""),
            "AuditEvent/" + id_of(2, 1) + " of entry 2 does not say what the entry does");
  EXPECT_EQ(verified->events, 2u);
}

TEST_F(ProjectorTest, AMissingEventIsFound) {
  append({{How::read, "Patient", "q", {1}}});
  store::WriteSet set;
  set.properties.emplace_back(kEventsKey, "1 0");
  ASSERT_TRUE(store_->commit(set).ok());
  EXPECT_EQ(verify(*store_, registry())->defect.value_or(""), "AuditEvent/" + id_of(1, 1) + " of entry 1 is missing");
}

TEST_F(ProjectorTest, ALogThatIsShorterThanItsEventsIsFound) {
  append({{How::read, "Patient", "q", {1}}});
  EXPECT_EQ(steps(), 1);
  store::WriteSet set;
  set.properties.emplace_back(kEventsKey, "3 0");
  ASSERT_TRUE(store_->commit(set).ok());
  EXPECT_EQ(verify(*store_, registry())->defect.value_or(""),
            "entries are missing at the end: there are AuditEvents of 3");
  set.properties.back().second = "three";
  ASSERT_TRUE(store_->commit(set).ok());
  EXPECT_FALSE(verify(*store_, registry()).ok());
}

TEST_F(ProjectorTest, LeavesOutADamagedRecord) {
  store::WriteSet set;
  set.audit.emplace_back("something else\n");
  ASSERT_TRUE(store_->commit(set).ok());
  append({{How::read, "Patient", "p", {1}}});
  EXPECT_EQ(steps(), 1);
  EXPECT_EQ(events("p"), Ids{"audit-2-1"});
}

TEST_F(ProjectorTest, RequestsWaitForWhatWasBefore) {
  projector_->start();
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(trail_->append(head_text({.at = Instant{i + 1}, .client = "c"}) + "R Patient/p/1\n").ok());
    ASSERT_TRUE(projector_->catch_up().ok());
    EXPECT_EQ(events("p").size(), static_cast<std::size_t>(i) + 1);
  }
  projector_->stop();
}

TEST_F(ProjectorTest, RequestsDoNotWaitForEver) {
  append({{How::read, "Patient", "p", {1}}});
  restart({.catch_up = std::chrono::milliseconds(1)});
  const Status late = projector_->catch_up();  // nobody makes them
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().category, Category::busy);
  restart({.catching_up = 0});
  EXPECT_EQ(projector_->catch_up().error().category, Category::busy) << "too many wait";
  EXPECT_EQ(steps(), 1);
  restart({.catching_up = 1});
  EXPECT_TRUE(projector_->catch_up().ok());
  EXPECT_TRUE(projector_->catch_up().ok()) << "a place that was given back";
}

}  // namespace
}  // namespace vesta::audit
