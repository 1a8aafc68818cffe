// Explain: descriptions of nodes from their plans and stats.
#include "store/sqlite/explain.h"

#include <string>

#include "base/utf8.h"
#include "search/plan_text.h"

namespace vesta::store::sqlite {
namespace {

std::string describe(const Catalog& catalog, const PlanNode& node) {
  const bool is_whole = node.kind == PlanNode::Kind::none || node.kind == PlanNode::Kind::shared;
  if (is_whole) return search::to_text(*node.source, catalog.registry());
  if (node.kind == PlanNode::Kind::and_) return "and";  // its source may be but one side, with a guard on the other
  switch (node.source->kind) {
    case search::Plan::Kind::and_:
      return "and";
    case search::Plan::Kind::or_:
      return "or";
    case search::Plan::Kind::not_:
      return "not";
    case search::Plan::Kind::contains:
      if (node.children.empty()) break;
      return "contains " + std::string(catalog.definitions().type(node.source->link.type).name);
    case search::Plan::Kind::chain:
    case search::Plan::Kind::has: {
      if (node.children.empty()) break;  // it became something simpler
      const search::Link& link = node.source->link;
      const auto name = [&](fhir::TypeId type) { return std::string(catalog.definitions().type(type).name); };
      const bool is_chain = node.source->kind == search::Plan::Kind::chain;
      if (node.kind == PlanNode::Kind::or_) return "chain to what is contained and to what is not";
      const bool is_inner = catalog.scope_of(node.link.type) == Scope::contained;
      return (is_chain ? "chain " : "has ") + name(link.parameter->type) + "." + std::string(link.parameter->code) +
             (is_chain ? " to " : " from ") + (is_inner ? "contained " : "") + name(link.type);
    }
    default:
      break;
  }
  return search::to_text(*node.source, catalog.registry());
}

// How the node was used. Where both were done, it proposed candidates that had to be decided.
std::string role(const PlanNode& node) {
  std::string role;
  if (node.stats.proposed > 0) role += " (drives";
  if (node.stats.asked > 0) role += role.empty() ? " (filters" : ", filters";
  if (role.empty()) return node.kind == PlanNode::Kind::none ? " (nothing has it)" : "";
  if (node.gathered) role += ", gathered";
  if (node.kept && node.kept->keys) role += ", kept";
  if (node.linked) role += ", " + std::to_string(node.linked->size()) + " on the other side";
  return role + ")";
}

// `drives`: it was to give the candidates, though it may have had none.
search::PlanStep step_of(const Catalog& catalog, const PlanNode& node, bool drives) {
  search::PlanStep step;
  step.what = describe(catalog, node);
  if (step.what.size() > kMaxStepBytes) {
    step.what.resize(valid_utf8_prefix(std::string_view(step.what).substr(0, kMaxStepBytes)));
    step.what += "…";
  }
  step.what += role(node);
  step.estimated = node.stats.estimated;
  step.is_at_least = node.stats.is_at_least;
  const bool was_timed = node.stats.time.count() > 0;
  if (node.stats.asked > 0)
    step.rows = node.stats.let_through;
  else if (node.stats.proposed > 0 || (drives && was_timed))
    step.rows = node.stats.proposed;
  if (step.rows || was_timed) step.time = std::chrono::duration_cast<std::chrono::microseconds>(node.stats.time);
  const auto add = [&](const PlanNode& child, bool child_drives) {
    if (child.source != nullptr) step.children.push_back(step_of(catalog, child, drives && child_drives));
  };
  const auto driver = static_cast<std::size_t>(node.driver);
  if (node.driver >= 0) add(node.children[driver], true);
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    if (node.driver < 0 || i != driver) add(node.children[i], node.kind == PlanNode::Kind::or_);
  }
  return step;
}

}  // namespace

search::PlanStep explain_node(const Catalog& catalog, const PlanNode& node) {
  return step_of(catalog, node, true);
}

}  // namespace vesta::store::sqlite
