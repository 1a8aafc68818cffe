// Both sides of the limits of a request; those of documents stand beside the lexer and the parser.
#include "graphql/limits.h"

#include <gtest/gtest.h>

#include "graphql/test_support.h"

namespace vesta::graphql {
namespace {

using testing::World;

// "a0: WHAT a1: WHAT …"
std::string aliases(std::size_t count, std::string_view what) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += "a" + std::to_string(i) + ": " + std::string(what) + " ";
  return text;
}

std::string repeated(std::size_t count, std::string_view item) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += (i > 0 ? "," : "") + std::string(item);
  return text;
}

std::string over(std::size_t limit, std::string_view what, std::string_view name) {
  return "More than " + std::to_string(limit) + " " + std::string(what) + " (" + std::string(name) + ").";
}

// Whether a request ended so: with the place in the document and in the answer where it was.
bool ended(const std::string& answer, std::string_view place, const std::string& problem) {
  return answer.starts_with("1:") && answer.ends_with(": " + std::string(place) + ": " + problem) &&
         answer.find('\n') == std::string::npos;
}

TEST(Limits, OfArgumentValues) {
  World world;
  const auto ask = [&](std::size_t count) {
    return world.of_patient("{ name(use: [" + repeated(count, "usual") + "]) { use } }");
  };
  EXPECT_EQ(ask(kMaxArgumentValues), R"({"name":[{"use":"usual"}]})");
  EXPECT_EQ(ask(kMaxArgumentValues + 1), "1:8: " + over(500, "values of one argument", "kMaxArgumentValues"));
}

TEST(Limits, OfVariables) {
  World world;
  const std::string value = R"({"v":"q"})";
  const std::string query = "query ($v: ID!) { Patient(id: $v) { id } }";
  EXPECT_EQ(world.ask(query, value + std::string(kMaxVariablesBytes - value.size(), ' ')), R"({"Patient":{"id":"q"}})");
  EXPECT_TRUE(world.ask(query, value + std::string(kMaxVariablesBytes, ' '))
                  .starts_with(over(kMaxVariablesBytes, "bytes of variables", "kMaxVariablesBytes")));
}

