// Items as parts.
#include "ops/fhirpath_answer.h"

#include "fhir/json.h"
#include "fhir/primitive.h"
#include "fhirpath/item_node.h"

namespace vesta::ops {
namespace {

using Part = ParametersWriter::Part;

constexpr std::string_view kPathExtension = "http://fhir.forms-lab.com/StructureDefinition/resource-path";

// What it takes to write `node`, or somewhat more than `enough`.
std::size_t bytes_of(const fhir::Node& node, std::size_t enough) {
  constexpr std::size_t kNodeBytes = 16;
  std::size_t bytes = kNodeBytes + node.value.size();
  for (const fhir::Node& child : node.children()) {
    if (bytes > enough) break;
    bytes += bytes_of(child, enough - bytes);
  }
  return bytes;
}

}  // namespace

ElementPaths::ElementPaths(const fhir::Definitions& definitions, const fhir::Node& resource)
    : definitions_(definitions) {
  places_.emplace(&resource, Place{});
  note_children(resource);
}

void ElementPaths::note_children(const fhir::Node& parent) {
  std::size_t index = 0;
  fhir::NameId name = fhir::kNoName;
  for (const fhir::Node& child : parent.children()) {
    index = child.name == name ? index + 1 : 0;
    name = child.name;
    places_.emplace(&child, Place{&parent, index});
    note_children(child);
  }
}

std::string ElementPaths::path_of(const fhir::Node& element) const {
  std::vector<std::string> steps;
  const fhir::Node* at = &element;
  while (true) {
    const auto place = places_.find(at);
    if (place == places_.end()) return {};
    if (place->second.parent == nullptr) break;
    std::string step = "." + std::string(definitions_.name(at->name));
    if (at->in_list) step += "[" + std::to_string(place->second.index) + "]";
    steps.push_back(std::move(step));
    at = place->second.parent;
  }
  std::string path(definitions_.type(at->type).name);
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) path += *step;
  return path;
}

FhirpathAnswer::FhirpathAnswer(const fhir::Definitions& definitions, const fhir::Node& resource, fhir::Arena& arena)
    : definitions_(definitions), arena_(arena), writer_(definitions, arena), paths_(definitions, resource) {}

std::string FhirpathAnswer::path_of(const fhirpath::Item& item) const {
  return item.kind == fhirpath::Item::Kind::node ? paths_.path_of(*item.node) : std::string();
}

// A part whose name is the type and whose value is the item, or, where parameters take no such value, the item's JSON.
Status FhirpathAnswer::add_item(Part& owner, const fhirpath::Item& item) {
  if (++parts_ > kMaxFhirpathParts) {
    return make_error(Category::too_large, "The expression yields more than " + std::to_string(kMaxFhirpathParts) +
                                               " values (kMaxFhirpathParts): narrow it.");
  }
  fhir::Node& node = *fhirpath::to_node(definitions_, item, arena_);
  bytes_ += bytes_of(node, kMaxFhirpathBytes - bytes_);
  if (bytes_ > kMaxFhirpathBytes) {
    return make_error(Category::too_large, "The expression yields more than " + std::to_string(kMaxFhirpathBytes) +
                                               " bytes (kMaxFhirpathBytes): narrow it.");
  }
  const fhir::Type& type = definitions_.type(node.type);
  const bool is_empty_text = item.kind == fhirpath::Item::Kind::string && item.text.empty();
  Part part = writer_.add(owner, is_empty_text ? "empty-string" : type.name);
  if (const std::string path = path_of(item); !path.empty()) writer_.extension(part, kPathExtension, path);
  const bool is_writable = !node.has_value || fhir::has_form(type.primitive, node.value);
  if (is_empty_text || (is_writable && writer_.value(part, node))) return kOk;
  std::string json;
  fhir::write_json(definitions_, node, {}, json);
  writer_.extension(part, kJsonExtension, json);
  return kOk;
}

Status FhirpathAnswer::add_result(std::string_view context, const fhirpath::Collection& items,
                                  const std::vector<Traced>& traces) {
  Part result = writer_.add(writer_.root(), "result");
  writer_.text(result, context);
  for (const fhirpath::Item& item : items) VESTA_CHECK_OK(add_item(result, item));
  for (const Traced& traced : traces) {
    Part trace = writer_.add(result, "trace");
    writer_.text(trace, traced.name);
    for (const fhirpath::Item& item : traced.items) VESTA_CHECK_OK(add_item(trace, item));
  }
  return kOk;
}

}  // namespace vesta::ops
