// What must hold for every plan: the numbers of children, and parameters of the type and the kind that they stand for.
#include <string>
#include <type_traits>
#include <variant>

#include "search/rewrite/rewrite.h"
#include "search/rewrite/rules.h"

namespace vesta::search {
namespace {

using fhir::SearchParamType;

bool fits(const TokenMatch&, const Parameter& parameter) {
  return parameter.kind == SearchParamType::token;
}
bool fits(const TokenSetMatch& match, const Parameter& parameter) {
  return parameter.kind == SearchParamType::token && match.set != nullptr;
}
bool fits(const StringMatch&, const Parameter& parameter) {
  return parameter.kind == SearchParamType::string;
}
bool fits(const ReferenceMatch&, const Parameter& parameter) {
  return parameter.kind == SearchParamType::reference;
}
bool fits(const ReferenceSetMatch& match, const Parameter& parameter) {
  return parameter.kind == SearchParamType::reference && match.set != nullptr;
}
bool fits(const UriSetMatch& match, const Parameter& parameter) {
  return parameter.kind == SearchParamType::reference && match.set != nullptr && match.urls.ends_with('/');
}
bool fits(const DateMatch&, const Parameter& parameter) {
  return parameter.kind == SearchParamType::date;
}
bool fits(const NumberMatch&, const Parameter& parameter) {
  return parameter.kind == SearchParamType::number;
}
bool fits(const QuantityMatch&, const Parameter& parameter) {
  return parameter.kind == SearchParamType::quantity;
}
// Canonicals and absolute references are kept as uris.
bool fits(const UriMatch&, const Parameter& parameter) {
  return parameter.kind == SearchParamType::uri || parameter.kind == SearchParamType::reference;
}
bool fits(const CompositeMatch& match, const Parameter& parameter) {
  return parameter.kind == SearchParamType::composite && match.components.size() == parameter.components.size();
}
bool fits(const PositionMatch&, const Parameter& parameter) {
  return parameter.kind == SearchParamType::special;
}
bool fits(const WordMatch&, const Parameter& parameter) {
  return parameter.kind == SearchParamType::string || parameter.kind == SearchParamType::special;
}
bool fits(const PresentMatch&, const Parameter&) {
  return true;
}
bool fits(const IdMatch&, const Parameter&) {
  return false;
}
bool fits(const IdSetMatch&, const Parameter&) {
  return false;
}
bool fits(const LastUpdatedMatch&, const Parameter&) {
  return false;
}

bool fits(const Leaf& leaf) {
  return std::visit([&](const auto& match) { return fits(match, *leaf.parameter); }, leaf.match);
}

// Each component of a composite match stands for its own parameter.
std::string verify_components(const Registry& registry, const Leaf& leaf) {
  const auto* match = std::get_if<CompositeMatch>(&leaf.match);
  if (match == nullptr) return "";
  for (std::size_t i = 0; i < match->components.size(); ++i) {
    const Leaf& component = match->components[i];
    const Parameter& wanted = registry.parameter(leaf.parameter->components[i]);
    if (component.parameter != &wanted) return "another parameter's component: " + std::string(wanted.code);
    if (!fits(component)) return "a component that does not fit its parameter: " + std::string(wanted.code);
  }
  return "";
}

std::string verify_leaf(const Registry& registry, fhir::TypeId type, const Leaf& leaf) {
  const auto* set = std::get_if<IdSetMatch>(&leaf.match);
  const bool is_column = std::holds_alternative<IdMatch>(leaf.match) ||
                         std::holds_alternative<LastUpdatedMatch>(leaf.match) ||
                         (set != nullptr && set->set != nullptr);
  if (leaf.parameter == nullptr) return is_column ? "" : "a leaf without a parameter";
  if (leaf.parameter->type != type) return "a leaf of another type: " + std::string(leaf.parameter->code);
  return fits(leaf) ? verify_components(registry, leaf)
                    : "a leaf that does not fit its parameter: " + std::string(leaf.parameter->code);
}

// Also turns `type` to that of the children.
std::string verify_link(const Plan& plan, fhir::TypeId& type) {
  if (plan.link.type == fhir::kNoType) return "a link to no type";
  const Parameter* parameter = plan.link.parameter;
  if (plan.kind == Plan::Kind::contains) {
    type = plan.link.type;
    return parameter == nullptr ? "" : "what is contained is linked by no parameter";
  }
  if (parameter == nullptr || parameter->kind != SearchParamType::reference) return "a link by no reference";
  const fhir::TypeId source = plan.kind == Plan::Kind::chain ? type : plan.link.type;
  if (parameter->type != source) return "a link by another type's parameter";
  type = plan.link.type;
  return "";
}

// At least and at most.
std::pair<std::size_t, std::size_t> children_of(Plan::Kind kind) {
  switch (kind) {
    case Plan::Kind::and_:
    case Plan::Kind::or_:
      return {1, SIZE_MAX};
    case Plan::Kind::not_:
    case Plan::Kind::chain:
    case Plan::Kind::has:
    case Plan::Kind::contains:
      return {1, 1};
    case Plan::Kind::all:
    case Plan::Kind::none:
    case Plan::Kind::leaf:
    case Plan::Kind::shared:
      break;
  }
  return {0, 0};
}

}  // namespace

std::string verify_plan(const Registry& registry, fhir::TypeId type, const Plan& plan) {
  const auto [least, most] = children_of(plan.kind);
  if (plan.children.size() < least || plan.children.size() > most) return "a wrong number of children";
  if ((plan.kind == Plan::Kind::shared) != (plan.shared != nullptr)) return "what is shared, and no plan to share";
  if (plan.kind == Plan::Kind::shared) return verify_plan(registry, type, *plan.shared);
  if (plan.kind == Plan::Kind::leaf) return verify_leaf(registry, type, plan.leaf);
  if (rewrites::is_link(plan)) {
    std::string wrong = verify_link(plan, type);
    if (!wrong.empty()) return wrong;
  }
  for (const Plan& child : plan.children) {
    std::string wrong = verify_plan(registry, type, child);
    if (!wrong.empty()) return wrong;
  }
  return "";
}

}  // namespace vesta::search
