// What the schema says of itself. https://spec.graphql.org/October2021/#sec-Introspection
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "graphql/schema.h"
#include "graphql/test_support.h"

namespace vesta::graphql {
namespace {

using testing::World;

TEST(Introspection, TellsTheRoot) {
  World world;
  EXPECT_EQ(world.ask("{ __schema { __typename queryType { name } mutationType { name } description } }"),
            R"({"__schema":{"__typename":"__Schema","queryType":{"name":"Query"},"mutationType":null,)"
            R"("description":null}})");
  EXPECT_EQ(world.of_patient("{ __schema { queryType { name kind } } }"),
            R"({"__schema":{"queryType":{"name":"Patient","kind":"OBJECT"}}})");
}

TEST(Introspection, TellsTypes) {
  World world;
  EXPECT_EQ(world.ask(R"({ __type(name: "date") { kind name fields { name } ofType { name } specifiedByURL } })"),
            R"({"__type":{"kind":"SCALAR","name":"date","fields":null,"ofType":null,"specifiedByURL":null}})");
  EXPECT_EQ(world.ask(R"({ __type(name: "Nonsense") { name } })"), R"({"__type":null})");
  EXPECT_EQ(
      world.ask(R"({ __type(name: "__TypeKind") { kind enumValues(includeDeprecated: true) { name isDeprecated } } })")
          .substr(0, 78),
      R"({"__type":{"kind":"ENUM","enumValues":[{"name":"SCALAR","isDeprecated":false},)");
  EXPECT_EQ(world.ask(R"({ __type(name: "Annotation") { interfaces { name } )"
                      "fields { name type { kind name ofType { name } } } } }"),
            R"({"__type":{"interfaces":[],"fields":[)"
            R"({"name":"id","type":{"kind":"SCALAR","name":"String","ofType":null}},)"
            R"({"name":"_id","type":{"kind":"OBJECT","name":"ElementBase","ofType":null}},)"
            R"({"name":"extension","type":{"kind":"LIST","name":null,"ofType":{"name":"Extension"}}},)"
            R"({"name":"authorReference","type":{"kind":"OBJECT","name":"Reference","ofType":null}},)"
            R"({"name":"authorString","type":{"kind":"SCALAR","name":"String","ofType":null}},)"
            R"({"name":"_authorString","type":{"kind":"OBJECT","name":"ElementBase","ofType":null}},)"
            R"({"name":"time","type":{"kind":"SCALAR","name":"dateTime","ofType":null}},)"
            R"({"name":"_time","type":{"kind":"OBJECT","name":"ElementBase","ofType":null}},)"
            R"({"name":"text","type":{"kind":"SCALAR","name":"markdown","ofType":null}},)"
            R"({"name":"_text","type":{"kind":"OBJECT","name":"ElementBase","ofType":null}}]}})");
}

TEST(Introspection, TellsInterfacesArgumentsAndDirectives) {
  World world;
  const std::string resource = world.ask(R"({ __type(name: "Resource") { kind possibleTypes { name } } })");
  EXPECT_EQ(resource.substr(0, 77), R"({"__type":{"kind":"INTERFACE","possibleTypes":[{"name":"AccessPolicy"},{"name)");
  EXPECT_EQ(world.ask(R"({ __type(name: "Patient") { interfaces { name kind } } })"),
            R"({"__type":{"interfaces":[{"name":"Resource","kind":"INTERFACE"}]}})");
  const std::string query = world.ask(
      R"({ __type(name: "Query") { fields { name args { name type { name ofType { name } } defaultValue } } } })");
  EXPECT_NE(query.find(R"({"name":"Patient","args":[{"name":"id","type":{"name":null,"ofType":{"name":"ID"}},)"
                       R"("defaultValue":null}]})"),
            std::string::npos);
  EXPECT_NE(query.find(R"({"name":"ObservationConnection","args":[{"name":"_cursor",)"), std::string::npos);
  EXPECT_TRUE(
      world.ask("{ __schema { directives { name locations isRepeatable args { name type { kind } } } } }")
          .starts_with(
              R"({"__schema":{"directives":[{"name":"skip","locations":["FIELD","FRAGMENT_SPREAD","INLINE_FRAGMENT"],)"
              R"("isRepeatable":false,"args":[{"name":"if","type":{"kind":"NON_NULL"}}]},)"));
}

TEST(Introspection, IsCheckedAsEverythingIs) {
  World world;
  EXPECT_EQ(world.ask("{ __schema { types { nonsense } } __type { name } }"),
            "1:22: __Type has no field 'nonsense'.\n1:35: '__type' needs the argument 'name'.");
  EXPECT_EQ(world.ask("{ __schema { types { name(includeDeprecated: true) } } }"),
            "1:27: 'name' of __Type has no argument 'includeDeprecated': primitive fields have none.");
  EXPECT_EQ(world.ask("{ Patient(id: q) { __schema { description } } }"), "1:20: Patient has no field '__schema'.");
}

// Every type that a field or an argument names is there, and every field that is listed can be asked for.
TEST(Introspection, IsWhole) {
  World world;
  Schema schema(fhir::r4(), fhir::kNoType, world.source);
  std::size_t fields = 0;
  for (const Shape& shape : schema.shapes()) {
    const std::string name = schema.name_of(shape);
    EXPECT_EQ(schema.find(name)->kind, shape.kind) << name;
    if (shape.is_leaf()) continue;
    EXPECT_FALSE(schema.fields_of(shape).empty()) << name;
    std::set<std::string> names;
    for (const Field& field : schema.fields_of(shape)) {
      ++fields;
      EXPECT_TRUE(names.insert(field.name).second) << name << "." << field.name;
      EXPECT_TRUE(schema.find_field(shape, field.name)) << name << "." << field.name;
      EXPECT_TRUE(schema.find(schema.name_of(field.shape))) << name << "." << field.name;
    }
  }
  EXPECT_GT(fields, 10'000u);
}

}  // namespace
}  // namespace vesta::graphql
