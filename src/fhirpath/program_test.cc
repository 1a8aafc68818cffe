// What expressions yield: a table of expressions over small resources.
#include "fhirpath/program.h"

#include <gtest/gtest.h>

#include "fhirpath/test_resources.h"

namespace vesta::fhirpath {
namespace {

const std::string kPatient = R"({
  "resourceType": "Patient", "id": "p1", "active": true, "gender": "male", "birthDate": "1974-12-25",
  "contained": [{"resourceType": "Practitioner", "id": "doc", "name": [{"family": "House"}]},
                {"resourceType": "Organization", "id": "org", "name": "Hospital"}],
  "extension": [{"url": "http://example.org/a", "valueString": "one"},
                {"url": "http://example.org/b", "valueCode": "two"}],
  "_birthDate": {"extension": [{"url": "http://example.org/time", "valueDateTime": "1974-12-25T14:35:45-05:00"}]},
  "name": [{"use": "official", "family": "Chalmers", "given": ["Peter", "James"]},
           {"use": "usual", "given": ["Jim"]},
           {"use": "maiden", "family": "Windsor", "given": ["Peter", "James"]}],
  "telecom": [{"system": "phone", "value": "555", "rank": 1}, {"system": "email", "value": "a@b"},
              {"system": "phone", "value": "556", "rank": 2}],
  "maritalStatus": {"text": "S"},
  "multipleBirthInteger": 3,
  "deceasedDateTime": "2015-02-14T13:42:00+10:00",
  "contact": [{"name": {"given": ["Peter", "James"], "use": "maiden", "family": "Windsor"}}],
  "generalPractitioner": [{"reference": "#doc"}, {"reference": "Practitioner/2/_history/1"},
                          {"reference": "http://example.org/fhir/Organization/3"},
                          {"type": "PractitionerRole", "identifier": {"value": "x"}}, {"display": "unknown"}],
  "managingOrganization": {"reference": "urn:uuid:0b0c", "type": "Organization"}
})";

const std::string kObservation = R"({
  "resourceType": "Observation", "id": "o1", "status": "final", "code": {"text": "weight"},
  "subject": {"reference": "Patient/p1"}, "effectiveDateTime": "2016-03-28",
  "valueQuantity": {"value": 185.00, "unit": "lbs", "system": "http://unitsofmeasure.org", "code": "[lb_av]"},
  "component": [{"code": {"text": "a"}, "valueQuantity": {"value": 1.50, "unit": "kg"}},
                {"code": {"text": "b"}, "valueString": "text"},
                {"code": {"text": "c"}, "valueQuantity": {"unit": "kg", "value": 1.5}}]
})";

struct Case {
  std::string_view expression;
  std::string_view wanted;
};

void expect_all(const std::string& json, std::initializer_list<Case> cases) {
  for (const Case& one : cases)
    EXPECT_EQ(testing::evaluate(json, one.expression, testing::kSearchDialect), one.wanted) << one.expression;
}

TEST(Program, WalksPaths) {
  expect_all(kPatient, {
                           {"Patient.name.given", "Peter, James, Jim, Peter, James"},
                           {"name.family", "Chalmers, Windsor"},
                           {"Patient", "<Patient>"},
                           {"Resource.id", "p1"},
                           {"DomainResource.extension.value", "one, two"},
                           {"Patient.name", "<HumanName>, <HumanName>, <HumanName>"},
                           {"Patient.deceased", "2015-02-14T13:42:00+10:00"},
                           {"Patient.birthDate.extension.value", "1974-12-25T14:35:45-05:00"},
                           {"Patient.contained.id", "doc, org"},
                           {"Patient.contained.name.family", "House"},
                           {"Patient.link.other", ""},
                           {"Observation.code", ""},
                           {"$this.`gender`", "male"},
                           {"%resource.id | %context.gender", "p1, male"},
                           {"%ucum", "'http://unitsofmeasure.org'"},
                           {"%`vs-gender`", "'http://hl7.org/fhir/ValueSet/gender'"},
                       });
}

