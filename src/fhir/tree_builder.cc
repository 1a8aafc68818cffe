// The rules on structure that no format changes.
#include "fhir/tree_builder.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "base/text_position.h"
#include "fhir/primitive.h"

namespace vesta::fhir {

void TreeBuilder::issue(std::string_view code, std::string message) {
  if (is_full()) return;
  std::string path;
  for (const PathScope* step = path_; step != nullptr; step = step->before_) {
    std::string name(step->name_);
    if (step->has_index_) name += "[" + std::to_string(step->index_) + "]";
    path = step == path_ ? std::move(name) : std::move(name) + "." + path;
  }
  if (!text_.empty()) message += ", at " + describe_position(text_, offset_);
  issues_.push_back({Severity::error, std::string(code), std::move(message), std::move(path)});
}

TypeId TreeBuilder::resource_type(std::string_view name) {
  const std::optional<TypeId> type = definitions_.find_resource_type(name);
  if (type) return *type;
  issue("structure", "Unknown resource type '" + std::string(name.substr(0, 64)) + "'");
  return kNoType;
}

void TreeBuilder::check_choice(const Object& object, const Element& element, std::size_t index) {
  const std::span<const Element> elements = definitions_.type(object.type).elements;
  const std::uint16_t order = element.order;
  std::size_t first = index;
  while (first > 0 && elements[first - 1].order == order) --first;
  for (std::size_t other = first; other < elements.size() && elements[other].order == order; ++other) {
    if (other != index && (object.values[other] || object.extensions[other])) {
      return issue("structure", "Only one of the types of '" + std::string(definitions_.name(element.name)) +
                                    "[x]' may be there, and " + std::string(elements[other].json_name) + " is too");
    }
  }
}

void TreeBuilder::refuse_form(TypeId type) {
  issue("value", "Not a valid " + std::string(definitions_.type(type).name) + ": must be " +
                     std::string(describe_form(definitions_.type(type).primitive)));
}

void TreeBuilder::check_required(const Object& object) {
  if (completeness_ == Completeness::part) return;
  const std::span<const Element> elements = definitions_.type(object.type).elements;
  for (const std::size_t index : object.notes.mandatory()) {
    if (object.values[index] || object.extensions[index]) continue;
    bool is_there = false;
    std::size_t first = index;
    if (elements[index].is_choice) {
      for (std::size_t other = 0; other < elements.size(); ++other) {
        if (elements[other].order != elements[index].order) continue;
        first = std::min(first, other);
        is_there = is_there || object.values[other] || object.extensions[other];
      }
    }
    if (is_there || first != index) continue;
    issue("required", "The element '" + std::string(definitions_.name(elements[index].name)) +
                          (elements[index].is_choice ? "[x]" : "") + "' is required");
  }
}

}  // namespace vesta::fhir
