// Hoist: what all alternatives of an Or ask for.
#include <algorithm>
#include <utility>

#include "search/rewrite/rules.h"

namespace vesta::search::rewrites {
namespace {

bool has_child(const Plan& node, const Plan& wanted) {
  return std::ranges::any_of(node.children, [&](const Plan& child) { return is_same(child, wanted); });
}

// An And without some of its children; without any: all.
Plan without(Plan node, const std::vector<Plan>& taken) {
  std::erase_if(node.children, [&](const Plan& child) {
    return std::ranges::any_of(taken, [&](const Plan& other) { return is_same(child, other); });
  });
  return node.children.empty() ? Plan::make_all() : std::move(node);
}

}  // namespace

bool hoist(const Registry&, Plan& plan) {
  return each_node(plan, [](Plan& node) {
    if (node.kind != Plan::Kind::or_ || node.children.size() < 2 || node.children.size() > kMaxCompared) return false;
    if (!std::ranges::all_of(node.children, [](const Plan& child) { return child.kind == Plan::Kind::and_; })) {
      return false;
    }
    if (node.children.front().children.size() > kMaxCompared) return false;
    std::vector<Plan> common;
    for (const Plan& wanted : node.children.front().children) {
      if (std::ranges::all_of(node.children, [&](const Plan& child) { return has_child(child, wanted); })) {
        common.push_back(wanted);
      }
    }
    if (common.empty()) return false;
    std::vector<Plan> rest;
    for (Plan& child : node.children) rest.push_back(without(std::move(child), common));
    common.push_back(Plan::make(Plan::Kind::or_, std::move(rest)));
    node = Plan::make(Plan::Kind::and_, std::move(common));
    return true;
  });
}

}  // namespace vesta::search::rewrites