TEST(Program, TakesPartsOfCollections) {
  expect_all(kPatient, {
                           {"Patient.name[1].given", "Jim"},
                           {"Patient.name[7]", ""},
                           {"Patient.name[99999999999.toInteger()]",
                            "error: FHIRPath: line 1, column 14: an integer is at most 2147483647"},
                           {"Patient.name[0].given[1]", "James"},
                           {"Patient.name.given.first()", "Peter"},
                           {"Patient.name.given.last()", "James"},
                           {"Patient.name.given.tail().first()", "James"},
                           {"Patient.name.given.skip(3)", "Peter, James"},
                           {"Patient.name.given.skip(-1).count()", "5"},
                           {"Patient.name.given.take(2)", "Peter, James"},
                           {"Patient.name.given.take(0)", ""},
                           {"Patient.name.given.take(99)", "Peter, James, Jim, Peter, James"},
                           {"Patient.birthDate.single()", "1974-12-25"},
                           {"Patient.name.single()", "error: FHIRPath: line 1, column 14: single() of several items"},
                           {"Patient.link.first().other", ""},
                           {"Patient.name.where($index = 1).given", "Jim"},
                       });
}

TEST(Program, JoinsCollectionsWithoutDuplicates) {
  expect_all(kPatient,
             {
                 {"Patient.name.given | Patient.contact.name.given", "Peter, James, Jim"},
                 {"(Patient.name | Patient.contact.name).count()", "3"},  // the order of properties does not count
                 {"Patient.name.given.distinct()", "Peter, James, Jim"},
                 {"Patient.name.given.isDistinct()", "false"},
                 {"Patient.name.family.isDistinct()", "true"},
                 {"Patient.name.given.combine(Patient.contact.name.given).count()", "7"},
                 {"Patient.name.given.union(Patient.contact.name.given).count()", "3"},
                 {"1 | 1.0 | 2 | '1' | {}", "1, 2, '1'"},
                 {"(Patient.gender | 'male').count()", "1"},
                 {"@2012-04-15T15:00:00+02:00 | @2012-04-15T16:00:00+03:00", "2012-04-15T15:00:00+02:00"},
                 {"Practitioner.name | Patient.active | Group.name", "true"},
             });
  expect_all(kObservation, {
                               {"(Observation.component.value | {}).count()", "2"},  // 1.50 kg equals 1.5 kg
                               {"Observation.component.value.distinct().count()", "2"},
                               {"Observation.value | 185 '[lb_av]'", "<Quantity>"},
                           });
}

TEST(Program, JoinsLongCollectionsWithoutDuplicates) {
  std::string json = R"({"resourceType":"Patient","name":[{"given":[)";
  std::string wanted;
  for (int i = 0; i < 300; ++i) {
    json += (i == 0 ? "\"n" : ",\"n") + std::to_string(i % 100) + "\"";
    if (i < 100) wanted += (i == 0 ? "n" : ", n") + std::to_string(i);
  }
  json += "]}]}";
  EXPECT_EQ(testing::evaluate(json, "Patient.name.given | Patient.name.given"), wanted);
}

TEST(Program, FiltersByType) {
  expect_all(kObservation, {
                               {"(Observation.value as Quantity).unit", "lbs"},
                               {"Observation.value.as(Quantity).value", "185.00"},
                               {"Observation.value.ofType(Quantity).code", "[lb_av]"},
                               {"Observation.value as Period", ""},
                               {"(Observation.component.value as Quantity).value", "1.50, 1.5"},
                               {"Observation.component.value.ofType(string)", "text"},
                               {"Observation.component.value.ofType(FHIR.string)", "text"},
                               {"Observation.component.value.ofType(System.String)", ""},
                               {"Observation.effective as dateTime", "2016-03-28"},
                               {"Observation.effective.as(DateTime)", "2016-03-28"},
                               {"Observation.value is Quantity", "true"},
                               {"Observation.value.is(FHIR.Quantity)", "true"},
                               {"Observation.value is System.Quantity", "false"},
                               {"Observation is DomainResource and Observation.is(Resource)", "true"},
                               {"Observation.code is Element", "true"},
                               {"Observation.code is Coding", "false"},
                               {"Observation.status is string", "true"},  // a code is a string
                               {"Observation.note is Annotation", ""},
                               {"Observation.component is BackboneElement",
                                "error: FHIRPath: line 1, column 23: 'is' needs a single item"},
                               {"1 is Integer and 1.0 is Decimal and 'a' is String and true is Boolean", "true"},
                               {"@2014 is Date and @2014T is DateTime and @T10 is Time and 1 'mg' is Quantity", "true"},
                               {"1 is System.Integer and (1 is FHIR.integer).not()", "true"},
                               {"'a'.as(String)", "'a'"},
                               {"Observation.contained.ofType(Patient).name", ""},
                           });
  expect_all(kPatient, {
                           {"Patient.contained.ofType(Practitioner).name.family", "House"},
                           {"(Patient.contained as Organization).name", "Hospital"},
                           {"Patient.contained.where($this is Organization).id", "org"},
                           {"Patient.active is System.Boolean", "false"},
                           {"Patient.active is boolean", "true"},
                       });
}

