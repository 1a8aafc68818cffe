// Fold: what all and none make of what stands around them.
#include <algorithm>

#include "search/rewrite/rules.h"

namespace vesta::search::rewrites {
namespace {

bool fold_list(Plan& node) {
  const bool is_and = node.kind == Plan::Kind::and_;
  const Plan::Kind decides = is_and ? Plan::Kind::none : Plan::Kind::all;
  const Plan::Kind neutral = is_and ? Plan::Kind::all : Plan::Kind::none;
  const auto is = [](Plan::Kind kind) { return [kind](const Plan& child) { return child.kind == kind; }; };
  if (std::ranges::any_of(node.children, is(decides))) {
    node = Plan::make(decides, {});
    return true;
  }
  const bool changed = std::erase_if(node.children, is(neutral)) > 0;
  if (node.children.empty()) node = Plan::make(neutral, {});
  return changed;
}

}  // namespace

bool fold(const Registry&, Plan& plan) {
  return each_node(plan, [](Plan& node) {
    if (is_list(node)) return fold_list(node);
    if (node.children.empty()) return false;
    const Plan::Kind child = node.children.front().kind;
    if (node.kind == Plan::Kind::not_ && (child == Plan::Kind::all || child == Plan::Kind::none)) {
      node = child == Plan::Kind::all ? Plan::make_none() : Plan::make_all();
      return true;
    }
    if (!is_link(node) || child != Plan::Kind::none) return false;
    node = Plan::make_none();
    return true;
  });
}

}  // namespace vesta::search::rewrites
