// The list of rewrites, and their rounds.
#include "search/rewrite/rewrite.h"

#include <algorithm>

#include "base/check.h"
#include "search/rewrite/rules.h"

namespace vesta::search {

std::span<const Rewrite> all_rewrites() {
  static constexpr Rewrite kRewrites[] = {
      {"negation", rewrites::negation},     {"flatten", rewrites::flatten},       {"fold", rewrites::fold},
      {"duplicates", rewrites::duplicates}, {"links", rewrites::links},           {"hoist", rewrites::hoist},
      {"code-sets", rewrites::code_sets},   {"components", rewrites::components},
  };
  return kRewrites;
}

std::vector<std::string_view> rewrite(const Registry& registry, [[maybe_unused]] fhir::TypeId type,
                                      std::span<const std::string> off, Plan& plan) {
  std::vector<std::string_view> names;
  bool changed = true;
  for (int round = 0; round < kMaxRewriteRounds && changed; ++round) {
    changed = false;
    for (const Rewrite& each : all_rewrites()) {
      if (std::ranges::find(off, each.name) != off.end() || !each.apply(registry, plan)) continue;
      changed = true;
      if (std::ranges::find(names, each.name) == names.end()) names.push_back(each.name);
#ifndef NDEBUG
      CHECK(verify_plan(registry, type, plan).empty());
#endif
    }
  }
  return names;
}

}  // namespace vesta::search
