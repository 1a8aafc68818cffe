// Rewrites: from a plan to one that means the same and costs engines less. Each has a name, a file, and can be left
// out.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "search/parameter.h"
#include "search/plan.h"

namespace vesta::search {

struct Rewrite {
  std::string_view name;
  // Changes the plan and says so, or leaves it as it is.
  bool (*apply)(const Registry& registry, Plan& plan);
};

// In the order in which they are tried.
std::span<const Rewrite> all_rewrites();

inline constexpr int kMaxRewriteRounds = 4;  // one rewrite makes work for another, but seldom for long

// Applies all but `off` until none changes anything, at most kMaxRewriteRounds times. `type`: of the plan's resources.
// Gives the names of those that changed the plan. In debug builds the plan is verified after each.
std::vector<std::string_view> rewrite(const Registry& registry, fhir::TypeId type, std::span<const std::string> off,
                                      Plan& plan);

// What is wrong with the plan as a plan on resources of `type`; empty: nothing.
std::string verify_plan(const Registry& registry, fhir::TypeId type, const Plan& plan);

}  // namespace vesta::search
