// Answers: fields, aliases, arguments, fragments, references, searches. Many are the examples of FHIR's own page.
#include <gtest/gtest.h>

#include "graphql/test_support.h"

namespace vesta::graphql {
namespace {

using testing::World;

TEST(Execution, WritesTheFieldsThatAreSelectedInTheirOrder) {
  World world;
  EXPECT_EQ(world.of_patient("{ birthDate id active name { text given family } }"),
            R"({"birthDate":"1974-12-25","id":"example","active":true,"name":[{"given":["Peter","James"],)"
            R"("family":"Chalmers"},{"given":["Jim"]},{"given":["Peter","James"],"family":"Windsor"}]})");
  EXPECT_EQ(world.of_observation("{ valueQuantity { value unit } valueString }"),
            R"({"valueQuantity":{"value":185.50,"unit":"lbs"}})");
}

TEST(Execution, NamesTypes) {
  World world;
  EXPECT_EQ(world.of_patient("{ __typename resourceType contact { __typename name { __typename } } }"),
            R"({"__typename":"Patient","resourceType":"Patient","contact":[{"__typename":"PatientContact",)"
            R"("name":{"__typename":"HumanName"}}]})");
  EXPECT_EQ(world.ask("{ __typename PatientConnection { __typename edges { __typename } } }"),
            R"({"__typename":"Query","PatientConnection":{"__typename":"PatientConnection","edges":[)"
            R"({"__typename":"PatientEdge"},{"__typename":"PatientEdge"}]}})");
}

TEST(Execution, HasExtensionsOfPrimitives) {
  World world;
  EXPECT_EQ(world.of_patient("{ birthDate _birthDate { extension { valueDateTime } } _active { id } }"),
            R"({"birthDate":"1974-12-25","_birthDate":{"extension":[{"valueDateTime":"1974-12-25T14:35:45Z"}]}})");
  EXPECT_EQ(world.ask(R"({ Patient(id: q) { name { given _given { id } family } } })"),
            R"({"Patient":{"name":[{"given":[null,"B"],"_given":[{"id":"g"},null]}]}})");
}

TEST(Execution, TakesElementsByArguments) {
  World world;
  const std::string maiden = R"({"name":[{"family":"Windsor"}]})";
  EXPECT_EQ(world.of_patient("{ name(use: maiden) { family } }"), maiden);
  EXPECT_EQ(world.of_patient(R"({ name(use: "maiden") { family } })"), maiden);
  EXPECT_EQ(world.of_patient(R"q({ name(fhirpath: "period.exists()") { family } })q"), maiden);
  EXPECT_EQ(world.of_patient("{ name(given: [Jim, John]) { use } }"), R"({"name":[{"use":"usual"}]})");
  EXPECT_EQ(world.of_patient("{ name(family: null) { use } }"), R"({"name":[{"use":"usual"}]})");
  EXPECT_EQ(world.of_patient("{ name(_offset: 1, _count: 1) { use } }"), R"({"name":[{"use":"usual"}]})");
  EXPECT_EQ(world.of_patient("{ name(given: Peter, _offset: 1) { use } }"), R"({"name":[{"use":"maiden"}]})");
  EXPECT_EQ(world.of_patient("{ name(_count: 0) { use } }"), "{}");
  EXPECT_EQ(world.of_patient(R"({ myext: extension(url: "urn:x") { value: valueString } })"),
            R"({"myext":[{"value":"some value"}]})");
}

TEST(Execution, TakesAliasesAndFragments) {
  World world;
  EXPECT_EQ(world.of_patient("{ a: id ...F ... on Patient { b: id } ... { c: id } } fragment F on Patient { d: id }"),
            R"({"a":"example","d":"example","b":"example","c":"example"})");
  EXPECT_EQ(world.of_patient("{ name(use: usual) { use } ... on Resource { id } name(use: usual) { given } }"),
            R"({"name":[{"use":"usual","given":["Jim"]}],"id":"example"})");
}

TEST(Execution, SkipsAndIncludes) {
  World world;
  const std::string_view query =
      "query ($yes: Boolean!, $no: Boolean = false) { a: id @skip(if: $yes) b: id @include(if: $yes) "
      "... @include(if: $no) { c: id } ...F @skip(if: $no) } fragment F on Patient { d: id @include(if: true) }";
  EXPECT_EQ(world.of_patient(query, R"({"yes":true})"), R"({"b":"example","d":"example"})");
  EXPECT_EQ(world.of_patient(query, R"({"yes":false,"no":true})"), R"({"a":"example","c":"example"})");
}

TEST(Execution, TakesVariables) {
  World world;
  const std::string_view query =
      "query Q($use: [code] = usual, $uses: [code!]) { name(use: $use) { use } n: name(use: $uses) { use } }";
  EXPECT_EQ(world.of_patient(query, R"({"uses":["maiden","official"]})"),
            R"({"name":[{"use":"usual"}],"n":[{"use":"official"},{"use":"maiden"}]})");
  EXPECT_EQ(world.of_patient(query, R"({"use":"maiden","uses":"usual"})"),
            R"({"name":[{"use":"maiden"}],"n":[{"use":"usual"}]})");
  EXPECT_EQ(world.ask("query ($id: ID!) { Patient(id: $id) { id } }", R"({"id":"q"})"), R"({"Patient":{"id":"q"}})");
}

TEST(Execution, FollowsReferences) {
  World world;
  EXPECT_EQ(world.of_observation("{ subject { reference resource { active ... on Patient { birthDate } "
                                 "... on Group { name } } } }"),
            R"({"subject":{"reference":"Patient/example","resource":{"active":true,"birthDate":"1974-12-25"}}})");
  EXPECT_EQ(
      world.of_observation("{ subject { resource(type: Patient) { birthDate } resource(type: Group) { name } } }"),
      R"({"subject":{"resource":{"birthDate":"1974-12-25"}}})");
  EXPECT_EQ(world.of_observation("{ performer { resource { resourceType active } } }"),
            R"({"performer":[{"resource":{"resourceType":"Practitioner","active":true}}]})");
}

TEST(Execution, ReportsReferencesThatLeadNowhere) {
  World world;
  EXPECT_EQ(world.of_observation("{ id focus { reference resource { id } } }"),
            R"({"id":"o1","focus":[{"reference":"Group/gone","resource":null},{"resource":null}]})"
            "\n1:24: focus.0.resource: not known"
            "\n1:24: focus.1.resource: This reference leads to no resource that can be read here.");
  EXPECT_EQ(world.of_observation("{ focus { reference resource(optional: true) { id } } }"),
            R"({"focus":[{"reference":"Group/gone"},{}]})");
  EXPECT_EQ(world.of_observation("{ focus { resource(type: Patient) { id } } }"),
            R"({"focus":[{},{"resource":null}]})"
            "\n1:11: focus.1.resource: This reference leads to no resource that can be read here.");
}

TEST(Execution, KnowsTheTypeOfAReferenceOnlyWhenItIsFollowed) {
  World world;
  // A field that this type lacks is left out; one that is wrong in this type is an error at its place.
  EXPECT_EQ(world.of_observation("{ subject { resource { characteristic { exclude } id } } }"),
            R"({"subject":{"resource":{"id":"example"}}})");
  EXPECT_EQ(world.of_observation("{ status subject { resource { name { nonsense } } } }"),
            R"({"status":"final","subject":{"resource":null}})"
            "\n1:38: subject.resource: HumanName has no field 'nonsense'.");
}

TEST(Execution, ReadsAndSearchesTheSystem) {
  World world;
  EXPECT_EQ(world.ask("{ Patient(id: example) { id active } }"), R"({"Patient":{"id":"example","active":true}})");
  EXPECT_EQ(world.ask("{ p: Patient(id: nobody) { id } PatientList(_id: [q, x]) { id } GroupList { id } }"),
            R"({"p":null,"PatientList":[{"id":"q"}],"GroupList":[]})"
            "\n1:3: p: not known");
  EXPECT_EQ(world.ask(R"({ ObservationList(fhirpath: "value is string") { id valueString } })"),
            R"({"ObservationList":[{"id":"o2","valueString":"say \"hi\""}]})");
}

