// The random resources of every type are read without an issue, extracted without an error, and are worth a search.
#include "search/random_resource.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <set>
#include <vector>

#include "search/extract.h"
#include "search/matcher.h"
#include "search/plan_text.h"
#include "search/random_plan.h"
#include "search/test_support.h"

namespace vesta::search::testing {
namespace {

TEST(RandomResource, EveryTypeIsReadAndExtracted) {
  Dice dice(seed_from("VESTA_PROPERTY_SEED"));
  RandomPool pool;
  for (const fhir::Type& each : fhir::r4().types()) {
    if (const auto id = fhir::r4().find_resource_type(each.name)) pool.types.push_back(*id);
  }
  ASSERT_GT(pool.types.size(), 140u);
  RandomResource resources(fhir::r4(), pool, dice);
  std::set<ParameterId> met;
  for (const fhir::TypeId type : pool.types) {
    for (int i = 0; i < 10; ++i) {
      const std::string json = resources.json(type, RandomPool::id(i));
      const Extracted extracted(json);
      ASSERT_FALSE(extracted.error.has_value())
          << extracted.error->message
          << (extracted.error->issues.empty()
                  ? ""
                  : extracted.error->issues.front().expression + ": " + extracted.error->issues.front().diagnostics)
          << "\n"
          << json;
      for (const auto& value : extracted.values.tokens) met.insert(value.parameter);
      for (const auto& value : extracted.values.strings) met.insert(value.parameter);
      for (const auto& value : extracted.values.references) met.insert(value.parameter);
      for (const auto& value : extracted.values.dates) met.insert(value.parameter);
      for (const auto& value : extracted.values.numbers) met.insert(value.parameter);
      for (const auto& value : extracted.values.quantities) met.insert(value.parameter);
      for (const auto& value : extracted.values.uris) met.insert(value.parameter);
      for (const auto& value : extracted.values.composites) met.insert(value.parameter);
      for (const auto& value : extracted.values.positions) met.insert(value.parameter);
    }
  }
  std::size_t drawable = 0;
  for (ParameterId id = 0; id < registry().parameter_count(); ++id) {
    drawable += RandomPlan::is_drawable(registry().parameter(id)) ? 1 : 0;
  }
  std::printf("%zu of %zu parameters met\n", met.size(), drawable);
  EXPECT_GT(met.size() * 10, drawable * 7) << "most parameters find something";
}

// Extraction leaves an expression out where a resource has none of the elements that it begins with.
TEST(RandomResource, WhatYieldsSomethingBeginsWithAnElementThatIsThere) {
  Dice dice(seed_from("VESTA_PROPERTY_SEED"));
  RandomPool pool;
  for (const fhir::Type& each : fhir::r4().types()) {
    if (const auto id = fhir::r4().find_resource_type(each.name)) pool.types.push_back(*id);
  }
  RandomResource resources(fhir::r4(), pool, dice);
  std::size_t yielding = 0;
  const auto check = [&](const fhirpath::Program& program, const Extracted& extracted) {
    const auto names = program.first_names();
    if (!names) return;
    fhir::Arena arena;
    fhirpath::Collection items;
    const Status status = program.evaluate(*extracted.root, arena, items);
    if (status.ok() && items.empty()) return;
    ++yielding;
    bool is_there = false;
    for (const fhir::Node& child : extracted.root->children()) {
      is_there = is_there || std::ranges::find(*names, child.name) != names->end();
    }
    EXPECT_TRUE(is_there) << extracted.text;
  };
  for (const fhir::TypeId type : pool.types) {
    for (int i = 0; i < 5; ++i) {
      const Extracted extracted(resources.json(type, RandomPool::id(i)));
      ASSERT_FALSE(extracted.error.has_value());
      for (const ExtractionStep* step : registry().steps_of(type)) check(*step->program, extracted);
      for (const CompositeStep* step : registry().composite_steps_of(type)) check(*step->program, extracted);
    }
  }
  EXPECT_GT(yielding, 1000u);
}

// No resource but those that stand in another one.
class Alone final : public Surroundings {
 public:
  const Subject* find(fhir::TypeId, std::string_view) const override { return nullptr; }
  void each(fhir::TypeId, const std::function<bool(const Subject&)>&) const override {}
  const Registry& registry() const override { return testing::registry(); }
  std::string_view base_url() const override { return RandomPool::kBaseUrl; }
};

TEST(RandomResource, WhatIsExtractedForAPlanDecidesIt) {
  Dice dice(seed_from("VESTA_PROPERTY_SEED"));
  const RandomPool pool{{type("Patient"), type("Observation"), type("Encounter"), type("Questionnaire"),
                         type("MedicationRequest"), type("Location"), type("RiskAssessment"), type("ValueSet")}};
  RandomResource resources(fhir::r4(), pool, dice);
  RandomPlan plans(registry(), pool, dice);
  std::vector<std::unique_ptr<Extracted>> all;
  for (int i = 0; i < 200; ++i) {
    const fhir::TypeId type = dice.pick(pool.types);
    all.push_back(std::make_unique<Extracted>(resources.json(type, RandomPool::id(i))));
    ASSERT_FALSE(all.back()->error.has_value());
    plans.learn(all.back()->values);
  }
  const Alone alone;
  std::size_t seen = 0, values = 0, needed = 0;
  for (std::uint64_t i = 0; i < 20'000 / kSlowness; ++i) {
    const Extracted& each = *dice.pick(all);
    const fhir::TypeId type = each.root->type;
    const Plan plan = plans.plan(type, dice.below(RandomPlan::kMaxDepth));
    fhir::Arena arena;
    const auto some = extract_for(registry(), plan, *each.root, arena);
    ASSERT_TRUE(some.ok());
    const bool is_seen = matches(plan, {type, "a", {}, &each.values}, &alone);
    EXPECT_EQ(matches(plan, {type, "a", {}, &*some}, &alone), is_seen) << to_text(plan, registry()) << each.text;
    seen += is_seen ? 1 : 0;
    values += each.values.size();
    needed += some->size();
  }
  EXPECT_GT(seen, 2'000u / kSlowness);
  EXPECT_LT(needed * 3, values);
}

// Found by random resources: https://hl7.org/fhir/R4/datatypes.html#Range, rng-2.
TEST(RandomResource, InvertedRangesAreNotIndexed) {
  const auto ranges = [](const std::string& low, const std::string& high) {
    const Extracted risk(R"({"resourceType":"RiskAssessment","status":"final","subject":{"reference":"Patient/p"},)"
                         R"("prediction":[{"probabilityRange":{"low":{"value":)" +
                         low + R"(},"high":{"value":)" + high + "}}}]}");
    const Extracted condition(R"({"resourceType":"Condition","subject":{"reference":"Patient/p"},)"
                              R"("abatementRange":{"low":{"value":)" +
                              low + R"(},"high":{"value":)" + high + "}}}");
    EXPECT_FALSE(risk.error || condition.error);
    return risk.values.numbers.size() + condition.values.quantities.size();
  };
  EXPECT_EQ(ranges("1", "2"), 3u) << "a number, its precision, a quantity";
  EXPECT_EQ(ranges("2", "2.0"), 3u);
  EXPECT_EQ(ranges("2.1", "2"), 0u);
}

TEST(RandomResource, TheSameSeedGivesTheSameResources) {
  const RandomPool pool{{type("Patient"), type("Observation")}};
  Dice one(7), two(7), other(8);
  RandomResource first(fhir::r4(), pool, one), second(fhir::r4(), pool, two), third(fhir::r4(), pool, other);
  const std::string json = first.json(type("Patient"), "p");
  EXPECT_EQ(json, second.json(type("Patient"), "p"));
  EXPECT_NE(json, third.json(type("Patient"), "p"));
}

TEST(RandomResource, StaysWithinItsLimits) {
  const RandomPool pool{{type("Patient")}};
  Dice dice(1);
  RandomResource::Limits limits;
  limits.primitive_percent = 0;
  limits.complex_percent = 0;
  RandomResource bare(fhir::r4(), pool, dice, limits);
  EXPECT_EQ(bare.json(type("Patient"), "p"), R"({"resourceType":"Patient","id":"p"})") << "nothing is required";
  const Extracted required(bare.json(type("Observation"), "o"));
  EXPECT_FALSE(required.error.has_value()) << "what is required is there";
  limits.primitive_percent = 100;
  limits.complex_percent = 100;
  limits.max_elements = 50;
  RandomResource full(fhir::r4(), pool, dice, limits);
  for (int i = 0; i < 50; ++i) EXPECT_LT(full.json(type("Patient"), "p").size(), 20'000u);
}

}  // namespace
}  // namespace vesta::search::testing
