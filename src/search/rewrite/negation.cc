// Negation: Not of Not, and Not of Or.
#include <utility>

#include "search/rewrite/rules.h"

namespace vesta::search::rewrites {

bool negation(const Registry&, Plan& plan) {
  return each_node(plan, [](Plan& node) {
    if (node.kind != Plan::Kind::not_) return false;
    Plan child = std::move(node.children.front());
    if (child.kind == Plan::Kind::not_) {
      Plan inner = std::move(child.children.front());
      node = std::move(inner);
      return true;
    }
    if (child.kind != Plan::Kind::or_) {
      node.children.front() = std::move(child);
      return false;
    }
    node = Plan::make(Plan::Kind::and_, {});
    for (Plan& inner : child.children) {
      std::vector<Plan> negated;
      negated.push_back(std::move(inner));
      node.children.push_back(Plan::make(Plan::Kind::not_, std::move(negated)));
    }
    return true;
  });
}

}  // namespace vesta::search::rewrites