// A selection that is asked of whatever a reference leads to counts once for each type that fragments name beside it.
TEST(Limits, OfPlannedSelections) {
  World world;
  const auto ask = [&](std::size_t types) {
    std::string text = "{ subject { resource { " + aliases(1'900, "id");
    std::size_t named = 0;
    for (const fhir::Type& type : fhir::r4().types()) {
      if (type.kind != fhir::TypeKind::resource || type.is_abstract || named == types) continue;
      ++named;
      text += "... on " + std::string(type.name) + " { resourceType } ";
    }
    return world.of_observation(text + "} } }");
  };
  EXPECT_TRUE(ask(23).starts_with(R"({"subject":{"resource":{"a0":"example",)"));
  EXPECT_TRUE(
      ask(26).ends_with(over(kMaxPlannedSelections, "selections, counted once for each type that they are asked of",
                             "kMaxPlannedSelections")));
}

// Types within types within types: what is asked of all of them is looked at as often as the limit allows.
TEST(Limits, OfPlannedSelectionsHoldForNestedReferences) {
  World world;
  std::string types;
  for (const fhir::Type& type : fhir::r4().types()) {
    const bool is_resource = type.kind == fhir::TypeKind::resource && !type.is_abstract;
    if (is_resource) types += "... on " + std::string(type.name) + " { id } ";
  }
  std::string text =
      types + "subject { resource { " + types + "subject { resource { " + types + "lensSpecification { id } } } } }";
  EXPECT_NE(world.of_observation("{ subject { resource { " + text + " } } }").find("kMaxPlannedSelections"),
            std::string::npos);
}

TEST(Limits, OfReads) {
  for (const std::size_t count : {kMaxReads, kMaxReads + 1}) {
    World world;
    const fhir::Node* const root =
        world.source.add(R"({"resourceType":"Observation","id":"x","status":"final","code":{"text":"x"},"focus":[)" +
                         repeated(count, R"({"reference":"Organization/1"})") + "]}");
    const std::string answer = world.run(root, "{ focus { resource { id } } }");
    const std::string problem = over(kMaxReads, "resources that are read one by one", "kMaxReads");
    EXPECT_EQ(answer == "1:11: focus.2000.resource: " + problem, count > kMaxReads);
    EXPECT_EQ(world.source.reads(), kMaxReads);
  }
  World world;
  EXPECT_TRUE(world.ask("{ " + aliases(900, "Patient(id: q) { id }") + "}").starts_with(R"({"a0":{"id":"q"})"));
}

TEST(Limits, OfSearches) {
  World world;
  EXPECT_TRUE(world.ask("{" + aliases(kMaxSearches, "GroupList { id }") + "}").ends_with(R"("a199":[]})"));
  EXPECT_EQ(world.ask("{" + aliases(kMaxSearches + 1, "GroupList { id }") + "}"),
            "1:4492: a200: " + over(kMaxSearches, "searches", "kMaxSearches"));
}

TEST(Limits, OfNodes) {
  World world;
  constexpr std::size_t kFields = kMaxFields - 1;
  constexpr std::size_t kResources = kMaxNodes / (kFields + 1);
  for (std::size_t i = 0; i < kResources; ++i)
    world.source.add(R"({"resourceType":"Group","id":"g","type":"person","actual":true})");
  const std::string query = "{ GroupList { " + aliases(kFields, "id") + "} }";
  EXPECT_TRUE(world.ask(query).starts_with(R"({"GroupList":[{"a0":"g",)"));
  world.source.add(R"({"resourceType":"Group","id":"g","type":"person","actual":true})");
  EXPECT_TRUE(ended(world.ask(query), "GroupList.500", over(kMaxNodes, "values in the answer", "kMaxNodes")));
}

TEST(Limits, OfOutput) {
  World world;
  constexpr std::size_t kBytes = 1 << 20;
  world.source.add(R"({"resourceType":"Group","id":"g","type":"person","actual":true,"name":")" +
                   std::string(kBytes, 'x') + R"("})");
  const std::size_t fitting = kMaxOutputBytes / kBytes - 1;
  EXPECT_GT(world.ask("{ Group(id: g) { " + aliases(fitting, "name") + "} }").size(), fitting * kBytes);
  const std::string too_much = over(kMaxOutputBytes, "bytes in the answer", "kMaxOutputBytes");
  EXPECT_TRUE(ended(world.ask("{ Group(id: g) { " + aliases(fitting + 1, "name") + "} }"), "Group.a31", too_much));
  // What is reshaped counts as well.
  EXPECT_TRUE(
      ended(world.ask("{ Group(id: g) @flatten { " + aliases(fitting + 1, "name") + "} }"), "Group.a31", too_much));
}

TEST(Limits, OfVisits) {
  World world;
  constexpr std::size_t kNames = 10'000;
  const std::size_t fitting = kMaxVisits / (kNames * (kMaxFields - 1));
  const std::string patient = R"({"resourceType":"Person","name":[)" + repeated(kNames, R"({"use":"usual"})") + "]}";
  for (std::size_t i = 0; i < fitting; ++i) world.source.add(patient);
  const std::string query = "{ PersonList { " + aliases(kMaxFields - 1, "active") + "} }";
  EXPECT_TRUE(world.ask(query).starts_with(R"({"PersonList":[{})"));
  world.source.add(patient);
  EXPECT_TRUE(
      ended(world.ask(query), "PersonList.2.a1001", over(kMaxVisits, "elements that are looked at", "kMaxVisits")));
}