TEST(Program, FiltersByCriteria) {
  expect_all(kPatient,
             {
                 {"Patient.telecom.where(system='phone').value", "555, 556"},
                 {"Patient.telecom.where(system = 'fax').value", ""},
                 {"Patient.telecom.where('email' = system).value", "a@b"},
                 {"Patient.name.where(given = 'Jim').use", "usual"},
                 {"Patient.name.where(given = 'Peter').use", ""},  // two names are not equal to one
                 {"Patient.name.where('Peter' in given).use", "official, maiden"},
                 {"Patient.name.where(given contains 'Jim').use", "usual"},
                 {"Patient.telecom.where(rank > 1).value", "556"},
                 {"Patient.telecom.where(rank = '1').value", ""},
                 {"Patient.name.where(family.exists()).use", "official, maiden"},
                 {"Patient.name.where(use = 'usual' or family = 'Windsor').use", "usual, maiden"},
                 {"Patient.name.where(given)",
                  "error: FHIRPath: line 1, column 20: a single boolean is needed, there are several items"},
                 {"Patient.name.select(given.first())", "Peter, Jim, Peter"},
                 {"Patient.name.select(family | use)", "Chalmers, official, usual, Windsor, maiden"},
                 {"Patient.extension('http://example.org/b').value", "two"},
                 {"Patient.extension('http://example.org/c')", ""},
                 {"Patient.hasExtension('http://example.org/a')", "true"},
                 {"Patient.name.hasExtension('http://example.org/a')", "false"},
                 {"Patient.birthDate.extension('http://example.org/time').value", "1974-12-25T14:35:45-05:00"},
                 {"iif(Patient.active, 'yes', 'no')", "'yes'"},
                 {"iif(Patient.link.exists(), 'yes', 'no')", "'no'"},
                 {"iif({}, 'yes')", ""},
                 {"Patient.name[0].iif(use = 'official', given, family)", "Peter, James"},
             });
}

TEST(Program, ResolvesReferencesToTheirTypes) {
  expect_all(kPatient, {
                           {"Patient.generalPractitioner.where(resolve() is Practitioner).reference",
                            "#doc, Practitioner/2/_history/1"},
                           {"Patient.generalPractitioner.where(resolve() is Organization).reference",
                            "http://example.org/fhir/Organization/3"},
                           {"Patient.generalPractitioner.where(resolve() is PractitionerRole).identifier.value", "x"},
                           {"Patient.generalPractitioner.where(resolve() is Patient)", ""},
                           {"Patient.generalPractitioner.where(resolve() is Resource).count()", "4"},
                           {"Patient.managingOrganization.where(resolve() is Organization).reference", "urn:uuid:0b0c"},
                       });
  EXPECT_EQ(testing::evaluate(kPatient, "Patient.generalPractitioner.resolve()"),
            "<Practitioner>, ->Practitioner, ->Organization, ->PractitionerRole");
  EXPECT_EQ(testing::evaluate(kPatient, "Patient.name.resolve()"), "");
  EXPECT_EQ(testing::evaluate(kPatient, "Patient.generalPractitioner.resolve().name.family"), "House");
  EXPECT_EQ(testing::evaluate(kPatient, "Patient.generalPractitioner.reference.resolve().count()"), "3");
}

TEST(Program, AsksForExistence) {
  expect_all(kPatient, {
                           {"Patient.deceased.exists() and Patient.deceased != false", "true"},
                           {"Patient.name.exists()", "true"},
                           {"Patient.link.exists()", "false"},
                           {"Patient.name.exists(use = 'usual')", "true"},
                           {"Patient.name.exists(use = 'old')", "false"},
                           {"Patient.link.empty()", "true"},
                           {"Patient.name.all(given.exists())", "true"},
                           {"Patient.name.all(family.exists())", "false"},
                           {"Patient.link.all(false)", "true"},
                           {"(true | false).allTrue()", "false"},
                           {"(true | false).anyTrue()", "true"},
                           {"(true | false).anyFalse()", "true"},
                           {"(true | false).allFalse()", "false"},
                           {"{}.allTrue() and {}.allFalse() and {}.anyTrue().not() and {}.anyFalse().not()", "true"},
                           {"('a').allTrue()", "error: FHIRPath: line 1, column 7: a value of type Boolean is needed"},
                           {"Patient.active.not()", "false"},
                           {"{}.not()", ""},
                           {"Patient.name.count()", "3"},
                           {"Patient.birthDate.hasValue()", "true"},
                           {"Patient.name.hasValue()", "false"},
                           {"Patient.telecom.value.hasValue()", "false"},
                           {"Patient.multipleBirth.getValue() is Integer", "true"},
                           {"Practitioner.name.exists()", "false"},
                           {"Practitioner.name.count()", "0"},
                       });
  expect_all(R"({"resourceType":"Patient","deceasedBoolean":false})",
             {{"Patient.deceased.exists() and Patient.deceased != false", "false"}});
  expect_all(R"({"resourceType":"Patient","_birthDate":{"extension":[{"url":"a","valueCode":"b"}]}})",
             {{"Patient.birthDate.exists()", "true"},
              {"Patient.birthDate.hasValue()", "false"},
              {"Patient.birthDate.getValue()", ""},
              {"Patient.birthDate = Patient.birthDate", "true"},
              {"Patient.birthDate = @2014", "false"},
              {"Patient.birthDate < @2014", ""}});
}

