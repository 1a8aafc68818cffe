// Tests of compartments as plans: rules of each compartment, the resource itself, types that are not in one.
#include "search/compartment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "fhir/json.h"
#include "search/query_test_support.h"

namespace vesta::search {
namespace {

using testing::print;
using testing::registry;
using testing::type;

std::string plan_of(std::string_view compartment, std::string_view searched, std::string_view base_url = {}) {
  const auto plan = compartment_plan(registry(), type(compartment), "1", type(searched), base_url);
  return plan.ok() ? print(*plan) : "error: " + plan.error().message;
}

TEST(Compartment, IsAnOrOverItsRules) {
  EXPECT_EQ(plan_of("Patient", "Observation"), "or(subject:Patient/1 performer:Patient/1)");
  EXPECT_EQ(plan_of("Patient", "Immunization"), "patient:Patient/1");
  EXPECT_EQ(plan_of("Encounter", "Observation"), "encounter:Encounter/1");
  EXPECT_EQ(plan_of("Patient", "Immunization", "http://a"), "or(patient:Patient/1 patient:<http://a/Patient/1>)");
}

TEST(Compartment, HoldsItsOwnResource) {
  EXPECT_EQ(plan_of("Patient", "Patient"), "or(_id:1 link:Patient/1)");
  EXPECT_EQ(plan_of("Encounter", "Encounter"), "_id:1");
  EXPECT_EQ(plan_of("Practitioner", "Practitioner"), "_id:1");
  EXPECT_EQ(plan_of("RelatedPerson", "RelatedPerson"), "_id:1");
  EXPECT_EQ(plan_of("Device", "Device"), "_id:1");
}

TEST(Compartment, NamesWhatIsNotInIt) {
  EXPECT_EQ(plan_of("Patient", "Medication"), "error: 'Medication' is in no compartment of 'Patient'.");
  EXPECT_EQ(plan_of("Organization", "Patient"), "error: There is no compartment of 'Organization'.");
}

TEST(Compartment, OfAResourceAreThoseItRefersTo) {
  const auto ids = [](std::string_view compartment, std::string text, std::string_view base_url = {}) {
    fhir::Arena arena;
    fhir::JsonReader reader(fhir::r4());
    const auto root = reader.read(text, arena);
    EXPECT_TRUE(root.ok());
    return *compartments_of(registry(), type(compartment), **root, arena, base_url);
  };
  using Ids = std::vector<std::string>;
  const std::string observation =
      R"({"resourceType":"Observation","status":"final","code":{"text":"c"},)"
      R"("subject":{"reference":"Patient/b/_history/2"},)"
      R"("performer":[{"reference":"Patient/a"},{"reference":"Practitioner/d"},{"reference":"Patient/b"},)"
      R"({"reference":"http://a/Patient/c"}],"focus":[{"reference":"Patient/not-by-this"}]})";
  EXPECT_EQ(ids("Patient", observation), (Ids{"a", "b"}));
  EXPECT_EQ(ids("Patient", observation, "http://a"), (Ids{"a", "b", "c"}));
  EXPECT_EQ(ids("Practitioner", observation), Ids{"d"});
  EXPECT_EQ(ids("Patient", R"({"resourceType":"Medication"})"), Ids{});
}

TEST(Compartment, OfAnyoneIsAChainToThem) {
  const auto of_any = [](std::string_view compartment, std::string_view searched) {
    const auto plan = any_compartment_plan(registry(), type(compartment), type(searched));
    return plan.ok() ? print(*plan) : "error: " + plan.error().message;
  };
  EXPECT_EQ(of_any("Patient", "Immunization"), "patient>Patient(_id:!)");
  EXPECT_EQ(of_any("Patient", "Observation"), "or(subject>Patient(_id:!) performer>Patient(_id:!))");
  EXPECT_EQ(of_any("Patient", "Patient"), "all");
  EXPECT_EQ(of_any("Patient", "Medication"), "error: 'Medication' is in no compartment of 'Patient'.");
}

TEST(Compartment, OfThoseWhoSatisfyAPlan) {
  const Plan owner = Plan::make_leaf({registry().find(type("Patient"), "active"), TokenMatch{{}, "true"}});
  const auto of_active = [&](std::string_view compartment, std::string_view searched) {
    const auto plan = any_compartment_plan(registry(), type(compartment), type(searched), owner);
    return plan.ok() ? print(*plan) : "error: " + plan.error().message;
  };
  EXPECT_EQ(of_active("Patient", "Immunization"), "patient>Patient(and(active:*|'true' _id:!))");
  EXPECT_EQ(of_active("Patient", "Patient"), "or(active:*|'true' link>Patient(and(active:*|'true' _id:!)))");
  EXPECT_EQ(of_active("Patient", "Medication"), "error: 'Medication' is in no compartment of 'Patient'.");
}

TEST(Compartment, OfSeveralIds) {
  const auto ids = std::make_shared<const IdSet>(IdSet{{"1", "2"}});
  const auto of_both = [&](std::string_view searched, std::string_view base_url) {
    const auto plan = compartment_plan(registry(), type("Patient"), ids, type(searched), base_url);
    return plan.ok() ? print(*plan) : "error: " + plan.error().message;
  };
  EXPECT_EQ(of_both("Immunization", ""), "patient:Patient/set of 2");
  EXPECT_EQ(of_both("Immunization", "http://a"), "or(patient:Patient/set of 2 patient:http://a/Patient/set of 2)");
  EXPECT_EQ(of_both("Patient", ""), "or(_id:set of 2 link:Patient/set of 2)");
  EXPECT_EQ(of_both("Medication", ""), "error: 'Medication' is in no compartment of 'Patient'.");
}

TEST(Compartment, ListsItsTypes) {
  for (const char* name : {"Device", "Encounter", "Patient", "Practitioner", "RelatedPerson"}) {
    const auto types = types_of_compartment(fhir::r4(), type(name));
    EXPECT_TRUE(std::ranges::is_sorted(types)) << name;
    EXPECT_TRUE(std::ranges::binary_search(types, type(name))) << name;
    for (const fhir::TypeId each : types) {
      EXPECT_TRUE(compartment_plan(registry(), type(name), "1", each).ok())
          << name << " " << fhir::r4().type(each).name;
    }
  }
  EXPECT_EQ(types_of_compartment(fhir::r4(), type("Patient")).size(), 66u + 1u);  // R4 has 66; and emergency access
  EXPECT_TRUE(types_of_compartment(fhir::r4(), type("Organization")).empty());
}

}  // namespace
}  // namespace vesta::search
