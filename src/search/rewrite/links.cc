// Links: alternatives behind one link instead of alternative links.
#include <algorithm>
#include <utility>

#include "search/rewrite/rules.h"

namespace vesta::search::rewrites {
namespace {

bool is_same_link(const Plan& left, const Plan& right) {
  return is_link(left) && left.kind == right.kind && left.link.parameter == right.link.parameter &&
         left.link.type == right.link.type;
}

}  // namespace

bool links(const Registry&, Plan& plan) {
  return each_node(plan, [](Plan& node) {
    if (node.kind != Plan::Kind::or_ || node.children.size() > kMaxCompared) return false;
    std::vector<Plan> merged;
    for (Plan& child : node.children) {
      const auto first = std::ranges::find_if(merged, [&](const Plan& other) { return is_same_link(other, child); });
      if (first == merged.end()) {
        merged.push_back(std::move(child));
        continue;
      }
      std::vector<Plan> either;
      either.push_back(std::move(first->children.front()));
      either.push_back(std::move(child.children.front()));
      first->children.front() = Plan::make(Plan::Kind::or_, std::move(either));
    }
    const bool changed = merged.size() < node.children.size();
    node.children = std::move(merged);
    return changed;
  });
}

}  // namespace vesta::search::rewrites
