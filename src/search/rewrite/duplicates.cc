// Duplicates: a child of a list that stands in it already.
#include <algorithm>

#include "search/rewrite/rules.h"

namespace vesta::search::rewrites {

bool duplicates(const Registry&, Plan& plan) {
  return each_node(plan, [](Plan& node) {
    if (!is_list(node) || node.children.size() > kMaxCompared) return false;
    auto end = node.children.begin();  // of those that stand once
    for (auto child = node.children.begin(); child != node.children.end(); ++child) {
      if (std::any_of(node.children.begin(), end, [&](const Plan& other) { return is_same(*child, other); })) continue;
      if (child != end) *end = std::move(*child);
      ++end;
    }
    const bool changed = end != node.children.end();
    node.children.erase(end, node.children.end());
    return changed;
  });
}

}  // namespace vesta::search::rewrites
