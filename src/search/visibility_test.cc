// Restricted queries, on random resources: what is hidden changes nothing, as if it were not there.
#include "search/visibility.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <vector>

#include "search/matcher.h"
#include "search/plan_text.h"
#include "search/query_test_support.h"
#include "search/random_plan.h"
#include "search/random_resource.h"
#include "search/test_support.h"
#include "search/world_test_support.h"

namespace vesta::search {
namespace {

using testing::Dice;
using testing::Extracted;
using testing::RandomPlan;
using testing::RandomPool;
using testing::RandomResource;
using testing::World;

// What is left of the world for somebody.
World as_seen(const World& world, const Visibility& visible) {
  World seen;
  for (const auto& [type, all] : world.subjects) {
    for (const auto& [id, subject] : all) {
      if (matches(visible.guard(type), subject, &world)) seen.subjects[type].emplace(id, subject);
    }
  }
  return seen;
}

Result<Query> restricted(Query query, const Visibility& visible) {
  VESTA_CHECK_OK(restrict_parts(testing::registry(), visible, query));
  add_guard(visible, query);
  return query;
}

class VisibilityTest : public ::testing::Test {
 protected:
  VisibilityTest()
      : seed_(testing::seed_from("VESTA_PROPERTY_SEED")),
        dice_(seed_),
        resources_(fhir::r4(), pool_, dice_),
        plans_(testing::registry(), pool_, dice_) {
    for (int i = 0; i < kResources; ++i) {
      const fhir::TypeId type = dice_.pick(pool_.types);
      const std::string id = pool_.any_id(dice_);
      if (world_.find(type, id) != nullptr) continue;
      auto made = std::make_unique<Extracted>(resources_.json(type, id));
      CHECK(!made->error);
      plans_.learn(made->values);
      const auto at = world_.subjects[type].emplace(id, Subject{}).first;
      at->second = {type, at->first, Instant{1'500'000'000'000'000}, &made->values};
      extracted_.push_back(std::move(made));
    }
  }

  static RandomPool make_pool() {
    RandomPool pool;
    for (const char* name : {"Condition", "Encounter", "Observation", "Organization", "Patient", "Practitioner",
                             "Questionnaire", "QuestionnaireResponse"}) {
      pool.types.push_back(testing::type(name));
    }
    return pool;
  }

  // Of some types all, of some nothing, of most what a plan says.
  Visibility any_visibility() {
    Visibility visible = Visibility::nothing();
    for (const fhir::TypeId type : pool_.types) {
      if (dice_.chance(10)) continue;
      visible.add(type, dice_.chance(20) ? Plan::make_all() : plans_.plan(type, RandomPlan::kMaxDepth - 1));
      if (dice_.chance(20)) visible.narrow(type, plans_.plan(type, RandomPlan::kMaxDepth));
    }
    return visible;
  }

  static constexpr int kResources = 160;
  const std::uint64_t seed_;
  const RandomPool pool_ = make_pool();
  Dice dice_;
  RandomResource resources_;
  RandomPlan plans_;
  std::vector<std::unique_ptr<Extracted>> extracted_;
  World world_;
};

TEST_F(VisibilityTest, WhatIsHiddenChangesNothing) {
  int hidden = 0, found = 0, whole_ones = 0;
  for (int round = 0; round < 40; ++round) {
    const Visibility visible = any_visibility();
    const World seen = as_seen(world_, visible);
    for (int i = 0; i < 60; ++i) {
      const Query query = plans_.query(dice_.pick(pool_.types));
      const auto narrowed = restricted(query, visible);
      ASSERT_TRUE(narrowed.ok());
      Query whole = query;
      add_guard(visible, whole);
      const bool is_whole = !has_parts_to_restrict(visible, query);
      whole_ones += is_whole ? 1 : 0;
      SCOPED_TRACE("seed " + std::to_string(seed_) + ": " + to_text(query.plan, testing::registry()) + " becomes " +
                   to_text(narrowed->plan, testing::registry()));
      for (const auto& [id, subject] : world_.subjects[query.type]) {
        const bool is_seen = seen.find(query.type, id) != nullptr;
        const bool expected = is_seen && matches(query.plan, subject, &seen);
        ASSERT_EQ(matches(narrowed->plan, subject, &world_), expected) << id;
        ASSERT_TRUE(!is_whole || matches(whole.plan, subject, &world_) == expected) << id << " by the guard alone";
        hidden += is_seen ? 0 : 1;
        found += expected ? 1 : 0;
      }
    }
  }
  EXPECT_GT(hidden, 500);
  EXPECT_GT(found, 200);
  EXPECT_GT(whole_ones, 50);
}

TEST_F(VisibilityTest, EverythingRestrictsNothing) {
  const Query query = plans_.query(pool_.types.front());
  const auto narrowed = restricted(query, Visibility::everything());
  ASSERT_TRUE(narrowed.ok());
  EXPECT_EQ(to_text(narrowed->plan, testing::registry()), to_text(query.plan, testing::registry()));
}

TEST_F(VisibilityTest, NothingFindsNothing) {
  const Visibility nothing = Visibility::nothing();
  EXPECT_TRUE(nothing.sees_none(pool_.types.front()));
  const auto narrowed = restricted({pool_.types.front(), Plan::make_all(), {}}, nothing);
  ASSERT_TRUE(narrowed.ok());
  EXPECT_EQ(narrowed->plan.kind, Plan::Kind::none);
}

TEST_F(VisibilityTest, ContainedResourcesAreNotSearched) {
  Query query{pool_.types.front(), Plan::make_all(), {}};
  query.scope = Scope::contained;
  EXPECT_TRUE(restricted(query, Visibility::everything()).ok());
  const auto refused = restricted(query, Visibility::nothing());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().category, Category::forbidden);
}

TEST_F(VisibilityTest, GuardsAreJoinedAndNarrowed) {
  const fhir::TypeId type = testing::type("Patient");
  const auto id = [](std::string text) { return Plan::make_leaf({nullptr, IdMatch{std::move(text)}}); };
  Visibility visible = Visibility::nothing();
  visible.add(type, id("a"));
  visible.add(type, id("b"));
  EXPECT_EQ(visible.guard(type).kind, Plan::Kind::or_);
  visible.narrow(type, id("a"));
  EXPECT_EQ(visible.guard(type).kind, Plan::Kind::and_);
  EXPECT_FALSE(visible.sees_all(type));
  visible.narrow(type, Plan::make_none());
  EXPECT_TRUE(visible.sees_none(type));
  visible.add(type, Plan::make_all());
  EXPECT_TRUE(visible.sees_all(type));
  EXPECT_FALSE(visible.sees_everything());
}

// Not a guard, which is decided on everything: a part of the query that others have too.
TEST_F(VisibilityTest, WhatTheQuerySharesIsRestricted) {
  const fhir::TypeId type = testing::type("Patient");
  const auto parsed = testing::parse(type, "_has:Observation:subject:status=final");
  ASSERT_TRUE(parsed.ok());
  const Query& query = parsed->queries.front();
  Visibility visible = Visibility::nothing();
  visible.add(type, Plan::make_all());
  visible.add(testing::type("Observation"), Plan::make_leaf({nullptr, IdMatch{"a"}}));
  const Query shared{type, Plan::make_shared(std::make_shared<const Plan>(query.plan)), {}};
  const auto narrowed = restricted(shared, visible);
  const auto expected = restricted(query, visible);
  ASSERT_TRUE(narrowed.ok() && expected.ok());
  EXPECT_EQ(to_text(narrowed->plan, testing::registry()), to_text(expected->plan, testing::registry()));
  EXPECT_NE(to_text(narrowed->plan, testing::registry()), to_text(query.plan, testing::registry()));
}

}  // namespace
}  // namespace vesta::search
