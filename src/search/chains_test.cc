// Tests of chains and reverse chains: each form of R4's text, the step that an error names, limits on both sides.
#include "search/chains.h"

#include <gtest/gtest.h>

#include "search/query_test_support.h"

namespace vesta::search {
namespace {

using testing::expect_refused;
using testing::expect_rejected;
using testing::parse;
using testing::plan_of;
using testing::registry;
using testing::type;

// https://hl7.org/fhir/R4/search.html#chaining
TEST(Chains, FollowReferences) {
  EXPECT_EQ(plan_of("DiagnosticReport", "subject:Patient.name=peter"), "subject>Patient(name:^peter)");
  EXPECT_EQ(plan_of("DiagnosticReport", "patient.name=peter"), "patient>Patient(name:^peter)");
  EXPECT_EQ(plan_of("Patient", "general-practitioner.name=Joe"),
            "or(general-practitioner>Organization(name:^joe) general-practitioner>Practitioner(name:^joe))");
  EXPECT_EQ(plan_of("Patient", "general-practitioner:Practitioner.name=Joe"),
            "general-practitioner>Practitioner(name:^joe)");
  EXPECT_EQ(plan_of("Observation", "patient.organization.name=a"),
            "patient>Patient(organization>Organization(name:^a))");
  EXPECT_EQ(plan_of("Observation", "subject.organization.partof.name=a"),
            "or(subject>Device(organization>Organization(partof>Organization(name:^a))) "
            "subject>Location(organization>Organization(partof>Organization(name:^a))) "
            "subject>Patient(organization>Organization(partof>Organization(name:^a))))");
}

TEST(Chains, EndInAnyCriterion) {
  EXPECT_EQ(plan_of("Observation", "patient.name:exact=Ann"), "patient>Patient(name:=Ann)");
  EXPECT_EQ(plan_of("Observation", "patient.birthdate=lt1970"), "patient>Patient(birthdate:3[0,31536000))");
  EXPECT_EQ(plan_of("Observation", "patient._id=a,b"), "patient>Patient(or(_id:a _id:b))");
  EXPECT_EQ(plan_of("Observation", "patient._lastUpdated=ge1970-01-01"), "patient>Patient(_lastUpdated:4[0,86400))");
  EXPECT_EQ(plan_of("Observation", "patient._list=5"), "patient>Patient(List.item<(_id:5))");
}

// "Chained parameters are applied independently to the target resource": each occurrence is a condition of its own.
TEST(Chains, CombineIndependently) {
  EXPECT_EQ(plan_of("Observation", "patient.name=a&patient.gender=male"),
            "and(patient>Patient(name:^a) patient>Patient(gender:*|'male'))");
}

// https://hl7.org/fhir/R4/search.html#has
TEST(Chains, FollowReferencesBack) {
  EXPECT_EQ(plan_of("Patient", "_has:Observation:patient:code=1234-5"), "Observation.patient<(code:*|'1234-5')");
  EXPECT_EQ(plan_of("Patient", "_has:Observation:patient:code=a&_has:Observation:patient:code=b"),
            "and(Observation.patient<(code:*|'a') Observation.patient<(code:*|'b'))");
  EXPECT_EQ(plan_of("Patient", "_has:Observation:patient:code=a,b"), "Observation.patient<(or(code:*|'a' code:*|'b'))");
  EXPECT_EQ(plan_of("Patient", "_has:Observation:patient:_has:AuditEvent:entity:agent-name=x"),
            "Observation.patient<(AuditEvent.entity<(agent-name:^x))");
  EXPECT_EQ(plan_of("Encounter", "patient._has:Group:member:_id=102"), "patient>Patient(Group.member<(_id:102))");
  EXPECT_EQ(plan_of("Patient", "_has:Observation:patient:performer:Practitioner.name=x"),
            "Observation.patient<(performer>Practitioner(name:^x))");
  EXPECT_EQ(plan_of("Patient", "_has:Observation:patient:date=ge1970-01-01"), "Observation.patient<(date:4[0,86400))");
}

TEST(Chains, ListsAreHas) {
  EXPECT_EQ(plan_of("Patient", "_list=42"), "List.item<(_id:42)");
  EXPECT_EQ(plan_of("Patient", "_list=42,43"), "or(List.item<(_id:42) List.item<(_id:43))");
  expect_rejected("Patient", "_list=$current-allergies", "_list", "$current-allergies");
  expect_rejected("Patient", "_list:exact=42", "_list:exact", "exact");
  expect_rejected("Patient", "_list=a/b", "_list");
}

TEST(Chains, NameTheStepThatIsWrong) {
  const struct {
    const char* type;
    const char* query;
    const char* piece;
  } cases[] = {
      {"Observation", "patient.nonsense=1", "'nonsense' is unknown for Patient"},
      {"Observation", "patient.nonsense.name=1", "'nonsense' is unknown for Patient"},
      {"Observation", "patient.organization.nonsense=1", "'nonsense' is unknown for Organization"},
      {"Observation", "patient:Nothing.name=1", "'Nothing' is no resource type"},
      {"Observation", "patient:Practitioner.name=1", "'patient' of Observation cannot refer to Practitioner"},
      {"Observation", "code.name=1", "'code' of Observation is no reference"},
      {"Observation", "patient.name.given=1", "'name' of Patient is no reference"},
      {"Observation", "patient..name=1", "empty"},
      {"Observation", "patient:.name=1", "empty"},
      {"Observation", "patient.=1", "missing"},
      {"Observation", "patient.:exact=1", "missing"},
      {"Observation", "patient.name:=1", "modifier"},
      {"Observation", "patient.name:nonsense=1", "nonsense"},
      {"Observation", "patient.birthdate=1-2", "1-2"},
      {"QuestionnaireResponse", "questionnaire:Patient.name=x", "cannot refer to Patient"},
      {"Patient", "_has=1", "unknown"},
      {"Patient", "_has:Observation=1", "_has:[type]"},
      {"Patient", "_has:Observation:patient=1", "_has:[type]"},
      {"Patient", "_has:Observation:patient:=1", "missing"},
      {"Patient", "_has::patient:code=1", "_has:[type]"},
      {"Patient", "_has:Nothing:patient:code=1", "'Nothing' is no resource type"},
      {"Patient", "_has:Observation:nonsense:code=1", "'nonsense' is unknown for Observation"},
      {"Patient", "_has:Observation:code:code=1", "'code' of Observation is no reference"},
      {"Patient", "_has:Observation:encounter:code=1", "'encounter' of Observation cannot refer to Patient"},
      {"Patient", "_has:Observation:patient:nonsense=1", "'nonsense' is unknown for Observation"},
      {"Encounter", "patient._has:Observation:encounter:code=1", "cannot refer to Patient"},
  };
  for (const auto& one : cases) {
    const std::string query = one.query;
    if (query == "_has=1") {
      expect_refused(one.type, query, "_has");
    } else {
      expect_rejected(one.type, query, query.substr(0, query.find('=')), one.piece);
    }
  }
  // A first parameter that is unknown altogether may be ignored, as any unknown one.
  expect_refused("Observation", "nonsense.name=1", "nonsense.name");
}

TEST(Chains, HoldTheirDepth) {
  const auto chain = [](std::size_t steps) {
    std::string text;
    for (std::size_t i = 0; i < steps; ++i) text += "partof.";
    return text + "name";
  };
  EXPECT_TRUE(parse(type("Organization"), chain(kMaxChainDepth) + "=a").ok());
  expect_rejected("Organization", chain(kMaxChainDepth + 1) + "=a", chain(kMaxChainDepth + 1), "8 steps");
}

// Observation.focus may refer to anything.
TEST(Chains, HoldTheirWays) {
  const auto knowing = [](std::string_view code) {
    std::size_t count = 0;
    for (const fhir::TypeId target : targets_of(registry(), *registry().find(type("Observation"), "focus"))) {
      count += registry().find(target, code) != nullptr;
    }
    return count;
  };
  ASSERT_LE(knowing("code"), kMaxChainAlternatives);
  EXPECT_TRUE(parse(type("Observation"), "focus.code=a").ok());
  ASSERT_GT(knowing("identifier"), kMaxChainAlternatives);
  expect_rejected("Observation", "focus.identifier=a", "focus.identifier", "'focus:Patient'");
  EXPECT_EQ(plan_of("Observation", "focus:Device.identifier=a"), "focus>Device(identifier:*|'a')");
}

TEST(Chains, HoldTheNodesOfAPlan) {
  const auto query = [](std::size_t parameters) {
    std::string values = "a";
    for (std::size_t i = 1; i < 64; ++i) values += ",a";
    std::string text;
    for (std::size_t i = 0; i < parameters; ++i) text += (i == 0 ? "" : "&") + ("name=" + values);
    return text;
  };
  // One Or and its 64 leaves each.
  const std::size_t most = kMaxPlanNodes / 65;
  ASSERT_LT(most, kMaxParameters);
  EXPECT_TRUE(parse(type("Patient"), query(most)).ok());
  const auto over = parse(type("Patient"), query(most + 1));
  ASSERT_FALSE(over.ok());
  EXPECT_EQ(over.error().issues.front().code, "too-costly");
}

TEST(Chains, SearchSeveralTypes) {
  const auto search = parse(fhir::kNoType, "_type=Condition,Observation&patient.name=a");
  ASSERT_TRUE(search.ok()) << search.error().message;
  EXPECT_EQ(testing::print(search->queries[0].plan), "patient>Patient(name:^a)");
  EXPECT_EQ(search->queries[1].plan.link.parameter, registry().find(type("Observation"), "patient"));
  EXPECT_FALSE(parse(fhir::kNoType, "_type=Observation,Organization&patient.name=a").ok());
}

// The targets that a definition names are narrowed where its expression does: clinical-patient names Group too.
TEST(Chains, KnowWhatAnExpressionResolvesTo) {
  const auto targets = [](std::string_view type_name, std::string_view code) {
    return list_types(fhir::r4(), targets_of(registry(), *registry().find(type(type_name), code)));
  };
  EXPECT_EQ(targets("Observation", "patient"), "Patient");
  EXPECT_EQ(targets("Observation", "subject"), "Device, Group, Location or Patient");
  EXPECT_EQ(targets("Observation", "performer"),
            "CareTeam, Organization, Patient, Practitioner, PractitionerRole or RelatedPerson");
  EXPECT_EQ(targets("Observation", "focus"),
            "Account, ActivityDefinition, AdverseEvent, AllergyIntolerance, Appointment or 140 others");
  EXPECT_EQ(targets("RequestGroup", "author"), "Device, Practitioner or PractitionerRole");
}

// Every reference parameter of R4 is followed, or refused for a reason.
TEST(Chains, KnowWhichParametersTheyFollow) {
  std::size_t followed = 0, canonical = 0;
  for (ParameterId id = 0; id < registry().parameter_count(); ++id) {
    const Parameter& parameter = registry().parameter(id);
    if (parameter.kind != fhir::SearchParamType::reference || parameter.program == nullptr) continue;
    const bool is_followed = reason_not_to_follow(registry(), parameter).empty();
    if (is_followed) {
      ++(parameter.canonical == kNoParameter ? followed : canonical);
      EXPECT_FALSE(targets_of(registry(), parameter).empty()) << parameter.definition->url;
    }
  }
  EXPECT_GT(followed, 400u);
  EXPECT_GT(canonical, 50u);
}

}  // namespace
}  // namespace vesta::search