// What is contained and its `id` count as often as a reference leads there.
TEST(Limits, OfVisitsHoldForWhatIsContained) {
  World world;
  constexpr std::size_t kReferences = kMaxFields / 2 - 1;
  constexpr std::size_t kFitting = kMaxVisits / (2 * kReferences);
  const auto ask = [&](std::size_t contained) {
    const fhir::Node* const root =
        world.source.add(R"({"resourceType":"Observation","status":"final","code":{"text":"x"},"contained":[)" +
                         repeated(contained - 1, R"({"resourceType":"Patient","id":"x"})") +
                         R"(,{"resourceType":"Patient","id":"p"}],"subject":{"reference":"#p"}})");
    return world.run(root, "{ subject { " + aliases(kReferences, "resource { id }") + "} }");
  };
  EXPECT_TRUE(ask(kFitting - 100).starts_with(R"({"subject":{"a0":{"id":"p"},)"));
  EXPECT_TRUE(ended(ask(kFitting + 1), "subject.a998", over(kMaxVisits, "elements that are looked at", "kMaxVisits")));
}

// A field counts where it yields nothing, and the text of its reference.
TEST(Limits, OfVisitsHoldForFieldsWithoutValues) {
  World world;
  constexpr std::size_t kAbsent = kMaxFields / 2 - 1;
  constexpr std::size_t kFitting = kMaxVisits / (kAbsent * (1 + std::string_view("Patient/1").size()));
  const auto ask = [&](std::size_t references) {
    const fhir::Node* const root =
        world.source.add(R"({"resourceType":"Observation","status":"final","code":{"text":"x"},"performer":[)" +
                         repeated(references, R"({"reference":"Patient/1"})") + "]}");
    return world.run(root, "{ performer { " + aliases(kAbsent, "resource(type: Group) { id }") + "} }");
  };
  EXPECT_TRUE(ask(kFitting - 100).starts_with(R"({"performer":[{},)"));
  EXPECT_TRUE(
      ended(ask(kFitting + 1), "performer.5004.a504", over(kMaxVisits, "elements that are looked at", "kMaxVisits")));
}

// Each value that an element is compared with counts as one more.
TEST(Limits, OfVisitsHoldForFilters) {
  World world;
  world.source.add(R"({"resourceType":"Person","id":"p","name":[)" + repeated(10'000, R"({"use":"usual"})") + "]}");
  const auto ask = [&](std::size_t fields) {
    return world.ask("{ Person(id: p) { " +
                     aliases(fields, "name(use: [" + repeated(kMaxArgumentValues, "old") + "]) { use }") + "} }");
  };
  EXPECT_EQ(ask(9), R"({"Person":{}})");
  EXPECT_TRUE(ended(ask(10), "Person.a9", over(kMaxVisits, "elements that are looked at", "kMaxVisits")));
}

TEST(Limits, OfFhirpathSteps) {
  World world;
  world.source.add(R"({"resourceType":"Person","id":"p","name":[)" + repeated(1'000, R"({"use":"usual"})") + "]}");
  const auto ask = [&](std::size_t count) {
    return world.ask("{ Person(id: p) { " +
                     aliases(count, R"q(name(fhirpath: "%resource.name.use.count() > 1000") { use })q") + "} }");
  };
  EXPECT_EQ(ask(1), R"({"Person":{}})");
  EXPECT_TRUE(ended(ask(10), "Person.a1", over(kMaxFhirpathSteps, "steps of FHIRPath", "kMaxFhirpathSteps")));
}

TEST(Limits, OfNamesOfSlices) {
  World world;
  const auto ask = [&](std::size_t bytes) {
    const fhir::Node* const root = world.source.add(R"({"resourceType":"Patient","id":"s","name":[{"text":")" +
                                                    std::string(bytes, 'x') + R"(","family":"F"}]})");
    return world.run(root, R"({ id name @flatten @slice(path: "text") { family } })");
  };
  EXPECT_EQ(ask(kMaxSliceBytes), R"({"id":"s","family.)" + std::string(kMaxSliceBytes, 'x') + R"(":["F"]})");
  EXPECT_EQ(ask(kMaxSliceBytes + 1), R"({"id":"s","name":null})"
                                     "\n1:6: name.0: " +
                                         over(kMaxSliceBytes, "bytes in a name that '@slice' makes", "kMaxSliceBytes"));
}

TEST(Limits, OfReportedProblems) {
  World world;
  const fhir::Node* const root =
      world.source.add(R"({"resourceType":"Observation","id":"x","status":"final","code":{"text":"x"},"focus":[)" +
                       repeated(kMaxProblems + 1, R"({"display":"nobody"})") + "]}");
  const Answer answer = testing::answer("{ focus { resource { id } } }", {{}, {}, root}, world.source);
  EXPECT_EQ(answer.problems.size(), kMaxProblems);
  EXPECT_EQ(answer.data, R"({"focus":[)" + repeated(kMaxProblems + 1, R"({"resource":null})") + "]}");
}

}  // namespace
}  // namespace vesta::graphql
