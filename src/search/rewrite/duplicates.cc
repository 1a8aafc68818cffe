// Duplicates: a child of a list that stands in it already.
#include <algorithm>

#include "search/rewrite/rules.h"

namespace vesta::search::rewrites {

bool duplicates(const Registry&, Plan& plan) {
  return each_node(plan, [](Plan& node) {
    if (!is_list(node) || node.children.size() > kMaxCompared) return false;
    std::vector<Plan> unique;
    for (Plan& child : node.children) {
      const auto is_child = [&child](const Plan& other) { return is_same(child, other); };
      if (std::ranges::none_of(unique, is_child)) unique.push_back(std::move(child));
    }
    const bool changed = unique.size() < node.children.size();
    node.children = std::move(unique);
    return changed;
  });
}

}  // namespace vesta::search::rewrites
