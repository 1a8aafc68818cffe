// Reads a CodeSystem resource into concepts, edges and property values, and answers from them.
#include "terminology/code_system.h"

#include <algorithm>
#include <numeric>

namespace vesta::terminology {
namespace {

constexpr std::string_view kPropertyUri = "http://hl7.org/fhir/concept-properties#";

PropertyRole role_of(std::string_view code, std::string_view uri) {
  if (uri.starts_with(kPropertyUri)) code = uri.substr(kPropertyUri.size());
  if (code == "parent" || code == "subsumedBy") return PropertyRole::parent;
  if (code == "child") return PropertyRole::child;
  if (code == "inactive") return PropertyRole::inactive;
  if (code == "notSelectable") return PropertyRole::not_selectable;
  return PropertyRole::plain;
}

template <class Pair>
std::vector<ConceptId> seconds(const std::vector<Pair>& edges, ConceptId first) {
  std::vector<ConceptId> found;
  for (auto at = std::lower_bound(edges.begin(), edges.end(), Pair(first, 0)); at != edges.end() && at->first == first;
       ++at) {
    found.push_back(at->second);
  }
  return found;
}

template <class T>
void sort_unique(std::vector<T>& items) {
  std::sort(items.begin(), items.end());
  items.erase(std::unique(items.begin(), items.end()), items.end());
}

}  // namespace

CodeSystem::CodeSystem(const Names& names, const fhir::Node& resource)
    : url_(resource.child_value(names.url)), content_(resource.child_value(names.content)) {
  for (const fhir::Node& child : resource.children()) {
    if (child.name == names.property) add_property(child.child_value(names.code), child.child_value(names.uri));
  }
  Places places;
  add_concepts(names, resource, {}, places);
  index_codes();
  link();
  mark_inactive();
}

// The number of the property; the first declaration of a code counts.
std::size_t CodeSystem::add_property(std::string_view code, std::string_view uri) {
  const auto [at, is_new] = property_numbers_.try_emplace(std::string(code), properties_.size());
  if (is_new) properties_.push_back({std::string(code), role_of(code, uri)});
  return at->second;
}

// A code's first place is its concept, which its other places add to. Recursion is bounded by the depth that the JSON
// reader allows.
void CodeSystem::add_concepts(const Names& names, const fhir::Node& parent, std::optional<ConceptId> above,
                              Places& places) {
  for (const fhir::Node& child : parent.children()) {
    if (child.name != names.concept_) continue;
    const std::string_view code = child.child_value(names.code);
    const auto [place, is_new] = places.try_emplace(code, static_cast<ConceptId>(concepts_.size()));
    const ConceptId id = place->second;
    if (is_new) concepts_.push_back({std::string(code), std::string(child.child_value(names.display))});
    if (above) upwards_.emplace_back(id, *above);
    add_values(names, child, id);
    add_concepts(names, child, id, places);
  }
}

void CodeSystem::add_values(const Names& names, const fhir::Node& node, ConceptId owner) {
  for (const fhir::Node& child : node.children()) {
    if (child.name != names.property) continue;
    const std::size_t property = add_property(child.child_value(names.code), {});  // if it is not declared
    const fhir::Node* value = child.child(names.value);
    if (value == nullptr) continue;
    const std::string_view text = value->has_value ? value->value : value->child_value(names.code);
    values_.push_back({owner, static_cast<std::uint32_t>(property), std::string(text)});
  }
}

void CodeSystem::index_codes() {
  by_code_.resize(concepts_.size());
  std::iota(by_code_.begin(), by_code_.end(), ConceptId{0});
  std::sort(by_code_.begin(), by_code_.end(),
            [&](ConceptId a, ConceptId b) { return concepts_[a].code < concepts_[b].code; });
}

void CodeSystem::link() {
  for (const Value& value : values_) {
    const PropertyRole role = properties_[value.property].role;
    if (role != PropertyRole::parent && role != PropertyRole::child) continue;
    const std::optional<ConceptId> other = find(value.text);
    if (!other) continue;
    upwards_.push_back(role == PropertyRole::parent ? Edge(value.owner, *other) : Edge(*other, value.owner));
  }
  sort_unique(upwards_);
  downwards_.reserve(upwards_.size());
  for (const Edge& edge : upwards_) downwards_.emplace_back(edge.second, edge.first);
  std::sort(downwards_.begin(), downwards_.end());
  std::stable_sort(values_.begin(), values_.end(), [](const Value& a, const Value& b) {
    return std::pair(a.owner, a.property) < std::pair(b.owner, b.property);
  });
}

std::optional<ConceptId> CodeSystem::find(std::string_view code) const {
  const auto at = std::lower_bound(by_code_.begin(), by_code_.end(), code,
                                   [&](ConceptId id, std::string_view wanted) { return concepts_[id].code < wanted; });
  if (at == by_code_.end() || concepts_[*at].code != code) return {};
  return *at;
}

std::vector<ConceptId> CodeSystem::parents(ConceptId id) const {
  return seconds(upwards_, id);
}
std::vector<ConceptId> CodeSystem::children(ConceptId id) const {
  return seconds(downwards_, id);
}
std::vector<ConceptId> CodeSystem::ancestors(ConceptId id) const {
  return reach(id, upwards_);
}
std::vector<ConceptId> CodeSystem::descendants(ConceptId id) const {
  return reach(id, downwards_);
}

std::vector<ConceptId> CodeSystem::reach(ConceptId from, const std::vector<Edge>& edges) const {
  std::vector<bool> seen(concepts_.size());
  std::vector<ConceptId> found = {from};
  seen[from] = true;
  for (std::size_t at = 0; at < found.size(); ++at) {
    for (const ConceptId next : seconds(edges, found[at])) {
      if (seen[next]) continue;
      seen[next] = true;
      found.push_back(next);
    }
  }
  return found;
}

std::optional<std::size_t> CodeSystem::find_property(std::string_view code) const {
  const auto at = property_numbers_.find(code);
  if (at == property_numbers_.end()) return {};
  return at->second;
}

std::vector<std::string_view> CodeSystem::property_values(ConceptId id, std::size_t property) const {
  std::vector<std::string_view> found;
  const auto wanted = std::pair(id, static_cast<std::uint32_t>(property));
  auto at = std::lower_bound(values_.begin(), values_.end(), wanted,
                             [](const Value& a, const auto& b) { return std::pair(a.owner, a.property) < b; });
  for (; at != values_.end() && std::pair(at->owner, at->property) == wanted; ++at) found.push_back(at->text);
  return found;
}

void CodeSystem::mark_inactive() {
  inactive_.resize(concepts_.size());
  for (const Value& value : values_) {
    const Property& property = properties_[value.property];
    if (property.role == PropertyRole::inactive ? value.text == "true"
                                                : property.code == "status" && value.text == "retired") {
      inactive_[value.owner] = true;
    }
  }
}

std::size_t CodeSystem::bytes() const {
  std::size_t total = sizeof(CodeSystem) + by_code_.size() * sizeof(ConceptId) + 2 * upwards_.size() * sizeof(Edge);
  for (const Concept& known : concepts_) total += sizeof(Concept) + known.code.capacity() + known.display.capacity();
  for (const Value& value : values_) total += sizeof(Value) + value.text.capacity();
  for (const Property& property : properties_) total += sizeof(Property) + property.code.capacity();
  return total;
}

}  // namespace vesta::terminology