TEST(Program, ComparesValues) {
  expect_all(kObservation,
             {
                 {"Observation.value.value = 185", "true"},
                 {"Observation.value.value > 184.9999999999999999999999999999", "true"},
                 {"Observation.value.value >= 185.0 and Observation.value.value <= 185", "true"},
                 {"Observation.value.value < 99", "false"},
                 {"Observation.value = 185 '[lb_av]'", "true"},
                 {"Observation.value = 185 'kg'", "false"},
                 {"Observation.value > 184 '[lb_av]'", "true"},
                 {"Observation.component[0].value = Observation.component[2].value", "true"},
                 {"-1 < 0 and -1.5 < -1", "true"},
                 {"'a' < 'b' and 'B' < 'a'", "true"},
                 {"1 = '1'", "false"},
                 {"1 < 'a'", "error: FHIRPath: line 1, column 3: Integer and String have no order"},
                 {"true < false", "error: FHIRPath: line 1, column 6: Boolean and Boolean have no order"},
                 {"Observation.code > 1", "error: FHIRPath: line 1, column 18: a simple value is needed"},
                 {"Observation.component.code.text > 'a'",
                  "error: FHIRPath: line 1, column 33: a single value is needed, there are several items"},
                 {"Observation.effective = @2016-03-28", "true"},
                 {"Observation.effective = @2016-03", ""},
                 {"Observation.effective > @2016-02", "true"},
                 {"Observation.effective < @2016-03-28T10:00:00Z", ""},
                 {"@T10:30 < @T11:00", "true"},
                 {"{} = 1", ""},
                 {"1 != {}", ""},
                 {"(1 | 2) = (1 | 2)", "true"},
                 {"(1 | 2) = (2 | 1)", "false"},
                 {"(1 | 2) = 1", "false"},
                 {"(1 | 2) != 1", "true"},
                 {"1 in (1 | 2)", "true"},
                 {"3 in (1 | 2)", "false"},
                 {"{} in (1 | 2)", ""},
                 {"1 in {}", "false"},
                 {"(1 | 2) contains 2.0", "true"},
                 {"(1 | 2) in 1", "error: FHIRPath: line 1, column 9: membership is asked of a single item"},
             });
}

TEST(Program, KnowsThreeValuedLogic) {
  const std::string any = R"({"resourceType":"Patient"})";
  for (std::string_view left : {"true", "false", "{}"}) {
    for (std::string_view right : {"true", "false", "{}"}) {
      auto run = [&](std::string_view word) {
        return testing::evaluate(any, std::string(left) + " " + std::string(word) + " " + std::string(right));
      };
      bool has_true = left == "true" || right == "true";
      bool has_false = left == "false" || right == "false";
      bool has_empty = left == "{}" || right == "{}";
      EXPECT_EQ(run("and"), has_false ? "false" : has_empty ? "" : "true") << left << right;
      EXPECT_EQ(run("or"), has_true ? "true" : has_empty ? "" : "false") << left << right;
      EXPECT_EQ(run("xor"), has_empty ? "" : left == right ? "false" : "true") << left << right;
      EXPECT_EQ(run("implies"), left == "false" || right == "true" ? "true"
                                : has_empty                        ? ""
                                                                   : "false")
          << left << right;
    }
  }
  expect_all(any, {{"'a' and true", "true"}, {"1 or false", "true"}});
}

