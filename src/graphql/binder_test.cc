// What is found before anything runs: fields, arguments, fragments and variables against the schema.
#include <gtest/gtest.h>

#include "graphql/test_support.h"

namespace vesta::graphql {
namespace {

using testing::World;

TEST(Binder, KnowsTheFieldsOfEachType) {
  World world;
  EXPECT_EQ(world.ask("{ Patient(id: q) { nme } Nonsense }"),
            "1:20: Patient has no field 'nme'.\n1:26: Query has no field 'Nonsense'.");
  EXPECT_EQ(world.of_patient("{ name { x } contact { name { y } } birthDate { z } }"),
            "1:10: HumanName has no field 'x'.\n1:31: HumanName has no field 'y'.\n"
            "1:37: 'birthDate' is of the type date, which has no fields to select.");
  EXPECT_EQ(world.of_patient("{ name }"), "1:3: 'name' is of the type [HumanName], of which fields must be selected.");
  EXPECT_EQ(world.of_patient("{ _name { id } _birthDate { value } }"),
            "1:3: Patient has no field '_name'.\n1:29: ElementBase has no field 'value'.");
  EXPECT_EQ(world.of_patient("{ Patient(id: q) { id } }"), "1:3: Patient has no field 'Patient'.");
  EXPECT_EQ(world.ask("{ PatientConnection { resource { id } edges { id } } }"),
            "1:23: PatientConnection has no field 'resource'.\n1:47: PatientEdge has no field 'id'.");
  EXPECT_EQ(world.of_observation("{ value valueQuantity { unit } }"), "1:3: Observation has no field 'value'.");
  EXPECT_EQ(world.source.reads() + world.source.searches(), 0u);
}

TEST(Binder, KnowsTheArgumentsOfEachField) {
  World world;
  EXPECT_EQ(world.of_patient("{ birthDate(_count: 1) name(period: 1, _count: -1, nonsense: 2) { use } }"),
            "1:13: 'birthDate' of Patient has no argument '_count': primitive fields have none.\n"
            "1:29: 'name' of Patient has no argument 'period'.\n"
            "1:40: '_count' must be a whole number of 0 or more.\n"
            "1:52: 'name' of Patient has no argument 'nonsense'.");
  EXPECT_EQ(world.of_patient("{ name(use: {a: 1}, fhirpath: official, _offset: 99999999999) { use } }"),
            "1:8: 'use' takes a value, or a list of values.\n"
            "1:31: A FHIRPath expression is a string.\n"
            "1:41: '_offset' must be a whole number of 0 or more.");
  EXPECT_EQ(world.of_observation("{ subject { resource(type: Nonsense, optional: 1, x: 2) { id } } }"),
            "1:22: 'Nonsense' is no resource type.\n1:38: 'optional' must be true or false.\n"
            "1:51: 'resource' of Reference has no argument 'x'.");
  EXPECT_EQ(world.ask("{ a: Patient { id } b: Patient(id: null) { id } }"),
            "1:3: 'Patient' needs the argument 'id'.\n1:32: 'id' must be a string.\n"
            "1:21: 'Patient' needs the argument 'id'.");
  EXPECT_EQ(world.ask("{ PatientList(two_words: refused) { id } l: PatientList(_offset: 1, _cursor: x) { id } }"),
            "1:15: Refused: two-words\n1:69: 'PatientList' of Query has no argument '_cursor'.");
  EXPECT_EQ(world.ask("{ PatientConnection(_cursor: x, _count: 1) { count } }"),
            "1:3: '_cursor' stands alone: it holds the arguments of its search.");
  EXPECT_EQ(world.of_patient("{ ObservationList { id } o: ObservationList(_reference: _id) { id } }"),
            "1:3: 'ObservationList' needs the argument '_reference'.\n"
            "1:45: '_id' is no search parameter by which Observation refers to Patient.");
}

TEST(Binder, KnowsWhereFragmentsCanBe) {
  World world;
  EXPECT_EQ(world.of_patient("{ ... on Observation { id } ... on Nonsense { id } ... on code { id } }"),
            "1:3: 'Observation' can never be the type here, which is Patient.\n"
            "1:29: 'Nonsense' is no type that fragments can be on.\n"
            "1:52: 'code' is no type that fragments can be on.");
  EXPECT_EQ(world.of_patient("{ name { ... on HumanName { family } } contact { ... on PatientContact { gender } } }"),
            R"({"name":[{"family":"Chalmers"},{},{"family":"Windsor"}],"contact":[{}]})");
  EXPECT_EQ(
      world.of_observation("{ subject { resource { ... on HumanName { family } ... on Group { nonsense } x } } }"),
      "1:24: 'HumanName' is no resource type.\n1:78: No resource type has a field 'x'.\n"
      "1:67: Group has no field 'nonsense'.");
  EXPECT_EQ(world.of_observation("{ subject { resource { ...F } } } fragment F on Resource { ... on Group { x } }"),
            "1:75: Group has no field 'x'.");
}

TEST(Binder, MergesWhatIsTheSameAndRefusesWhatIsNot) {
  World world;
  EXPECT_EQ(world.of_patient("{ contact { gender name { family } } contact { name { text family } } }"),
            R"({"contact":[{"name":{"family":"du Marché"}}]})");
  const std::string differs = "stands for different fields, arguments or directives: use other aliases.";
  EXPECT_EQ(world.of_patient("{ x: id x: active }"), "1:9: 'x' " + differs);
  EXPECT_EQ(world.of_patient("{ name(use: a) { use } name(use: b) { use } }"), "1:24: 'name' " + differs);
  EXPECT_EQ(world.of_patient("{ name { use } name @first { use } }"), "1:16: 'name' " + differs);
  EXPECT_EQ(world.of_patient("{ contact { x: gender } contact { x: id } }"), "1:35: 'x' " + differs);
  EXPECT_EQ(world.of_observation("{ subject { resource(type: Patient) { id } resource { id } } }"),
            "1:44: 'resource' " + differs);
}

TEST(Binder, MergesWhateverTheOrderAndTheConditions) {
  World world;
  const std::string merged = R"({"name":[{"family":"Chalmers","use":"official"}]})";
  EXPECT_EQ(world.of_patient("{ name(_offset: 0, _count: 1) { family } name(_count: 1, _offset: 0) { use } }"), merged);
  EXPECT_EQ(world.of_patient("{ name(_count: 1) @skip(if: false) { family } "
                             "name(_count: 1) @include(if: true) { use } }"),
            merged);
  EXPECT_EQ(world.of_patient("{ contact @first @flatten { gender } contact @flatten @first { id } active }"),
            R"({"active":true})");
  EXPECT_EQ(world.of_patient("{ name(_count: 1) { use } name(_count: 1, _offset: 0) { use } }").substr(0, 12),
            "1:27: 'name'");
}

TEST(Binder, ChecksTheFieldsOfEachMergedSelection) {
  World world;
  EXPECT_EQ(world.of_patient("{ name { use } name }"),
            "1:16: 'name' is of the type [HumanName], of which fields must be selected.");
  EXPECT_EQ(world.of_patient("{ birthDate birthDate { x } }"),
            "1:13: 'birthDate' is of the type date, which has no fields to select.");
}

TEST(Binder, TakesNullAsAbsent) {
  World world;
  const std::string whole = R"({"name":[{"use":"official"},{"use":"usual"},{"use":"maiden"}]})";
  EXPECT_EQ(world.of_patient("{ name(fhirpath: null, _offset: null, _count: null) { use } }"), whole);
  EXPECT_EQ(world.of_patient("query ($n: Int, $s: String) { name(fhirpath: $s, _offset: $n, _count: $n) { use } }",
                             R"({"n":null,"s":null})"),
            whole);
  EXPECT_EQ(world.of_observation("{ subject { resource(type: null, optional: null) { id } } }"),
            R"({"subject":{"resource":{"id":"example"}}})");
  EXPECT_EQ(world.ask("{ PatientList(fhirpath: null, _count: null, _offset: null, _sort: null, _id: null) { id } }"),
            R"({"PatientList":[{"id":"example"},{"id":"q"}]})");
  EXPECT_EQ(world.ask("{ PatientConnection(_cursor: null, _count: null) { count } }"),
            R"({"PatientConnection":{"count":2}})");
  EXPECT_EQ(world.of_patient("{ name(use: null) { use } }"), "{}");
}

TEST(Binder, RefusesToSearchByNoValues) {
  World world;
  EXPECT_EQ(world.ask("{ PatientList(_id: []) { id } }"), "1:15: '_id' needs a value.");
  EXPECT_EQ(world.ask("{ PatientList(_id: [null]) { id } }"), "1:15: '_id' needs a value.");
  EXPECT_EQ(world.ask("query ($v: [String!]) { PatientList(_id: $v) { id } }", R"({"v":[]})"),
            "1:37: '_id' needs a value.");
}

TEST(Binder, TakesVariablesByTheirTypes) {
  World world;
  const auto ask = [&](std::string_view type, std::string_view json) {
    const std::string query = "query ($v: " + std::string(type) + ") { PatientList(_id: $v) { id } }";
    return world.ask(query, json);
  };
  const std::string found = R"({"PatientList":[{"id":"q"}]})";
  EXPECT_EQ(ask("[String]!", R"({"v":"q"})"), found);
  EXPECT_EQ(ask("[String!]!", R"({"v":["q","x"]})"), found);
  EXPECT_EQ(ask("[String]", R"({"v":"q"})"), found);
  EXPECT_EQ(ask("[String]", R"({"v":"q","other":1})"), found);
  EXPECT_EQ(ask("[String] = \"q\"", ""), found);
  EXPECT_EQ(ask("[String] = \"x\"", R"({"v":"q"})"), found);
  EXPECT_EQ(ask("[String]", "null"), R"({"PatientList":[{"id":"example"},{"id":"q"}]})");
  EXPECT_EQ(ask("[String]", R"({"v":null})"), R"({"PatientList":[{"id":"example"},{"id":"q"}]})");
  EXPECT_EQ(ask("ID!", "{}"), "1:8: Variable '$v' of the type ID! needs a value.");
  for (const auto& [type, json] : {std::pair("ID!", R"({"v":null})"),
                                   {"String", R"({"v":1})"},
                                   {"Int", R"({"v":1.5})"},
                                   {"Int", R"({"v":3000000000})"},
                                   {"Boolean", R"({"v":"true"})"},
                                   {"[ID!]", R"({"v":["q",null]})"},
                                   {"Float", R"({"v":"1"})"},
                                   {"date", R"({"v":{}})"}}) {
    EXPECT_EQ(ask(type, json), "1:8: Variable '$v' has a value that is none of the type " + std::string(type) + ".");
  }
  EXPECT_EQ(ask("HumanName", "{}"), "1:8: Variable '$v' has the type HumanName, which is no input type.");
  EXPECT_EQ(ask("ID", "[]"), "The variables must be a JSON object.");
  EXPECT_EQ(ask("ID", "{").substr(0, 26), "The variables are no JSON:");
}

TEST(Binder, TakesConditionsThatAreBooleans) {
  World world;
  EXPECT_EQ(world.of_patient("{ id @skip(if: 1) }"), "1:12: 'if' of '@skip' must be true or false.");
}

// https://spec.graphql.org/October2021/#sec-All-Variable-Usages-are-Allowed
TEST(Binder, ChecksWhereVariablesStand) {
  World world;
  const auto misused = [](std::size_t column, std::string_view type, std::string_view name, std::string_view taken) {
    return "1:" + std::to_string(column) + ": Variable '$v' is of the type " + std::string(type) + ", and '" +
           std::string(name) + "' takes " + std::string(taken) + " here.";
  };
  const auto ask = [&](std::string_view type, std::string_view rest, std::string_view json = {}) {
    return world.of_patient("query ($v: " + std::string(type) + ") { id " + std::string(rest) + " }", json);
  };
  // What is needed: a type that has no null, or a default.
  EXPECT_EQ(ask("Boolean", "@include(if: $v)"), misused(39, "Boolean", "if", "Boolean!"));
  EXPECT_EQ(ask("Boolean = null", "@include(if: $v)"), misused(46, "Boolean", "if", "Boolean!"));
  EXPECT_EQ(ask("Boolean = true", "@include(if: $v)"), R"({"id":"example"})");
  EXPECT_EQ(ask("Boolean!", "@skip(if: $v)", R"({"v":true})"), "{}");
  EXPECT_EQ(ask("String", "ObservationList(_reference: $v) { id }"), misused(53, "String", "_reference", "String!"));
  // Another type; a list, and one value; what may be null in a list.
  EXPECT_EQ(ask("Int", "name(fhirpath: $v) { use }"), misused(37, "Int", "fhirpath", "String"));
  EXPECT_EQ(ask("code", "name(use: $v) { use }"), misused(33, "code", "use", "[code]"));
  EXPECT_EQ(ask("[code]", "name(fhirpath: $v) { use }"), misused(40, "[code]", "fhirpath", "String"));
  EXPECT_EQ(ask("[[code]]", "name(use: $v) { use }"), misused(37, "[[code]]", "use", "[code]"));
  EXPECT_EQ(ask("[code!]!", "name(use: $v) { use }", R"({"v":["usual"]})"),
            R"({"id":"example","name":[{"use":"usual"}]})");
  // Within a list it stands for an item.
  EXPECT_EQ(ask("code", "name(use: [usual, $v]) { use }", R"({"v":"old"})"),
            R"({"id":"example","name":[{"use":"usual"}]})");
  EXPECT_EQ(ask("[code]", "name(use: [usual, $v]) { use }"), misused(43, "[code]", "use", "code"));
  // Arguments that introspection does not list, directives, what is left out.
  EXPECT_EQ(ask("[ID]", "ObservationList(_reference: subject, _id: $v) { id }"),
            misused(65, "[ID]", "_id", "[String]"));
  EXPECT_EQ(ask("Int", "name @slice(path: $v) { use }"), misused(40, "Int", "path", "String"));
  EXPECT_EQ(ask("Int", "name @skip(if: true) { given @skip(if: $v) }"), misused(61, "Int", "if", "Boolean!"));
  EXPECT_EQ(
      ask("Int!", "managingOrganization { resource { id @skip(if: $v) ... on Organization { name } } }", R"({"v":1})"),
      misused(70, "Int!", "if", "Boolean!"))
      << "once";
}

TEST(Binder, TellsWhichArgumentASearchRefuses) {
  World world;
  EXPECT_EQ(world.ask("{ PatientList(_id: q, two_words: refused, _count: 2) { id } }"), "1:23: Refused: two-words");
  EXPECT_EQ(world.ask("{ PatientList(_sort: refused, _id: refused) { id } }"),
            "1:15: Refused: _sort\n1:31: Refused: _id");
}

TEST(Binder, ChecksWhatIsLeftOut) {
  World world;
  EXPECT_EQ(world.of_patient("{ id @skip(if: true) nonsense @skip(if: true) }"),
            "1:22: Patient has no field 'nonsense'.");
  EXPECT_EQ(world.of_patient("{ id ... @include(if: false) { name { x } } ...F @skip(if: true) } "
                             "fragment F on Patient { contact { y } }"),
            "1:39: HumanName has no field 'x'.\n1:102: PatientContact has no field 'y'.");
  EXPECT_EQ(world.of_patient("query ($v: Boolean!) { id ... @skip(if: $v) { active } }", R"({"v":true})"),
            R"({"id":"example"})");
}

}  // namespace
}  // namespace vesta::graphql
