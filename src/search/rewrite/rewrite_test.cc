// Each rewrite changes what it is for, and none changes what a plan means: random plans on random resources.
#include "search/rewrite/rewrite.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>

#include "search/matcher.h"
#include "search/plan_text.h"
#include "search/query_text.h"
#include "search/random_plan.h"
#include "search/random_resource.h"
#include "search/rewrite/rules.h"
#include "search/test_support.h"
#include "search/world_test_support.h"

namespace vesta::search {
namespace {

using testing::registry;
using Kind = Plan::Kind;

constexpr int kPlans = 4'000 / testing::kSlowness;
constexpr int kMostPlans = 40'000;
constexpr int kResources = 240;

const Parameter& observation(std::string_view code) {
  return *registry().find(testing::type("Observation"), code);
}
Plan code(const char* value, const char* system = "s") {
  return Plan::make_leaf({&observation("code"), TokenMatch{system, value}});
}
Plan text(const char* value) {
  return Plan::make_leaf({&observation("value-string"), StringMatch{StringMode::prefix, value}});
}
template <class... Each>
Plan list(Kind kind, Each... each) {
  std::vector<Plan> children;
  (children.push_back(std::move(each)), ...);
  return Plan::make(kind, std::move(children));
}
Plan to_patient(Plan child) {
  return Plan::make_link(Kind::chain, {&observation("subject"), testing::type("Patient")}, std::move(child));
}
Plan gender(const char* value) {
  return Plan::make_leaf({registry().find(testing::type("Patient"), "gender"), TokenMatch{"g", value}});
}

// What one rewrite alone makes of a plan.
std::string rewritten(std::string_view name, Plan plan) {
  std::vector<std::string> off;
  for (const Rewrite& each : all_rewrites()) {
    if (each.name != name) off.emplace_back(each.name);
  }
  const auto names = rewrite(registry(), testing::type("Observation"), off, plan);
  EXPECT_LE(names.size(), 1u);
  if (names.empty()) return "unchanged";
  EXPECT_EQ(names.front(), name);
  return to_text(plan, registry());
}
std::string as_text(const Plan& plan) {
  return to_text(plan, registry());
}

TEST(Rewrite, Flattens) {
  EXPECT_EQ(rewritten("flatten", list(Kind::and_, code("a"), list(Kind::and_, text("b"), list(Kind::and_, code("c"))))),
            as_text(list(Kind::and_, code("a"), text("b"), code("c"))));
  EXPECT_EQ(rewritten("flatten", list(Kind::or_, list(Kind::or_, code("a"), text("b")))),
            as_text(list(Kind::or_, code("a"), text("b"))));
  EXPECT_EQ(rewritten("flatten", list(Kind::and_, code("a"), list(Kind::or_, text("b"), code("c")))), "unchanged");
}

TEST(Rewrite, FoldsAllAndNone) {
  EXPECT_EQ(rewritten("fold", list(Kind::and_, code("a"), Plan::make_none())), as_text(Plan::make_none()));
  EXPECT_EQ(rewritten("fold", list(Kind::and_, code("a"), Plan::make_all())), as_text(list(Kind::and_, code("a"))));
  EXPECT_EQ(rewritten("fold", list(Kind::or_, code("a"), Plan::make_all())), as_text(Plan::make_all()));
  EXPECT_EQ(rewritten("fold", list(Kind::or_, Plan::make_none())), as_text(Plan::make_none()));
  EXPECT_EQ(rewritten("fold", list(Kind::not_, to_patient(Plan::make_none()))), as_text(Plan::make_all()));
  EXPECT_EQ(rewritten("fold", to_patient(Plan::make_all())), "unchanged") << "a link must lead somewhere";
}

TEST(Rewrite, DropsDuplicates) {
  EXPECT_EQ(rewritten("duplicates", list(Kind::and_, code("a"), text("b"), code("a"))),
            as_text(list(Kind::and_, code("a"), text("b"))));
  EXPECT_EQ(rewritten("duplicates", list(Kind::or_, code("a", "s"), code("a", "t"))), "unchanged");
}

TEST(Rewrite, ComparesNoMoreChildrenThanItsLimit) {
  for (const std::size_t size : {rewrites::kMaxCompared, rewrites::kMaxCompared + 1}) {
    Plan plan = Plan::make(Kind::or_, std::vector<Plan>(size, code("a")));
    EXPECT_EQ(rewrites::duplicates(registry(), plan), size == rewrites::kMaxCompared);
    plan = Plan::make(Kind::or_, std::vector<Plan>(size, to_patient(gender("a"))));
    EXPECT_EQ(rewrites::links(registry(), plan), size == rewrites::kMaxCompared);
    plan = Plan::make(Kind::or_, std::vector<Plan>(size, list(Kind::and_, code("a"), text("b"))));
    EXPECT_EQ(rewrites::hoist(registry(), plan), size == rewrites::kMaxCompared);
  }
}

TEST(Rewrite, ResolvesNegations) {
  EXPECT_EQ(rewritten("negation", list(Kind::not_, list(Kind::not_, code("a")))), as_text(code("a")));
  EXPECT_EQ(rewritten("negation", list(Kind::not_, list(Kind::or_, code("a"), text("b")))),
            as_text(list(Kind::and_, list(Kind::not_, code("a")), list(Kind::not_, text("b")))));
  EXPECT_EQ(rewritten("negation", list(Kind::not_, list(Kind::and_, code("a"), text("b")))), "unchanged");
}

TEST(Rewrite, MergesAlternativeLinks) {
  EXPECT_EQ(rewritten("links", list(Kind::or_, to_patient(gender("a")), code("x"), to_patient(gender("b")))),
            as_text(list(Kind::or_, to_patient(list(Kind::or_, gender("a"), gender("b"))), code("x"))));
  EXPECT_EQ(rewritten("links", list(Kind::and_, to_patient(gender("a")), to_patient(gender("b")))), "unchanged")
      << "each may have a target of its own";
}

TEST(Rewrite, HoistsWhatAllAlternativesAskFor) {
  EXPECT_EQ(
      rewritten("hoist",
                list(Kind::or_, list(Kind::and_, code("a"), text("b")), list(Kind::and_, text("c"), code("a")))),
      as_text(list(Kind::and_, code("a"), list(Kind::or_, list(Kind::and_, text("b")), list(Kind::and_, text("c"))))));
  EXPECT_EQ(rewritten("hoist", list(Kind::or_, list(Kind::and_, code("a"), text("b")), list(Kind::and_, text("c")))),
            "unchanged");
  EXPECT_EQ(rewritten("hoist", list(Kind::or_, list(Kind::and_, code("a")), list(Kind::and_, code("a"), text("b")))),
            as_text(list(Kind::and_, code("a"), list(Kind::or_, Plan::make_all(), list(Kind::and_, text("b"))))));
}

TEST(Rewrite, MakesSetsOfCodes) {
  Plan plan = list(Kind::or_, code("b"), text("x"), code("a"), code("b", "t"));
  ASSERT_TRUE(rewrites::code_sets(registry(), plan));
  ASSERT_EQ(plan.children.size(), 2u);
  const TokenSet& set = *std::get<TokenSetMatch>(plan.children[0].leaf.match).set;
  using Codes = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(set.codes, (Codes{{"s", "a"}, {"s", "b"}, {"t", "b"}}));
  EXPECT_FALSE(rewrites::code_sets(registry(), plan));
  Plan open = list(Kind::or_, code("b"), Plan::make_leaf({&observation("code"), TokenMatch{std::nullopt, "a"}}));
  EXPECT_FALSE(rewrites::code_sets(registry(), open)) << "in any system";
}

// https://hl7.org/fhir/R4/observation.html#search: of code-value-quantity the code is the parameter `code`, but of
// component-code-value-quantity it is that of the components.
Plan composite(std::string_view name) {
  const Parameter& parameter = observation(name);
  CompositeMatch match;
  match.components.push_back({&registry().parameter(parameter.components[0]), TokenMatch{"s", "a"}});
  match.components.push_back(
      {&registry().parameter(parameter.components[1]), QuantityMatch{NumberMatch{Prefix::gt, "1", "1", "1"}, {}, {}}});
  return Plan::make_leaf({&parameter, std::move(match)});
}
TEST(Rewrite, AddsTheParametersOfComponents) {
  const Plan rewritten_alone = list(Kind::and_, code("a"), composite("code-value-quantity"));
  EXPECT_EQ(rewritten("components", composite("code-value-quantity")), as_text(rewritten_alone));
  EXPECT_EQ(rewritten("components", rewritten_alone), "unchanged");
  EXPECT_EQ(rewritten("components", list(Kind::not_, composite("code-value-quantity"))), "unchanged");
  const auto with_code_of = [](std::string_view name, std::string_view code) {
    Plan leaf = Plan::make_leaf({&observation(code), TokenMatch{"s", "a"}});
    return as_text(list(Kind::and_, std::move(leaf), composite(name)));
  };
  EXPECT_EQ(rewritten("components", composite("component-code-value-quantity")),
            with_code_of("component-code-value-quantity", "component-code"));
  EXPECT_EQ(rewritten("components", composite("combo-code-value-quantity")),
            with_code_of("combo-code-value-quantity", "combo-code"));
}

TEST(VerifyPlan, NamesWhatIsWrong) {
  const fhir::TypeId type = testing::type("Observation");
  const auto verified = [&](const Plan& plan) { return verify_plan(registry(), type, plan); };
  EXPECT_EQ(verified(list(Kind::and_, code("a"), to_patient(gender("b")))), "");
  EXPECT_NE(verified(list(Kind::and_)), "") << "no children";
  EXPECT_NE(verified(list(Kind::not_, code("a"), code("b"))), "") << "two children";
  EXPECT_NE(verified(gender("a")), "") << "a parameter of Patient";
  EXPECT_NE(verified(to_patient(code("a"))), "") << "a parameter of Observation behind a link to Patient";
  EXPECT_NE(verified(Plan::make_leaf({&observation("code"), StringMatch{StringMode::prefix, "a"}})), "");
  EXPECT_NE(verified(Plan::make_leaf({nullptr, TokenMatch{"s", "a"}})), "") << "no parameter";
  EXPECT_NE(verified(Plan::make_link(Kind::chain, {&observation("code"), testing::type("Patient")}, gender("a"))), "");
}

TEST(VerifyPlan, LooksIntoComposites) {
  const auto verified = [](auto change) {
    Plan plan = composite("code-value-quantity");
    change(std::get<CompositeMatch>(plan.leaf.match).components);
    return verify_plan(registry(), testing::type("Observation"), list(Kind::and_, std::move(plan)));
  };
  using Components = std::vector<Leaf>;
  EXPECT_EQ(verified([](Components&) {}), "");
  EXPECT_EQ(verified([](Components& leaves) { leaves[0].match = PresentMatch{}; }), "");
  EXPECT_EQ(verified([](Components& leaves) { leaves.pop_back(); }),
            "a leaf that does not fit its parameter: code-value-quantity");
  EXPECT_EQ(verified([](Components& leaves) { std::swap(leaves[0], leaves[1]); }),
            "another parameter's component: code-value-quantity$0");
  EXPECT_EQ(verified([](Components& leaves) { leaves[0].parameter = &observation("code"); }),
            "another parameter's component: code-value-quantity$0");
  EXPECT_EQ(verified([](Components& leaves) { leaves[1].parameter = nullptr; }),
            "another parameter's component: code-value-quantity$1");
  EXPECT_EQ(verified([](Components& leaves) { leaves[0].match = StringMatch{StringMode::prefix, "a"}; }),
            "a component that does not fit its parameter: code-value-quantity$0");
  EXPECT_EQ(verified([](Components& leaves) { leaves[1].match = TokenSetMatch{}; }),
            "a component that does not fit its parameter: code-value-quantity$1");
  EXPECT_EQ(verified([](Components& leaves) { leaves[0].match = IdMatch{"a"}; }),
            "a component that does not fit its parameter: code-value-quantity$0");
  EXPECT_EQ(verified([](Components& leaves) { leaves[0].match = CompositeMatch{}; }),
            "a component that does not fit its parameter: code-value-quantity$0");
}

TEST(Rewrite, MeansTheSameOnRandomPlans) {
  testing::Dice dice(testing::seed_from("VESTA_PROPERTY_SEED"));
  testing::RandomPool pool;
  for (const char* name : {"Observation", "Patient", "Condition", "Encounter", "DocumentReference", "ValueSet"}) {
    pool.types.push_back(testing::type(name));
  }
  testing::RandomResource resources(fhir::r4(), pool, dice);
  testing::RandomPlan plans(registry(), pool, dice);
  testing::World world("http://test/fhir");
  std::vector<std::unique_ptr<testing::Extracted>> kept;
  for (int i = 0; i < kResources; ++i) {
    const fhir::TypeId type = dice.pick(pool.types);
    const std::string id = pool.any_id(dice);
    kept.push_back(std::make_unique<testing::Extracted>(resources.json(type, id)));
    ASSERT_FALSE(kept.back()->error.has_value());
    plans.learn(kept.back()->values);
    world.subjects[type][id] = {type, world.subjects[type].emplace(id, Subject{}).first->first, Instant{1'000'000},
                                &kept.back()->values};
  }
  std::map<std::string_view, int> changed;
  // Until each has had something to do, so that no seed makes the comparison an empty one.
  const auto unused = [&](const Rewrite& each) { return changed[each.name] == 0; };
  for (int i = 0; i < kPlans || std::ranges::any_of(all_rewrites(), unused); ++i) {
    ASSERT_LT(i, kMostPlans) << "a rewrite never had anything to do";
    const fhir::TypeId type = dice.pick(pool.types);
    const Plan plan = plans.plan(type, 0);
    ASSERT_EQ(verify_plan(registry(), type, plan), "") << as_text(plan);
    std::vector<std::string> off;
    for (const Rewrite& each : all_rewrites()) {
      if (dice.chance(25)) off.emplace_back(each.name);
    }
    Plan other = plan;
    for (const std::string_view name : rewrite(registry(), type, off, other)) ++changed[name];
    ASSERT_EQ(verify_plan(registry(), type, other), "") << as_text(other);
    world.each(type, [&](const Subject& subject) {
      EXPECT_EQ(matches(other, subject, &world), matches(plan, subject, &world)) << subject.id << "\n"
                                                                                 << as_text(plan) << "\n"
                                                                                 << as_text(other);
      return !::testing::Test::HasFailure();
    });
    ASSERT_FALSE(HasFailure());
  }
}

}  // namespace
}  // namespace vesta::search