TEST(Program, ComparesAndJoinsStrings) {
  expect_all(kPatient, {
                           {"'abc'.startsWith('ab')", "true"},
                           {"'abc'.endsWith('bc') and 'abc'.contains('b')", "true"},
                           {"'abc'.contains('x')", "false"},
                           {"'abc'.startsWith('')", "true"},
                           {"{}.startsWith('a')", ""},
                           {"'a'.startsWith({})", ""},
                           {"1.startsWith('a')", "error: FHIRPath: line 1, column 3: a value of type String is needed"},
                           {"Patient.gender.startsWith('m')", "true"},
                           {"Patient.name.given.startsWith('m')",
                            "error: FHIRPath: line 1, column 20: a single value is needed, there are several items"},
                           {"Patient.name[0].family & ', ' & Patient.name[0].given[0]", "'Chalmers, Peter'"},
                           {"'a' & {} & 'b'", "'ab'"},
                           {"{} & {}", "''"},
                       });
}

TEST(Program, AppendsToWhatIsThere) {
  fhir::JsonReader reader(fhir::r4());
  fhir::Arena arena;
  auto root = reader.read(R"({"resourceType":"Patient","gender":"male"})", arena);
  ASSERT_TRUE(root.ok());
  auto program = compile(fhir::r4(), (*root)->type, "Patient.gender | Patient.gender");
  ASSERT_TRUE(program.ok());
  Collection items;
  ASSERT_TRUE((*program)->evaluate(**root, arena, items).ok());
  ASSERT_TRUE((*program)->evaluate(**root, arena, items).ok());
  EXPECT_EQ(items.size(), 2u);  // duplicates are removed within one evaluation only
}

TEST(Program, RunsOnAnElementOfAResource) {
  fhir::JsonReader reader(fhir::r4());
  fhir::Arena arena;
  auto root = reader.read(kObservation, arena);
  ASSERT_TRUE(root.ok());
  const fhir::Node* component = (*root)->child(*fhir::r4().find_name("component"));
  ASSERT_NE(component, nullptr);
  auto program = compile(fhir::r4(), component->type, "code.text & %resource.status");
  ASSERT_TRUE(program.ok()) << program.error().message;
  Collection items;
  ASSERT_TRUE((*program)->evaluate(*component, arena, items, {.resource = *root}).ok());
  ASSERT_EQ(items.size(), 1u);
  EXPECT_EQ(items[0].text, "afinal");
}

// The names that an expression begins with, joined by blanks; "*" where it may yield something on any root.
std::string first_names(std::string_view type, std::string_view expression, Dialect dialect) {
  const auto program = compile(fhir::r4(), *fhir::r4().find_type(type), expression, {.dialect = dialect});
  if (!program.ok()) return program.error().message;
  const auto names = (*program)->first_names();
  if (!names) return "*";
  std::string joined;
  for (const fhir::NameId name : *names) joined.append(joined.empty() ? "" : " ").append(fhir::r4().name(name));
  return joined;
}

TEST(Program, KnowsTheNamesThatItBeginsWith) {
  EXPECT_EQ(first_names("Patient", "Patient.name.given", Dialect::search), "name");
  EXPECT_EQ(first_names("Patient", "Patient.name | Practitioner.telecom", Dialect::search), "name");
  EXPECT_EQ(first_names("Patient", "Practitioner.telecom", Dialect::search), "");
  EXPECT_EQ(first_names("Patient", "name.given | telecom.value", Dialect::standard), "name telecom");
  EXPECT_EQ(first_names("Observation", "(Observation.value as Quantity).code", Dialect::standard), "value");
  EXPECT_EQ(first_names("Observation", "Observation.subject.where(resolve() is Patient)", Dialect::search), "subject");
  EXPECT_EQ(first_names("Patient", "Patient.deceased.exists()", Dialect::search), "*");
  EXPECT_EQ(first_names("Patient", "Patient", Dialect::search), "*");
  EXPECT_EQ(first_names("Patient", "name | 'a'", Dialect::standard), "*");
  EXPECT_EQ(first_names("Patient", "%resource.name", Dialect::standard), "*");
}

// Whatever R4's search parameters begin with: without it they yield nothing.
TEST(Program, YieldsNothingWithoutTheNamesThatItBeginsWith) {
  std::size_t known = 0;
  for (const fhir::SearchParameter& parameter : fhir::r4().search_parameters()) {
    for (const fhir::TypeId type : parameter.base) {
      const auto program = compile(fhir::r4(), type, parameter.expression, {.dialect = Dialect::search});
      if (!program.ok() || !(*program)->first_names()) continue;
      fhir::Node root;
      root.type = type;
      fhir::Arena arena;
      Collection out;
      EXPECT_TRUE((*program)->evaluate(root, arena, out).ok()) << parameter.url;
      EXPECT_TRUE(out.empty()) << parameter.url;
      ++known;
    }
  }
  EXPECT_GT(known, 1000u);
}

}  // namespace
}  // namespace vesta::fhirpath
