// Rules about de-identified resources: what is read, found and counted under pseudonyms, on both engines.
#include "access/deidentification.h"

#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "access/policy_test_support.h"
#include "deidentify/dates.h"
#include "http/message.h"
#include "search/query_text.h"

namespace vesta::access {
namespace {

using testing::Ids;
using testing::kBase;

class DeidentificationTest : public testing::GrantsEngineTest {
 protected:
  void SetUp() override {
    put_ok("Organization", "o", R"(,"name":"House of Ada")");
    put_ok("Patient", "p1",
           R"(,"name":[{"family":"Lovelace"}],"birthDate":"1985-12-10","gender":"female",)"
           R"("identifier":[{"system":"urn:mrn","value":"A-77"}],)"
           R"("managingOrganization":{"reference":"Organization/o"})");
    put_ok("Patient", "p2", R"(,"name":[{"family":"Babbage"}],"gender":"male")");
    for (const std::string patient : {"p1", "p2"}) {
      put_ok("Observation", "of-" + patient,
             R"(,"status":"final","code":{"coding":[{"system":"http://loinc.org","code":"8867-4"}],"text":"pulse"},)"
             R"("effectiveDateTime":"2020-02-28","valueQuantity":{"value":72},"subject":{"reference":"Patient/)" +
                 patient + "\"}");
    }
    put_ok("ValueSet", "v", R"(,"status":"active","url":"http://example.org/v")");
    put_policy("p", rule(R"("Patient","Observation")", kRead, R"(,"deidentified":true,"minimumCellSize":2)") + "," +
                        rule(R"("ValueSet","Organization")", kRead));
  }
  std::string pseudonym(const std::string& id) { return (*deidentifiers_.get())->pseudonyms().of_id(id); }
  Ids pseudonyms(const Ids& ids) {
    Ids made;
    for (const std::string& id : ids) made.push_back(pseudonym(id));
    std::sort(made.begin(), made.end());
    return made;
  }
  GuardedStore researcher() { return as(with_policy()); }
  Result<store::SearchPage> ask(const std::string& type_name, const std::string& text,
                                search::Total total = search::Total::none) {
    const auto parsed = search::parse_search({search::testing::registry(), kBase, clock_.now()}, type(type_name),
                                             *http::parse_query(text));
    CHECK(parsed.ok());
    return researcher().search(parsed->queries.front(), {.count = 10, .total = total, .includes = parsed->includes});
  }
  Ids find(const std::string& type_name, const std::string& text) { return ids_of(ask(type_name, text)); }
  static constexpr const char* kBase = testing::kBase;
};
INSTANTIATE_TEST_SUITE_P(Engines, DeidentificationTest, ::testing::Values("memory", "sqlite"), testing::engine_name);

TEST_P(DeidentificationTest, ResourcesAreReadByTheirPseudonymsAlone) {
  const auto found = *researcher().read(type("Patient"), pseudonym("p1"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, pseudonym("p1"));
  for (const char* gone : {"Lovelace", "12-10", "A-77", "p1", "\"o\""}) {
    EXPECT_EQ(found->tail.find(gone), std::string::npos) << gone << found->tail;
  }
  for (const std::string& left : {std::string("PSEUDED"), std::string("SUBSETTED"),
                                  std::string(R"("birthDate":"1985")"), "Organization/" + pseudonym("o")}) {
    EXPECT_NE(found->tail.find(left), std::string::npos) << left << found->tail;
  }
  EXPECT_FALSE(*researcher().read(type("Patient"), "p1"));
  EXPECT_FALSE(*researcher().read_version(type("Patient"), "p1", VersionId{1}));
  EXPECT_TRUE(*researcher().read_version(type("Patient"), pseudonym("p1"), VersionId{1}));
  EXPECT_TRUE(*researcher().read(type("ValueSet"), "v")) << "what is of nobody is as it is";
  EXPECT_EQ((*researcher().read(type("ValueSet"), "v"))->id, "v");
  EXPECT_TRUE(*researcher().read(type("Organization"), pseudonym("o"))) << "where a reference leads";
}

// A time of a commit, moved by the days of the patient, would tell how many these are.
TEST_P(DeidentificationTest, TimesOfCommitsAreTheirYearWhoeverIsThePatient) {
  for (const std::string id : {"p1", "p2"}) {
    const Instant real = (*store_->read(type("Patient"), id))->last_updated;
    EXPECT_EQ((*researcher().read(type("Patient"), pseudonym(id)))->last_updated, deidentify::start_of_year(real));
  }
  EXPECT_EQ((*researcher().read(type("Observation"), pseudonym("of-p1")))->last_updated,
            (*researcher().read(type("Patient"), pseudonym("p2")))->last_updated);
}

TEST_P(DeidentificationTest, SearchesFindByWhatIsShown) {
  EXPECT_EQ(find("Patient", "gender=female"), pseudonyms({"p1"}));
  EXPECT_EQ(find("Patient", "_id=" + pseudonym("p1")), pseudonyms({"p1"}));
  EXPECT_EQ(find("Observation", "subject=Patient/" + pseudonym("p1")), pseudonyms({"of-p1"}));
  EXPECT_EQ(find("Observation", "code=http://loinc.org|8867-4"), pseudonyms({"of-p1", "of-p2"}));
  EXPECT_EQ(find("Observation", "subject:Patient.gender=male"), pseudonyms({"of-p2"}));
  EXPECT_EQ(find("Patient", "_has:Observation:subject:code=8867-4&gender=male"), pseudonyms({"p2"}));
  EXPECT_EQ(find("Patient", "organization=Organization/" + pseudonym("o")), pseudonyms({"p1"}));
  EXPECT_EQ(find("Patient", "organization.name=house"), pseudonyms({"p1"})) << "of what is shown as it is";
  Ids with_patient = pseudonyms({"of-p1"});
  with_patient.insert(with_patient.begin(), "+" + pseudonym("p1"));
  EXPECT_EQ(find("Observation", "_include=Observation:subject&subject=Patient/" + pseudonym("p1")), with_patient);
}

TEST_P(DeidentificationTest, WhatIsNotShownFindsNothing) {
  for (const char* asked : {"name=lovelace", "family=lovelace", "birthdate=1985-12-10", "birthdate=ge1900",
                            "identifier=A-77", "identifier=urn:mrn|", "_id=p1", "_lastUpdated=ge1900", "_text=ada",
                            "_content=lovelace", "name:missing=false", "organization=Organization/o",
                            "_has:Observation:subject:date=2020-02-28", "_has:Observation:subject:_id=of-p1"}) {
    const bool is_open = std::string(asked).find("Organization/o") != std::string::npos;
    EXPECT_EQ(find("Patient", asked), is_open ? pseudonyms({"p1"}) : Ids()) << asked;
  }
  for (const char* asked :
       {"date=2020-02-28", "date=ge2000", "subject=Patient/p1", "subject=p1", "subject:Patient.name=lovelace",
        "subject:Patient.birthdate=ge1900", "subject:Patient._id=p1", "code:text=pulse", "value-quantity=72",
        "code-value-quantity=8867-4$72", "combo-code-value-quantity=8867-4$72", "_lastUpdated=ge1900"}) {
    EXPECT_EQ(find("Observation", asked), Ids()) << asked;
  }
  EXPECT_EQ(find("Patient", "name:missing=true"), pseudonyms({"p1", "p2"})) << "as if nobody had one";
  EXPECT_EQ(find("Patient", "_sort=birthdate"), pseudonyms({"p1", "p2"}));
}

TEST_P(DeidentificationTest, TotalsBelowTheCellSizeAreNotTold) {
  EXPECT_EQ(ask("Patient", "", search::Total::accurate)->total, 2u);
  EXPECT_EQ(ask("Patient", "gender=female", search::Total::accurate)->total, std::nullopt);
  EXPECT_EQ(ask("Patient", "gender=other", search::Total::accurate)->total, std::nullopt) << "none is few, too";
  EXPECT_EQ(ask("Patient", "name=lovelace", search::Total::accurate)->total, std::nullopt);
  EXPECT_EQ(ask("ValueSet", "", search::Total::accurate)->total, 1u) << "what is of nobody";
  EXPECT_EQ(ask("Organization", "", search::Total::accurate)->total, 1u);
  EXPECT_EQ(ask("Organization", "_has:Patient:organization:gender=female", search::Total::accurate)->total,
            std::nullopt)
      << "counts patients";
  EXPECT_EQ(researcher().history({.type = type("Patient"), .count = 10})->total, 2u);
  EXPECT_EQ(researcher().history({.type = type("Patient"), .id = pseudonym("p1"), .count = 10})->total, std::nullopt);
  EXPECT_EQ(researcher().history({.type = type("ValueSet"), .count = 10})->total, 1u);
}

TEST_P(DeidentificationTest, HistoriesAreUnderPseudonymsAndWithoutTimes) {
  ASSERT_TRUE(remove(as_system(), "Patient", "p1").ok());
  const auto of_one = researcher().history({.type = type("Patient"), .id = pseudonym("p1"), .count = 10});
  ASSERT_TRUE(of_one.ok());
  ASSERT_EQ(of_one->entries.size(), 2u);
  for (const store::Version& version : of_one->entries) {
    EXPECT_EQ(version.id, pseudonym("p1"));
    EXPECT_EQ(version.tail.find("Lovelace"), std::string::npos);
  }
  EXPECT_TRUE(researcher().history({.type = type("Patient"), .id = "p1", .count = 10})->entries.empty());
  const auto since = researcher().history({.type = type("Patient"), .since = Instant{0}, .count = 10});
  ASSERT_FALSE(since.ok());
  EXPECT_EQ(since.error().category, Category::forbidden);
}

// The audit says whose records were looked at.
TEST_P(DeidentificationTest, TheWitnessIsToldOfThemByTheirIds) {
  struct Recorder final : Witness {
    void asked_for(std::string_view) override {}
    void named(std::span<const std::string_view> patients) override {
      named_ones.insert(patients.begin(), patients.end());
    }
    void saw(const store::Version& version, std::string_view) override { ids.push_back(version.id); }
    fhir::TypeId awaited_type() const override { return fhir::kNoType; }
    Status await() override { return kOk; }
    void answered_entry(std::string_view, std::string_view, int) override {}
    void will_commit(store::WriteSet&, std::span<const std::string>) override {}
    void committed() override {}
    Ids ids;
    std::set<std::string> named_ones;
  };
  const auto recorder = std::make_shared<Recorder>();
  const GuardedStore store(*store_, search::testing::registry(), kBase, grant(with_policy()), recorder);
  EXPECT_TRUE(*store.read(type("Patient"), pseudonym("p1")));
  EXPECT_EQ(found(store, store::test::all_query("Observation")), pseudonyms({"of-p1", "of-p2"}));
  EXPECT_TRUE(store.history({.type = type("Patient"), .id = pseudonym("p2"), .count = 10}).ok());
  EXPECT_EQ(recorder->ids, (Ids{"p1", "of-p1", "of-p2", "p2"}));
  const auto named = [&](const std::string& id) {
    recorder->named_ones.clear();
    const auto parameters = *http::parse_query("patient=Patient/" + id);
    const search::ParseContext context{search::testing::registry(), kBase, clock_.now()};
    EXPECT_TRUE(store.search(search::parse_search(context, type("Observation"), parameters)->queries, {}).ok());
    return recorder->named_ones;
  };
  EXPECT_EQ(named(pseudonym("p1")), std::set<std::string>{"p1"});
  EXPECT_EQ(named("p1"), std::set<std::string>{}) << "who is not known by that name here";
}

// Of what R4 defines: nothing that is moved, cut or removed can be searched for.
TEST_P(DeidentificationTest, OnlyCodesNumbersAndReferencesAreSearchedBy) {
  const auto& registry = search::testing::registry();
  const auto shown = std::make_shared<const Deidentification>(
      Deidentification{*deidentifiers_.get(), clock_.now(), {type("Patient"), type("Observation")}, 1});
  const auto finds = [&](const char* type_name, const char* code) {
    search::Plan plan = search::Plan::make_leaf({registry.find(type(type_name), code), search::PresentMatch{}});
    DeidentifiedSearch(registry, *shown).translate(type(type_name), plan);
    return plan.kind == search::Plan::Kind::leaf;
  };
  for (const char* code :
       {"gender", "active", "deceased", "language", "general-practitioner", "organization", "link"}) {
    EXPECT_TRUE(finds("Patient", code)) << code;
  }
  for (const char* code : {"name",          "family",    "given",      "phonetic",     "telecom",
                           "phone",         "email",     "address",    "address-city", "address-postalcode",
                           "address-state", "birthdate", "death-date", "identifier",   "_text",
                           "_content",      "_tag",      "_profile",   "_security",    "_source"}) {
    const bool is_code = std::string(code) == "_tag" || std::string(code) == "_security";
    EXPECT_EQ(finds("Patient", code), is_code) << code;
  }
  for (const char* code : {"code", "category", "status", "subject", "patient", "encounter", "value-concept"}) {
    EXPECT_TRUE(finds("Observation", code)) << code;
  }
  for (const char* code : {"date", "value-date", "value-string", "value-quantity", "code-value-quantity", "identifier",
                           "combo-value-quantity"}) {
    EXPECT_FALSE(finds("Observation", code)) << code;
  }
}

TEST_P(DeidentificationTest, NobodyWritesWhatTheyAreShownSo) {
  put_policy("w", rule(R"("Patient","ValueSet")", R"("create","update","delete")"));
  const Principal writer{"c", {"p", "w"}, {"user/*.cruds"}, "", ""};
  EXPECT_TRUE(is_forbidden(put(as(writer), "Patient", "p1", "")));
  EXPECT_TRUE(is_forbidden(put(as(writer), "Patient", "new", "")));
  EXPECT_TRUE(is_forbidden(remove(as(writer), "Patient", "p1")));
  EXPECT_TRUE(put(as(writer), "ValueSet", "v", R"(,"status":"draft")").ok());
  const std::string holds = R"("contained":[{"resourceType":"Patient","id":"p1"}])";
  EXPECT_TRUE(is_forbidden(put(as(writer), "ValueSet", "w", R"(,"status":"draft",)" + holds)));
  EXPECT_TRUE(is_forbidden(put(as(writer), "ValueSet", "v", R"(,"status":"draft",)" + holds))) << "they would read it";
  EXPECT_TRUE(put(as(writer), "ValueSet", "w", R"(,"status":"draft","title":"\"resourceType\"")").ok());
  EXPECT_FALSE(as(writer).may_choose_ids(type("Patient")));
  EXPECT_TRUE(as(writer).may_choose_ids(type("ValueSet")));
}

TEST_P(DeidentificationTest, NoOtherRuleShowsThemAsTheyAre) {
  put_policy("all", rule(R"("*")", kRead));
  const Principal who{"c", {"p", "all"}, {"user/*.cruds"}, "", ""};
  EXPECT_FALSE(*as(who).read(type("Patient"), "p1"));
  EXPECT_TRUE(*as(who).read(type("Patient"), pseudonym("p1")));
}

TEST_P(DeidentificationTest, ScopesAskForNothingThatIsNotShown) {
  Principal who = with_policy();
  who.scopes = {"user/Patient.rs?name=lovelace"};
  EXPECT_EQ(found(as(who), store::test::all_query("Patient")), Ids());
  who.scopes = {"user/Patient.rs?gender=female"};
  EXPECT_EQ(found(as(who), store::test::all_query("Patient")), pseudonyms({"p1"}));
}

TEST_P(DeidentificationTest, RulesThatMakeNoSenseGrantNothing) {
  for (const std::string& wrong : {rule(R"("Patient")", R"("read","update")", R"(,"deidentified":true)"),
                                   rule(R"("Patient")", kRead, R"(,"minimumCellSize":5)"),
                                   rule(R"("Patient")", kRead, R"(,"deidentified":true,"minimumCellSize":1000001)")}) {
    put_policy("p", wrong);
    EXPECT_EQ(seen(with_policy(), "Patient"), Ids()) << wrong;
  }
  put_policy("p", rule(R"("Patient")", kRead, R"(,"deidentified":true,"minimumCellSize":1000000)"));
  EXPECT_EQ(seen(with_policy(), "Patient"), pseudonyms({"p1", "p2"}));
}

}  // namespace
}  // namespace vesta::access