TEST(Execution, HasConnections) {
  World world;
  EXPECT_EQ(world.ask("{ ObservationConnection(_count: 5) { count offset pagesize first previous next last "
                      "edges { mode score resource { id } } } }"),
            R"({"ObservationConnection":{"count":2,"offset":0,"pagesize":5,"first":"begin","last":"end","edges":[)"
            R"({"mode":"match","resource":{"id":"o1"}},{"mode":"match","resource":{"id":"o2"}}]}})");
  EXPECT_EQ(world.ask(R"({ ObservationConnection(_cursor: "end") { edges { mode } } })"),
            R"({"ObservationConnection":{"edges":[]}})");
}

TEST(Execution, FindsWhatRefersToAResource) {
  World world;
  EXPECT_EQ(world.of_patient("{ id ObservationList(_reference: subject, _id: o2) { id status } "
                             "ObservationConnection(_reference: subject) { count } }"),
            R"({"id":"example","ObservationList":[{"id":"o2","status":"preliminary"}],)"
            R"("ObservationConnection":{"count":2}})");
}

TEST(Execution, FindsNothingThatRefersToWhatIsContained) {
  World world;
  EXPECT_EQ(
      world.of_observation("{ performer { resource { ... on Practitioner { id ObservationList(_reference: performer) "
                           "{ id } ObservationConnection(_reference: performer) { count } } } } }"),
      R"({"performer":[{"resource":{"id":"p","ObservationList":[]}}]})");
  EXPECT_EQ(world.source.searches(), 0u);
}

TEST(Execution, EndsWhenTheStoreCannotBeAsked) {
  World world;
  const Answer answer = testing::answer("{ Patient(id: q) { id } PatientList(broken: yes) { id } }", {}, world.source);
  EXPECT_EQ(answer.data, "");
  EXPECT_EQ(describe(answer.problems), "1:25: PatientList: The disk is gone.");
  EXPECT_EQ(answer.problems.front().category, Category::unavailable);
  // What only one field is about leaves the others as they are.
  EXPECT_EQ(world.ask("{ Patient(id: q) { id } PatientList(two_words: yes) { id } }"),
            R"({"Patient":{"id":"q"},"PatientList":null})"
            "\n1:25: PatientList: Not now.");
}

TEST(Execution, ReportsFhirpathThatFails) {
  World world;
  EXPECT_EQ(world.of_patient(R"({ id name(fhirpath: "given") { family } })"),
            R"({"id":"example","name":null})"
            "\n1:6: name: FHIRPath yields several items where true or false is wanted.");
}

TEST(Execution, SaysOnceThatAReferenceOfSeveralTypesLeadsNowhere) {
  World world;
  const std::string error = ": This reference leads to no resource that can be read here.";
  EXPECT_EQ(world.of_observation("{ focus { resource(type: Patient) { id } resource(type: Device) { id } } }"),
            R"({"focus":[{},{"resource":null}]})"
            "\n1:11: focus.1.resource" +
                error);
}

}  // namespace
}  // namespace vesta::graphql
