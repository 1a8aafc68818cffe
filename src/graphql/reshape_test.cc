// @flatten, @first, @singleton and @slice: the examples of https://hl7.org/fhir/R4/graphql.html#flattening
#include <gtest/gtest.h>

#include "graphql/test_support.h"

namespace vesta::graphql {
namespace {

using testing::World;

TEST(Reshaping, Flattens) {
  World world;
  EXPECT_EQ(world.of_patient("{ identifier @flatten { system value } active name @flatten { text given family } }"),
            R"({"system":["urn:oid:1.2.36.146.595.217.0.1"],"value":["12345"],"active":true,)"
            R"("given":["Peter","James","Jim","Peter","James"],"family":["Chalmers","Windsor"]})");
  EXPECT_EQ(world.of_patient("{ contact @flatten { name @flatten { family } } }"), R"({"family":["du Marché"]})");
  EXPECT_EQ(world.of_observation("{ id valueQuantity @flatten { value unit } }"),
            R"({"id":"o1","value":185.50,"unit":"lbs"})");
}

TEST(Reshaping, TakesTheFirstOfTheSource) {
  World world;
  EXPECT_EQ(world.of_patient("{ name @flatten { text given @first family } }"),
            R"({"given":["Peter","Jim","Peter"],"family":["Chalmers","Windsor"]})");
  EXPECT_EQ(world.of_patient("{ name @first { use } }"), R"({"name":[{"use":"official"}]})");
}

TEST(Reshaping, MakesSingletons) {
  World world;
  EXPECT_EQ(world.of_patient("{ identifier @flatten { system @singleton value @singleton } active "
                             "name @flatten @first { text given family @singleton } }"),
            R"({"system":"urn:oid:1.2.36.146.595.217.0.1","value":"12345","active":true,"given":["Peter","James"],)"
            R"("family":"Chalmers"})");
  EXPECT_EQ(world.of_patient("{ id name @flatten { family @singleton } }"),
            R"({"id":"example","family":null})"
            "\n1:22: name.2.family: 'family' is to be one value, and there are several.");
}

TEST(Reshaping, MakesSingletonsOfWhatIsFlattened) {
  World world;
  EXPECT_EQ(world.of_patient("{ identifier @flatten @singleton { system } }"),
            R"({"system":"urn:oid:1.2.36.146.595.217.0.1"})");
  EXPECT_EQ(world.of_patient("{ id name @flatten @singleton { family } }"),
            R"({"id":"example","name":null})"
            "\n1:6: name: 'name' is to be one value, and there are several.");
}

TEST(Reshaping, Slices) {
  World world;
  const std::string by_index =
      R"({"given.0":["Peter","James"],"family.0":"Chalmers","given.1":["Jim"],"given.2":["Peter","James"],)"
      R"("family.2":"Windsor"})";
  EXPECT_EQ(world.of_patient(R"({ name @flatten @slice(path: "use") { given family @singleton } })"),
            R"({"given.official":["Peter","James"],"family.official":"Chalmers","given.usual":["Jim"],)"
            R"("given.maiden":["Peter","James"],"family.maiden":"Windsor"})");
  EXPECT_EQ(world.of_patient(R"({ name @flatten @slice(path: "$index") { given family @singleton } })"), by_index);
  EXPECT_EQ(world.of_patient(R"({ name @flatten @slice(fhirpath: "$index") { given family @singleton } })"), by_index);
  EXPECT_EQ(world.of_patient(R"({ name(use: usual) @slice(path: "use") { given @slice(path: "$index") } })"),
            R"({"name.usual":[{"given.0":["Jim"]}]})");
  EXPECT_EQ(world.of_patient(R"({ name @slice(path: "$index") @flatten { given @slice(path: "$index") } })"),
            R"({"given.0.0":["Peter"],"given.0.1":["James"],"given.1.0":["Jim"],"given.2.0":["Peter"],)"
            R"("given.2.1":["James"]})");
}

TEST(Reshaping, HoldsSearchesAndReferences) {
  World world;
  EXPECT_EQ(world.ask("{ ObservationList @flatten { id subject @flatten { resource @flatten { birthDate } } } }"),
            R"({"id":["o1","o2"],"birthDate":["1974-12-25","1974-12-25"]})");
  EXPECT_EQ(world.ask("{ Patient(id: example) @flatten { id } GroupList { id } }"),
            R"({"id":"example","GroupList":[]})");
}

TEST(Reshaping, RefusesValuesOfDifferentTypesInOnePlace) {
  World world;
  EXPECT_EQ(world.of_patient("{ name @flatten { value: family } identifier @flatten { value: period { start } } }"),
            R"({"value":["Chalmers","Windsor"]})");
  EXPECT_EQ(world.of_patient("{ identifier @flatten { x: value } contact @flatten { x: telecom { value } } }"),
            R"({"x":null})"
            "\n1:55: contact.0.x.0: 'x' would hold values of different types.");
}

TEST(Reshaping, IsCheckedBeforeAnythingRuns) {
  World world;
  EXPECT_EQ(world.of_patient("{ id @flatten }"), "1:6: '@flatten' is for fields that have fields; 'id' has none.");
  EXPECT_EQ(world.of_patient(R"({ name @slice(path: "nonsense") { use } })").substr(0, 27),
            "1:21: FHIRPath 'nonsense': ");
  EXPECT_EQ(world.of_patient("{ name @slice { use } }"), "1:8: '@slice' needs the argument 'path'.");
  EXPECT_EQ(world.ask("{ __schema @flatten { types { name } } }"), "1:12: '@flatten' is for what FHIR defines.");
}

}  // namespace
}  // namespace vesta::graphql
