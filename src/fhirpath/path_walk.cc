// PathWalk: the kinds of steps.
#include "fhirpath/path_walk.h"

#include <optional>
#include <string>
#include <utility>

#include "fhirpath/diagnostics.h"
#include "fhirpath/reference.h"
#include "fhirpath/value.h"

namespace vesta::fhirpath {
namespace {

// Of FHIR.Observation.component the namespace is FHIR. https://hl7.org/fhirpath/N1/#reflection
Item type_part(const Item& item, Step::Kind kind) {
  const std::size_t dot = item.text.find('.');
  Item part;
  part.kind = Item::Kind::string;
  part.text = kind == Step::Kind::type_namespace ? item.text.substr(0, dot) : item.text.substr(dot + 1);
  return part;
}

}  // namespace

bool PathWalk::from(const Item& item, std::span<const Step> steps) {
  if (!budget_.spend()) return false;
  if (steps.empty()) return yield(item);
  const Step& step = steps.front();
  switch (step.kind) {
    case Step::Kind::child:
      return item.node == nullptr || children(*item.node, step.name, steps.subspan(1));
    case Step::Kind::of_type:
      return !step.type.matches(environment_.definitions, item) || from(item, steps.subspan(1));
    case Step::Kind::with_text:
      return !has_text(item, step) || from(item, steps.subspan(1));
    case Step::Kind::refers_to:
      return !refers_to(item, step) || from(item, steps.subspan(1));
    case Step::Kind::type_namespace:
    case Step::Kind::type_name:
      return item.kind != Item::Kind::type_info || from(type_part(item, step.kind), steps.subspan(1));
  }
  return true;
}

bool PathWalk::yield(const Item& item) {
  if (out_.size() >= limit_) return false;
  out_.push_back(item);
  return true;
}

// OPTIMIZATION: children with other names are counted together.
bool PathWalk::children(const fhir::Node& node, fhir::NameId name, std::span<const Step> rest) {
  std::size_t looked_at = 0;
  for (const fhir::Node* child = node.first_child; child != nullptr; child = child->next) {
    ++looked_at;
    if (child->name != name) continue;
    if (!budget_.spend(std::exchange(looked_at, 0)) || !from(node_item(*child), rest)) return false;
  }
  return budget_.spend(looked_at);
}

bool PathWalk::has_text(const Item& item, const Step& step) const {
  const fhir::Node* only = nullptr;
  if (item.node == nullptr) return false;
  for (const fhir::Node& child : item.node->children()) {
    if (!budget_.spend()) return false;
    if (child.name != step.name) continue;
    if (only != nullptr) return false;
    only = &child;
  }
  if (only == nullptr || !only->has_value || only->value != step.text) return false;
  return system_kind(environment_.definitions.type(only->type).primitive) == Item::Kind::string;
}

bool PathWalk::refers_to(const Item& item, const Step& step) const {
  std::optional<Item> target =
      resolve_reference(environment_.definitions, environment_.names, environment_.resource, item);
  return target && step.type.matches(environment_.definitions, *target);
}

Error limit_error(const Environment& environment, const Budget& budget, const Bound& at) {
  std::string message = budget.spent()
                            ? "more than kMaxSteps (" + std::to_string(kMaxSteps) + ") steps"
                            : "more than kMaxOutput (" + std::to_string(kMaxOutput) + ") items in one collection";
  return expression_error(environment.expression, at.offset, message, kCodeTooCostly);
}

}  // namespace vesta::fhirpath
