// Components: a composite asks for a code that is indexed as a parameter of its own.
#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "search/rewrite/rules.h"

namespace vesta::search::rewrites {
namespace {

// "(A.b | A.c)" as "A.b" and "A.c".
std::vector<std::string_view> alternatives(std::string_view expression) {
  std::vector<std::string_view> parts;
  while (!expression.empty()) {
    const std::size_t bar = std::min(expression.find('|'), expression.size());
    std::string_view part = expression.substr(0, bar);
    const auto is_margin = [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; };
    while (!part.empty() && is_margin(part.front())) part.remove_prefix(1);
    while (!part.empty() && is_margin(part.back())) part.remove_suffix(1);
    if (part.size() > 2 && part.front() == '(' && part.back() == ')') part = part.substr(1, part.size() - 2);
    parts.push_back(part);
    expression.remove_prefix(std::min(bar + 1, expression.size()));
  }
  return parts;
}

// A path of names alone: its text says all that it yields.
bool is_plain(std::string_view path) {
  return !path.empty() && path.find_first_of(" ()'\"[]|%$") == std::string_view::npos;
}

// Does `plain` yield what the component yields of each element of the composite? Only where it can be read off: each
// path to the elements, with that of the component behind it, is among the paths of `plain`.
bool yields_all(const Parameter& composite, std::string_view component, const Parameter& plain) {
  const auto known = alternatives(plain.definition->expression);
  if (!is_plain(component)) return false;
  return std::ranges::all_of(alternatives(composite.definition->expression), [&](std::string_view path) {
    const std::string whole = std::string(path) + "." + std::string(component);
    return is_plain(path) && std::ranges::find(known, whole) != known.end();
  });
}

// Of the specification itself: indexed whenever any resource is.
bool is_of_specification(const Registry& registry, const fhir::SearchParameter* definition) {
  const auto all = registry.definitions().search_parameters();
  return std::greater_equal<>()(definition, all.data()) && std::less<>()(definition, all.data() + all.size());
}

// The leaf that a composite's component is as a parameter of its own; nullopt: it is none, or no code.
std::optional<Leaf> plain_leaf(const Registry& registry, const Leaf& leaf, const CompositeMatch& match, std::size_t i) {
  const auto* token = std::get_if<TokenMatch>(&match.components[i].match);
  if (token == nullptr || !token->code || token->unequal) return std::nullopt;
  const Parameter& composite = *leaf.parameter;
  const fhir::SearchParameter* definition = registry.parameter(composite.components[i]).definition;
  const Parameter* plain = registry.find(composite.type, definition->code);
  if (plain == nullptr || plain->definition != definition || !is_of_specification(registry, definition)) {
    return std::nullopt;
  }
  if (plain->kind != fhir::SearchParamType::token || plain->program == nullptr) return std::nullopt;
  if (!yields_all(composite, composite.definition->components[i].expression, *plain)) return std::nullopt;
  return Leaf{plain, *token};
}

std::vector<Plan> plain_leaves(const Registry& registry, const Plan& node) {
  std::vector<Plan> leaves;
  const auto* match = node.kind == Plan::Kind::leaf ? std::get_if<CompositeMatch>(&node.leaf.match) : nullptr;
  if (match == nullptr || node.leaf.parameter->components.size() != match->components.size()) return leaves;
  for (std::size_t i = 0; i < match->components.size(); ++i) {
    auto leaf = plain_leaf(registry, node.leaf, *match, i);
    if (leaf) leaves.push_back(Plan::make_leaf(std::move(*leaf)));
  }
  return leaves;
}

// Into the And that the composite stands in, or into one of its own. Below Not that would only cost.
bool add_components(const Registry& registry, Plan& node) {
  if (node.kind == Plan::Kind::not_) return false;
  bool changed = false;
  if (node.kind != Plan::Kind::and_) {
    for (Plan& child : node.children) changed = add_components(registry, child) || changed;
    std::vector<Plan> leaves = plain_leaves(registry, node);
    if (leaves.empty()) return changed;
    leaves.push_back(std::move(node));
    node = Plan::make(Plan::Kind::and_, std::move(leaves));
    return true;
  }
  std::vector<Plan> added;
  for (Plan& child : node.children) {
    if (child.kind != Plan::Kind::leaf) changed = add_components(registry, child) || changed;
    for (Plan& leaf : plain_leaves(registry, child)) added.push_back(std::move(leaf));
  }
  for (Plan& leaf : added) {
    if (std::ranges::any_of(node.children, [&](const Plan& child) { return is_same(child, leaf); })) continue;
    node.children.push_back(std::move(leaf));
    changed = true;
  }
  return changed;
}

}  // namespace

bool components(const Registry& registry, Plan& plan) {
  return add_components(registry, plan);
}

}  // namespace vesta::search::rewrites
