// The binder: what it refuses and where, and what it prunes.
#include "fhirpath/binder.h"

#include <gtest/gtest.h>

#include "fhirpath/parser.h"
#include "fhirpath/test_resources.h"

namespace vesta::fhirpath {
namespace {

fhir::TypeId type_named(std::string_view name) {
  return *fhir::r4().find_type(name);
}

// "ok", "empty" (never yields anything), or the message without its beginning.
std::string bind_for(std::string_view type, std::string_view expression, const CompileOptions& options = {}) {
  auto program = compile(fhir::r4(), type_named(type), expression, options);
  if (program.ok()) return (*program)->always_empty() ? "empty" : "ok";
  EXPECT_EQ(program.error().category, Category::invalid);
  return program.error().message.substr(std::string("FHIRPath: line 1, ").size());
}

TEST(Binder, FindsElements) {
  EXPECT_EQ(bind_for("Patient", "Patient.name.given"), "ok");
  EXPECT_EQ(bind_for("Patient", "Patient.contact.name.family"), "ok");
  EXPECT_EQ(bind_for("Questionnaire", "item.item.item.linkId"), "ok");
  EXPECT_EQ(bind_for("Observation", "value.unit | value.coding | value.start"), "ok");
  EXPECT_EQ(bind_for("Patient", "birthDate.extension.value"), "ok");
  EXPECT_EQ(bind_for("Patient", "birthDate.id"), "ok");
  EXPECT_EQ(bind_for("Patient", "name.where(family.exists() and use = 'a').given"), "ok");
  EXPECT_EQ(bind_for("Observation.component", "value.as(Quantity)"), "ok");
}

TEST(Binder, RefusesUnknownElementsWithTheirPlace) {
  EXPECT_EQ(bind_for("Patient", "Patient.nam"), "column 9: unknown element 'nam' of Patient");
  EXPECT_EQ(bind_for("Patient", "Patient.code"), "column 9: unknown element 'code' of Patient");
  EXPECT_EQ(bind_for("Patient", "name.where(code = 'a')"), "column 12: unknown element 'code' of HumanName");
  EXPECT_EQ(bind_for("Patient", "name.given.family"), "column 12: unknown element 'family' of string");
  EXPECT_EQ(bind_for("Observation", "(value as Quantity).coding"), "column 21: unknown element 'coding' of Quantity");
  EXPECT_EQ(bind_for("Observation", "value.family"),
            "column 7: unknown element 'family' of Quantity, CodeableConcept, string and others");
  EXPECT_EQ(bind_for("Patient", "'a'.length"), "column 5: unknown element 'length' of System.String");
  EXPECT_EQ(bind_for("Patient", "name.exists().family"), "column 15: unknown element 'family' of System.Boolean");
  EXPECT_EQ(bind_for("Observation", "Observation.valueQuantity"),
            "column 13: unknown element 'valueQuantity' of Observation; a choice is named value, its type is chosen by "
            "value.ofType(Quantity)");
}

// Only where that is asked for.
TEST(Binder, TakesChoicesByTheirNamesInJson) {
  const auto compiled = [](std::string_view type, std::string_view expression) {
    return compile(fhir::r4(), type_named(type), expression, {.choice_names = ChoiceNames::element_or_json});
  };
  EXPECT_TRUE(compiled("Observation", "Observation.valueQuantity.unit").ok());
  EXPECT_TRUE(compiled("Patient", "extension.where(url = 'a').valueDateTime").ok());
  EXPECT_FALSE(compiled("Observation", "Observation.valueQuantity.coding").ok());
  EXPECT_FALSE(compiled("Observation", "Observation.valueHumanName").ok());
  const auto dates = compiled("Patient", "extension.valueDateTime");
  ASSERT_TRUE(dates.ok());
  EXPECT_TRUE((*dates)->may_yield(type_named("dateTime")));
  EXPECT_FALSE((*dates)->may_yield(type_named("Quantity")));
}

TEST(Binder, KnowsNothingBelowNestedResources) {
  EXPECT_EQ(bind_for("Patient", "contained.name.family"), "ok");
  EXPECT_EQ(bind_for("Bundle", "entry[0].resource.status"), "ok");
  EXPECT_EQ(bind_for("Bundle", "entry.resource.nosuchname"), "column 16: unknown element 'nosuchname'");
  EXPECT_EQ(bind_for("Bundle", "entry.resource.ofType(Patient).name"), "ok");
  EXPECT_EQ(bind_for("Bundle", "entry.resource.ofType(Patient).code"), "column 32: unknown element 'code' of Patient");
  EXPECT_EQ(bind_for("Observation", "subject.resolve().name"), "ok");
}

TEST(Binder, StaysInTheResourceForASearch) {
  const auto bind_search = [](std::string_view expression) {
    return bind_for("Observation", expression, testing::kSearchDialect);
  };
  EXPECT_EQ(bind_search("Observation.subject.where(resolve() is Patient)"), "ok");
  EXPECT_EQ(bind_search("Observation.subject.where(resolve().is(Patient))"), "ok");
  EXPECT_EQ(bind_search("Observation.subject.where((resolve() is Patient).not())"), "ok");
  EXPECT_EQ(bind_search("Observation.subject.where(resolve().is(Patient).not())"), "ok");
  const std::string refused = ": what stands behind resolve() is of another resource: search it by a chain";
  EXPECT_EQ(bind_search("subject.resolve().name"), "column 19" + refused);
  EXPECT_EQ(bind_search("(subject.resolve() as Patient).name"), "column 32" + refused);
  EXPECT_EQ(bind_search("subject.resolve().ofType(Patient).name.family"), "column 35" + refused);
  EXPECT_EQ(bind_search("subject.resolve().where(active)"), "column 19" + refused);
  EXPECT_EQ(bind_search("subject.where(resolve().active)"), "column 25" + refused);
  EXPECT_EQ(bind_search("subject.select(resolve()).name"), "column 27" + refused);
  EXPECT_EQ(bind_search("(subject.resolve() | performer.resolve()).name"), "column 43" + refused);
  EXPECT_EQ(bind_search("iif(true, subject.resolve()).name"), "column 30" + refused);
  EXPECT_EQ(bind_search("subject.repeat(resolve()).name"), "column 16" + refused);
  EXPECT_EQ(bind_search("defineVariable('p', subject.resolve()).select(%p.name)"), "column 50" + refused);
  EXPECT_EQ(bind_search("subject.resolve()[0].name"), "column 22" + refused);
  EXPECT_EQ(bind_search("subject.resolve()"), "column 9" + refused);
}

TEST(Binder, PrunesWhatIsOfAnotherType) {
  EXPECT_EQ(bind_for("Patient", "Practitioner.name"), "empty");
  EXPECT_EQ(bind_for("Patient", "Practitioner.name | Person.name"), "empty");
  EXPECT_EQ(bind_for("Patient", "(Practitioner.name | Person.name).given.first()"), "ok");
  EXPECT_EQ(bind_for("Patient", "Practitioner.name.where(use = 'a')"), "empty");
  EXPECT_EQ(bind_for("Patient", "Practitioner.name[0]"), "empty");
  EXPECT_EQ(bind_for("Patient", "Practitioner.name | Patient.name"), "ok");
  EXPECT_EQ(bind_for("Patient", "Resource.id"), "ok");
  EXPECT_EQ(bind_for("Patient", "DomainResource.text"), "ok");
  EXPECT_EQ(bind_for("Bundle", "DomainResource.text"), "empty");
  EXPECT_EQ(bind_for("Observation", "value as Patient"), "empty");
  EXPECT_EQ(bind_for("Observation", "value as Age"), "ok");  // an Age is a Quantity
  EXPECT_EQ(bind_for("Condition", "onset as Age"), "ok");
  EXPECT_EQ(bind_for("Patient", "{}"), "empty");
  // A pruned branch is checked all the same.
  EXPECT_EQ(bind_for("Patient", "Patient.name | Practitioner.nam"), "column 29: unknown element 'nam' of Practitioner");
}

TEST(Binder, RefusesUnknownTypes) {
  EXPECT_EQ(bind_for("Patient", "name as Foo"), "column 6: unknown type 'Foo'");
  EXPECT_EQ(bind_for("Patient", "name.ofType(FHIR.String)"), "column 18: unknown type 'FHIR.String'");
  EXPECT_EQ(bind_for("Patient", "name.is('a')"), "column 6: is() needs the name of a type");
  EXPECT_EQ(bind_for("Patient", "name.as()"), "column 6: as() needs one type");
  EXPECT_EQ(bind_for("Patient", "Foo.name"), "column 1: unknown element 'Foo' of Patient");
}

TEST(Binder, RefusesFunctionsByName) {
  EXPECT_EQ(bind_for("Patient", "name.frobnicate()"), "column 6: unknown function frobnicate()");
  EXPECT_EQ(bind_for("Patient", "name.first(1)"), "column 6: wrong number of arguments for first()");
  EXPECT_EQ(bind_for("Patient", "name.where()"), "column 6: wrong number of arguments for where()");
  EXPECT_EQ(bind_for("Patient", "defineVariable(id)"), "column 16: the name of a variable is a text");
  EXPECT_EQ(bind_for("Patient", "%foo"), "column 1: unknown constant %foo");
}

TEST(Binder, TurnsCommonCriteriaIntoSteps) {
  auto is_one_path = [](std::string_view expression) {
    auto syntax = parse(expression);
    auto bound =
        bind_syntax(fhir::r4(), StaticType::of(type_named("Patient")), expression, **syntax, testing::kSearchDialect);
    return bound.ok() && bound->root->op == Op::path && bound->root->operands.empty();
  };
  EXPECT_TRUE(is_one_path("Patient.name.given"));
  EXPECT_TRUE(is_one_path("(Patient.deceased as dateTime)"));
  EXPECT_TRUE(is_one_path("Patient.telecom.where(system = 'phone').value"));
  EXPECT_TRUE(is_one_path("Patient.generalPractitioner.where(resolve() is Practitioner)"));
  EXPECT_FALSE(is_one_path("Patient.telecom.where(system != 'phone')"));
  EXPECT_FALSE(is_one_path("Patient.telecom.where(%resource.gender = 'phone')"));
  EXPECT_FALSE(is_one_path("Patient.generalPractitioner.where(%resource.managingOrganization.resolve() is Patient)"));
}

TEST(Binder, KnowsWhatAnExpressionMayYield) {
  const auto may_yield = [](std::string_view root, std::string_view expression, std::string_view type) {
    const auto program = compile(fhir::r4(), type_named(root), expression, testing::kSearchDialect);
    return program.ok() && (*program)->may_yield(type_named(type));
  };
  EXPECT_TRUE(may_yield("Patient", "Patient.managingOrganization", "Reference"));
  EXPECT_FALSE(may_yield("Patient", "Patient.managingOrganization", "uri"));
  EXPECT_TRUE(may_yield("QuestionnaireResponse", "questionnaire", "uri"));  // a canonical is a uri
  EXPECT_TRUE(may_yield("Patient", "Patient.link.other | Patient.name", "HumanName"));
  EXPECT_TRUE(may_yield("Bundle", "Bundle.entry[0].resource", "Reference"));  // anything
  for (const char* repeated : {"repeat(subunit)", "repeatAll(subunit)"}) {
    // What subunits have in turn is a number.
    EXPECT_TRUE(may_yield("SubstanceProtein", repeated, "integer")) << repeated;
    EXPECT_TRUE(may_yield("SubstanceProtein", repeated, "SubstanceProtein.subunit")) << repeated;
  }
  EXPECT_FALSE(may_yield("Patient", "Observation.subject", "Reference"));
  EXPECT_TRUE(may_yield("Patient", "contained.ofType(DomainResource)", "Observation"));
  EXPECT_FALSE(may_yield("Patient", "contained.ofType(DomainResource)", "Bundle"));
}

}  // namespace
}  // namespace vesta::fhirpath
