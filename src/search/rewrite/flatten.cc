// Flatten: lists within lists of their own kind, and lists of one.
#include <algorithm>
#include <utility>

#include "search/rewrite/rules.h"

namespace vesta::search::rewrites {

bool flatten(const Registry&, Plan& plan) {
  return each_node(plan, [](Plan& node) {
    if (!is_list(node)) return false;
    if (node.children.size() == 1) {
      Plan only = std::move(node.children.front());
      node = std::move(only);
      return true;
    }
    if (std::ranges::none_of(node.children, [&](const Plan& child) { return child.kind == node.kind; })) return false;
    std::vector<Plan> flat;
    for (Plan& child : node.children) {
      if (child.kind != node.kind) {
        flat.push_back(std::move(child));
        continue;
      }
      for (Plan& inner : child.children) flat.push_back(std::move(inner));
    }
    node.children = std::move(flat);
    return true;
  });
}

}  // namespace vesta::search::rewrites
