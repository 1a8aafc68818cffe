// A store as somebody sees it who may see one patient and what is about them, on both engines.
#include "access/guarded_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "access/test_support.h"
#include "base/check.h"
#include "http/message.h"
#include "search/compartment.h"
#include "search/query_text.h"

namespace vesta::access {
namespace {

using search::Plan;
using testing::Ids;
using testing::kBase;

class GuardedStoreTest : public testing::EngineTest {
 protected:
  // Read and search by the compartment of the patient; write observations about them.
  static std::shared_ptr<const Grant> of_patient(const std::string& id) {
    auto grant = std::make_shared<Grant>("patient " + id);
    const fhir::TypeId patient = type("Patient");
    for (const fhir::TypeId each : search::types_of_compartment(fhir::r4(), patient)) {
      const auto plan = search::compartment_plan(search::testing::registry(), patient, id, each, kBase);
      CHECK(plan.ok());
      for (const Action action : {Action::read, Action::search, Action::count}) grant->of(action).add(each, *plan);
      if (each != type("Observation")) continue;
      for (const Action action : {Action::create, Action::update, Action::remove}) grant->of(action).add(each, *plan);
    }
    return grant;
  }
  GuardedStore as_patient(const std::string& id) const {
    return {*store_, search::testing::registry(), kBase, of_patient(id)};
  }
  // Two patients, an observation of each, one that moved from p2 to p1, and one of p1 that was deleted.
  void put_family() {
    const GuardedStore system = as_system();
    for (const char* patient : {"p1", "p2"}) {
      ASSERT_TRUE(put(system, "Patient", patient, R"(,"name":[{"family":"Smith"}])").ok());
      ASSERT_TRUE(put_observation(system, std::string("of-") + patient, patient).ok());
    }
    ASSERT_TRUE(put_observation(system, "moved", "p2").ok());
    ASSERT_TRUE(put_observation(system, "moved", "p1").ok());
    ASSERT_TRUE(put_observation(system, "gone", "p1").ok());
    ASSERT_TRUE(remove(system, "Observation", "gone").ok());
    ASSERT_TRUE(put_observation(system, "others-gone", "p2").ok());
    ASSERT_TRUE(remove(system, "Observation", "others-gone").ok());
  }
};

// Remembers what it is told.
class Notes final : public Witness {
 public:
  void asked_for(std::string_view) override {}
  void named(std::span<const std::string_view> patients) override {
    named_ones.insert(patients.begin(), patients.end());
  }
  void saw(const store::Version& version, std::string_view) override {
    told.push_back(version.id + "/" + std::to_string(version.version.value));
  }
  fhir::TypeId awaited_type() const override { return awaited; }
  Status await() override {
    ++waits;
    return is_late ? Status(make_error(Category::busy, "later")) : kOk;
  }
  void answered_entry(std::string_view, std::string_view, int) override {}
  void will_commit(store::WriteSet& writes, std::span<const std::string>) override {
    writes.audit.push_back(std::to_string(writes.writes.size()) + " to be written");
  }
  void committed() override { told.emplace_back("committed"); }
  std::vector<std::string> told;
  std::set<std::string> named_ones;
  fhir::TypeId awaited = fhir::kNoType;
  int waits = 0;
  bool is_late = false;
};

INSTANTIATE_TEST_SUITE_P(Engines, GuardedStoreTest, ::testing::Values("memory", "sqlite"), testing::engine_name);

TEST_P(GuardedStoreTest, ReadsWhatIsSeen) {
  ASSERT_NO_FATAL_FAILURE(put_family());
  const GuardedStore patient = as_patient("p1");
  EXPECT_TRUE((*patient.read(type("Patient"), "p1")).has_value());
  EXPECT_TRUE((*patient.read(type("Observation"), "of-p1")).has_value());
  EXPECT_FALSE((*patient.read(type("Patient"), "p2")).has_value());
  EXPECT_FALSE((*patient.read(type("Observation"), "of-p2")).has_value());
  EXPECT_FALSE((*patient.read(type("Observation"), "never-was")).has_value());
  EXPECT_FALSE((*patient.read(type("Organization"), "p1")).has_value()) << "a type without a guard";
  EXPECT_TRUE((*as_system().read(type("Patient"), "p2")).has_value());
}

TEST_P(GuardedStoreTest, AWitnessIsToldOfWhatIsSeenAndWritten) {
  ASSERT_NO_FATAL_FAILURE(put_family());
  const auto notes = std::make_shared<Notes>();
  const GuardedStore patient(*store_, search::testing::registry(), kBase, of_patient("p1"), notes);
  const fhir::TypeId observation = type("Observation");
  ASSERT_TRUE(patient.read(observation, "of-p1").ok());
  ASSERT_TRUE(patient.read(observation, "of-p2").ok());
  ASSERT_TRUE(patient.read_version(observation, "moved", {1}).ok());
  ASSERT_TRUE(patient.read_version(observation, "moved", {2}).ok());
  ASSERT_TRUE(patient.history({.type = observation, .id = "moved", .count = 10}).ok());
  EXPECT_EQ(notes->told, (Ids{"of-p1/1", "moved/2", "moved/2"})) << "and not of what is hidden";
  notes->told.clear();
  EXPECT_FALSE(put_observation(patient, "new", "p2").ok());
  EXPECT_EQ(std::count(notes->told.begin(), notes->told.end(), "committed"), 0);
  EXPECT_TRUE(store_->audit(0, 10)->empty()) << "a commit that is refused records nothing";
  ASSERT_TRUE(put_observation(patient, "new", "p1").ok());
  EXPECT_EQ(notes->told.back(), "committed");
  const auto records = store_->audit(0, 10);
  ASSERT_EQ(records->size(), 1U);
  EXPECT_EQ(records->front().record, "1 to be written");
}

// Those who are not there too, and those who are hidden.
TEST_P(GuardedStoreTest, AWitnessIsToldWhomASearchNames) {
  ASSERT_NO_FATAL_FAILURE(put_family());
  using Names = std::set<std::string>;
  std::shared_ptr<const Grant> grant = of_patient("p1");
  const auto named = [&](const std::string& name, const std::string& text) {
    const auto notes = std::make_shared<Notes>();
    const GuardedStore store(*store_, search::testing::registry(), kBase, grant, notes);
    const search::ParseContext context{search::testing::registry(), kBase, Instant{}};
    const auto asked = search::parse_search(context, type(name), *http::parse_query(text));
    CHECK(asked.ok());
    EXPECT_TRUE(store.search(asked->queries, {.count = 1}).ok());
    return notes->named_ones;
  };
  EXPECT_EQ(named("Observation", "patient=Patient/p1"), Names{"p1"});
  EXPECT_EQ(named("Observation", "patient=Patient/p2&code=c"), Names{"p2"});
  EXPECT_EQ(named("Observation", "subject=Patient/never-was,Patient/p1,Group/g"), (Names{"never-was", "p1"}));
  EXPECT_EQ(named("Observation", "patient=p1"), Names{"p1"});
  EXPECT_EQ(named("Observation", std::string("performer=") + kBase + "/Patient/p2"), Names{"p2"});
  EXPECT_EQ(named("Patient", "_id=p1,p2"), (Names{"p1", "p2"}));
  EXPECT_EQ(named("Patient", "link=Patient/p2"), Names{"p2"});
  EXPECT_EQ(named("Observation", "focus=p1"), Names{"p1"}) << "which it may mean";
  EXPECT_EQ(named("Observation", "derived-from=p1"), Names{});
  EXPECT_EQ(named("Observation", "_id=p1"), Names{});
  EXPECT_EQ(named("Observation", "subject=Group/p1"), Names{});
  EXPECT_EQ(named("Observation", "subject=http://elsewhere/Patient/p1"), Names{});
  EXPECT_EQ(named("Observation", "_filter=not+(patient+re+Patient/p1)"), Names{});
  EXPECT_EQ(named("Observation", "subject:Patient._id=p1"), Names{}) << "behind a chain";
  EXPECT_EQ(named("AuditEvent", "patient=Patient/p1"), Names{});
  const auto many = [&](std::size_t count) {
    std::string text = "patient=";
    for (std::size_t i = 0; i < count; ++i) text += (i == 0 ? "Patient/n" : ",Patient/n") + std::to_string(i);
    return named("Observation", text).size();
  };
  EXPECT_EQ(many(kMaxNamedPatients), kMaxNamedPatients);
  EXPECT_EQ(many(kMaxNamedPatients + 1), kMaxNamedPatients);
  grant = Grant::nothing();
  EXPECT_EQ(named("Observation", "patient=Patient/p1"), Names{}) << "of which they may see nothing at all";
}

// Whatever leads to what comes by itself waits for it; nothing else does.
TEST_P(GuardedStoreTest, WaitsForWhatComesByItself) {
  ASSERT_NO_FATAL_FAILURE(put_family());
  const auto notes = std::make_shared<Notes>();
  notes->awaited = type("Observation");
  const GuardedStore store(*store_, search::testing::registry(), kBase, of_patient("p1"), notes);
  const auto waits = [&](const std::string& name, const std::string& text, const std::string& include = "") {
    const auto parameters = *http::parse_query(include.empty() ? text : text + "&" + include);
    const auto asked = search::parse_search({search::testing::registry(), kBase, Instant{}}, type(name), parameters);
    CHECK(asked.ok());
    notes->waits = 0;
    EXPECT_TRUE(store.search(asked->queries, {.count = 1, .includes = asked->includes}).ok());
    return notes->waits;
  };
  EXPECT_EQ(waits("Observation", "code=c"), 1);
  EXPECT_EQ(waits("Patient", "_has:Observation:subject:code=c"), 1);
  EXPECT_EQ(waits("Patient", "_id=p1", "_revinclude=Observation:subject"), 1);
  EXPECT_EQ(waits("Patient", "_id=p1", "_revinclude=*"), 1);
  EXPECT_EQ(waits("Encounter", "_id=e", "_include=Encounter:reason-reference"), 1);
  EXPECT_EQ(waits("Encounter", "_id=e", "_include=*"), 1);
  EXPECT_EQ(waits("Encounter", "_id=e", "_include=Encounter:subject"), 0);
  EXPECT_EQ(waits("Patient", "_id=p1", "_revinclude=Condition:subject"), 0);
  EXPECT_EQ(waits("Patient", "_id=p1"), 0);
  notes->waits = 0;
  EXPECT_TRUE(store.read(type("Patient"), "p1").ok());
  EXPECT_EQ(notes->waits, 0);
  EXPECT_TRUE(store.read(type("Observation"), "of-p1").ok());
  EXPECT_TRUE(store.read_version(type("Observation"), "moved", {2}).ok());
  EXPECT_TRUE(store.history({.type = type("Observation"), .id = "moved", .count = 10}).ok());
  EXPECT_EQ(notes->waits, 3);
  notes->awaited = type("Organization");
  EXPECT_TRUE(store.read(type("Organization"), "o").ok());
  EXPECT_EQ(notes->waits, 3) << "nothing of it is seen";
  notes->awaited = type("Patient");
  notes->is_late = true;
  EXPECT_EQ(store.read(type("Patient"), "p1").error().category, Category::busy);
}

TEST_P(GuardedStoreTest, ShowsDeletionsToThoseWhoSawWhatIsGone) {
  ASSERT_NO_FATAL_FAILURE(put_family());
  const auto gone = *as_patient("p1").read(type("Observation"), "gone");
  ASSERT_TRUE(gone.has_value());
  EXPECT_TRUE(gone->deleted);
  EXPECT_FALSE((*as_patient("p1").read(type("Observation"), "others-gone")).has_value());
  EXPECT_TRUE((*as_patient("p2").read(type("Observation"), "others-gone")).has_value());
}

TEST_P(GuardedStoreTest, ShowsEachVersionByWhatItSaysAndTheCurrentOne) {
  ASSERT_NO_FATAL_FAILURE(put_family());
  const fhir::TypeId observation = type("Observation");
  const auto versions = [&](const GuardedStore& store) {
    const auto page = store.history({.type = observation, .id = "moved", .count = 10});
    EXPECT_TRUE(page.ok());
    std::vector<std::uint64_t> numbers;
    for (const store::Version& version : page->entries) numbers.push_back(version.version.value);
    return numbers;
  };
  EXPECT_EQ(versions(as_system()), (std::vector<std::uint64_t>{2, 1}));
  EXPECT_EQ(versions(as_patient("p1")), (std::vector<std::uint64_t>{2}));
  EXPECT_EQ(versions(as_patient("p2")), std::vector<std::uint64_t>()) << "it turned out to be about p1";
  EXPECT_FALSE((*as_patient("p1").read_version(observation, "moved", {1})).has_value());
  EXPECT_FALSE((*as_patient("p2").read_version(observation, "moved", {1})).has_value());
  EXPECT_TRUE((*as_patient("p1").read_version(observation, "moved", {2})).has_value());
  const auto page = as_patient("p1").history({.type = observation, .id = "moved", .count = 10});
  EXPECT_FALSE(page->total.has_value()) << "a total would count what is hidden";
}

TEST_P(GuardedStoreTest, HistoriesOfManyAreForThoseWhoSeeAll) {
  ASSERT_NO_FATAL_FAILURE(put_family());
  const auto of_type = as_patient("p1").history({.type = type("Observation"), .count = 10});
  ASSERT_FALSE(of_type.ok());
  EXPECT_EQ(of_type.error().category, Category::forbidden);
  EXPECT_FALSE(as_patient("p1").history({.count = 10}).ok());
  EXPECT_EQ(as_system().history({.count = 100})->entries.size(), 10U);
}

TEST_P(GuardedStoreTest, PagesOfAHistoryGoOnBehindWhatIsHidden) {
  const GuardedStore system = as_system();
  ASSERT_TRUE(put_observation(system, "o", "p1").ok());
  for (std::uint32_t i = 0; i < kMaxGuardedHistory; ++i) ASSERT_TRUE(put_observation(system, "o", "p2").ok());
  ASSERT_TRUE(put_observation(system, "o", "p1").ok());
  const GuardedStore patient = as_patient("p1");
  const auto first = patient.history({.type = type("Observation"), .id = "o", .count = 5});
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first->entries.size(), 1U) << "the current one";
  ASSERT_TRUE(first->more);
  const auto second = patient.history({.type = type("Observation"), .id = "o", .count = 5, .before = first->upto});
  ASSERT_EQ(second->entries.size(), 1U);
  EXPECT_EQ(second->entries.front().version.value, 1U);
  EXPECT_FALSE(second->more);
}

TEST_P(GuardedStoreTest, SearchesWhatIsSeen) {
  ASSERT_NO_FATAL_FAILURE(put_family());
  const GuardedStore patient = as_patient("p1");
  EXPECT_EQ(found(patient, store::test::all_query("Observation")), (Ids{"moved", "of-p1"}));
  EXPECT_EQ(found(patient, store::test::all_query("Patient")), Ids{"p1"});
  const auto counted = patient.search(store::test::all_query("Observation"), {.count = 0});
  EXPECT_EQ(counted->total, 2U);
  const Plan named_smith = Plan::make_leaf(
      {&store::test::parameter("Patient", "family"), search::StringMatch{search::StringMode::prefix, "smith"}});
  const search::Link subject{&store::test::parameter("Observation", "subject"), type("Patient")};
  const search::Query chain{type("Observation"), Plan::make_link(Plan::Kind::chain, subject, named_smith), {}};
  EXPECT_EQ(found(patient, chain), (Ids{"moved", "of-p1"}));
  EXPECT_EQ(found(as_system(), chain), (Ids{"moved", "of-p1", "of-p2"}));
  const search::Query of_p2 = store::test::reference_query("Observation", "subject", "Patient", "p2");
  EXPECT_EQ(found(patient, of_p2), Ids{});
  const search::Include include{search::Include::Direction::reverse, false, type("Observation"), nullptr};
  EXPECT_EQ(found(patient, store::test::all_query("Patient"), {.count = 10, .includes = {include}}),
            (Ids{"+moved", "+of-p1", "p1"}));
}

TEST_P(GuardedStoreTest, TellsNothingByExplanations) {
  const auto explained = as_patient("p1").search(store::test::all_query("Patient"), {.count = 1, .explain = true});
  ASSERT_FALSE(explained.ok());
  EXPECT_EQ(explained.error().category, Category::forbidden);
  EXPECT_TRUE(as_system().search(store::test::all_query("Patient"), {.count = 1, .explain = true}).ok());
}

TEST_P(GuardedStoreTest, WritesWhatIsAllowedBeforeAndAfter) {
  ASSERT_NO_FATAL_FAILURE(put_family());
  const GuardedStore patient = as_patient("p1");
  EXPECT_TRUE(put_observation(patient, "new", "p1").ok());
  EXPECT_TRUE(put_observation(patient, "new", "p1").ok()) << "an update";
  EXPECT_TRUE(is_forbidden(put_observation(patient, "newer", "p2"))) << "of somebody else";
  EXPECT_TRUE(is_forbidden(put_observation(patient, "new", "p2"))) << "given away";
  EXPECT_TRUE(is_forbidden(put_observation(patient, "of-p2", "p1"))) << "taken";
  EXPECT_TRUE(is_forbidden(remove(patient, "Observation", "of-p2")));
  EXPECT_TRUE(is_forbidden(put(patient, "Patient", "p1", ""))) << "seen, and not to be changed";
  EXPECT_TRUE(remove(patient, "Observation", "new").ok());
  EXPECT_EQ((*store_->read(type("Observation"), "of-p2"))->version.value, 1U) << "nothing has changed";
}

TEST_P(GuardedStoreTest, IdsAreChosenByThoseWhoSeeAll) {
  EXPECT_FALSE(as_patient("p1").may_choose_ids(type("Observation")));
  EXPECT_TRUE(as_system().may_choose_ids(type("Observation")));
}

// A grant whose guard leads over other resources: patients that the practitioner meets in an encounter.
TEST_P(GuardedStoreTest, GuardsMayFollowLinks) {
  const GuardedStore system = as_system();
  ASSERT_NO_FATAL_FAILURE(put_family());
  ASSERT_TRUE(put(system, "Encounter", "e",
                  R"(,"status":"planned","class":{"code":"AMB"},)"
                  R"("subject":{"reference":"Patient/p2"},)"
                  R"("participant":[{"individual":{"reference":"Practitioner/d"}}])")
                  .ok());
  const Plan takes_part = store::test::reference_query("Encounter", "participant", "Practitioner", "d").plan;
  const search::Link of_encounter{&store::test::parameter("Encounter", "patient"), type("Encounter")};
  const Plan in_care = Plan::make_link(Plan::Kind::has, of_encounter, takes_part);
  const search::Link subject{&store::test::parameter("Observation", "subject"), type("Patient")};
  auto grant = std::make_shared<Grant>("practitioner d");
  for (const Action action : {Action::read, Action::search, Action::create}) {
    grant->of(action).add(type("Patient"), in_care);
    grant->of(action).add(type("Observation"), Plan::make_link(Plan::Kind::chain, subject, in_care));
  }
  const GuardedStore practitioner(*store_, search::testing::registry(), kBase, grant);
  EXPECT_EQ(found(practitioner, store::test::all_query("Patient")), Ids{"p2"});
  EXPECT_EQ(found(practitioner, store::test::all_query("Observation")), Ids{"of-p2"});
  EXPECT_FALSE((*practitioner.read(type("Patient"), "p1")).has_value());
  EXPECT_TRUE(put_observation(practitioner, "x", "p2").ok());
  EXPECT_TRUE(is_forbidden(put_observation(practitioner, "y", "p1")));
  EXPECT_FALSE((*practitioner.read_version(type("Observation"), "moved", {1})).has_value()) << "it was about p2 once";
  EXPECT_FALSE((*practitioner.read_version(type("Observation"), "moved", {2})).has_value());
}

}  // namespace
}  // namespace vesta::access
