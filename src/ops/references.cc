// Rewriting of links in typed trees. https://hl7.org/fhir/R4/bundle.html#references
#include "ops/references.h"

#include <utility>

#include "ops/route.h"

namespace vesta::ops {
namespace {

constexpr std::string_view kUrn = "urn:";

// "http://example.org/fhir/Patient/1" -> "http://example.org/fhir/" if that is the form of a RESTful URL, else empty.
std::string_view root_of(const fhir::Definitions& definitions, std::string_view full_url) {
  const std::size_t id = full_url.rfind('/');
  if (id == std::string_view::npos || id == 0) return {};
  const std::size_t type = full_url.rfind('/', id - 1);
  if (type == std::string_view::npos) return {};
  if (!definitions.find_resource_type(full_url.substr(type + 1, id - type - 1))) return {};
  return full_url.substr(0, type + 1);
}

const fhir::Node* find_urn_reference(const Vocabulary& names, const fhir::Node& node) {
  if (node.type == names.bundle) return nullptr;
  for (const fhir::Node& child : node.children()) {
    if (child.type == names.reference_type) {
      const fhir::Node* const reference = child.child(names.reference);
      if (reference != nullptr &&
          (reference->value.starts_with("urn:uuid:") || reference->value.starts_with("urn:oid:")))
        return reference;
    }
    if (child.first_child == nullptr) continue;
    if (const fhir::Node* const found = find_urn_reference(names, child)) return found;
  }
  return nullptr;
}

// Appends the steps from `root` down to `node`; false, and nothing is appended, if it is not there.
bool append_path(const fhir::Definitions& definitions, const fhir::Node& root, const fhir::Node& node,
                 std::string& path) {
  std::size_t index = 0;
  const fhir::Node* before = nullptr;
  for (const fhir::Node& child : root.children()) {
    index = before != nullptr && before->name == child.name ? index + 1 : 0;
    before = &child;
    const std::size_t end = path.size();
    if (end > 0) path += '.';
    path += definitions.name(child.name);
    if (child.is_choice) {
      path += definitions.type(child.type).name;
      char& initial = path[path.size() - definitions.type(child.type).name.size()];
      if (initial >= 'a' && initial <= 'z') initial = static_cast<char>(initial - 'a' + 'A');
    }
    if (child.in_list) path += "[" + std::to_string(index) + "]";
    if (&child == &node || append_path(definitions, child, node, path)) return true;
    path.resize(end);
  }
  return false;
}

}  // namespace

std::string path_below(const fhir::Definitions& definitions, const fhir::Node& root, const fhir::Node& node) {
  std::string path;
  append_path(definitions, root, node, path);
  return path;
}

Status check_no_urn_reference(const Context& context, const fhir::Node& resource) {
  const fhir::Node* const found = find_urn_reference(context.vocabulary, resource);
  if (found == nullptr) return kOk;
  return Error{Category::invalid,
               {},
               {Issue{Severity::error, "not-found",
                      "The reference '" + std::string(found->value) + "' means no resource that the Bundle writes.",
                      path_below(context.definitions, resource, *found)}}};
}

LinkRewriter::LinkRewriter(const fhir::Definitions& definitions, const Vocabulary& names, fhir::Arena& arena)
    : definitions_(definitions), names_(names), arena_(arena) {
  const auto types = definitions.types();
  kinds_.assign(types.size(), Kind::none);
  for (std::size_t i = 0; i < types.size(); ++i) {
    switch (types[i].primitive) {
      case fhir::Primitive::uri:
      case fhir::Primitive::url:
      case fhir::Primitive::oid:
      case fhir::Primitive::uuid:
        kinds_[i] = Kind::link;
        break;
      case fhir::Primitive::xhtml:
        kinds_[i] = Kind::narrative;
        break;
      default:
        break;
    }
  }
  kinds_[names.reference_type] = Kind::reference;
}

bool LinkRewriter::add(std::string_view full_url, LinkTarget target) {
  if (!full_url.starts_with(kUrn)) has_urls_ = true;
  return targets_.emplace(full_url, target).second;
}

void LinkRewriter::replace(fhir::Node& node, std::string_view value) {
  saved_.push_back({&node, node.value, node.needs_escape});
  node.value = value;
}

void LinkRewriter::undo() {
  for (auto saved = saved_.rbegin(); saved != saved_.rend(); ++saved) {
    saved->node->value = saved->value;
    saved->node->needs_escape = saved->needs_escape;
  }
  saved_.clear();
  targets_.clear();
  has_urls_ = false;
}

// OPTIMIZATION: most uris are systems of codes; where all full URLs are urns these need no look-up.
bool LinkRewriter::may_be_target(std::string_view link) const {
  return !link.empty() && (has_urls_ || link.starts_with(kUrn));
}

std::string_view LinkRewriter::find(std::string_view link) {
  if (!may_be_target(link)) return {};
  const auto found = targets_.find(link);
  if (found != targets_.end()) return found->second.local;
  return find_with_suffix(link);
}

// "Version-specific references should remain as version-specific references after the references have been updated";
// and a fragment stays one.
std::string_view LinkRewriter::find_with_suffix(std::string_view link) {
  const std::size_t hash = link.find('#');
  const std::size_t history = link.find("/_history/");
  const std::size_t end = std::min(hash, history);
  if (end == std::string_view::npos) return {};
  const auto found = targets_.find(link.substr(0, end));
  if (found == targets_.end()) return {};
  std::string text(found->second.local);
  if (history != std::string_view::npos) text += "/_history/" + std::to_string(found->second.version.value);
  if (hash != std::string_view::npos) text += link.substr(hash);
  return arena_.copy(text);
}

void LinkRewriter::rewrite(fhir::Node& resource, std::size_t entry, std::string_view full_url,
                           std::vector<ConditionalReference>& conditional) {
  const Place place{entry, has_urls_ ? root_of(definitions_, full_url) : std::string_view(), conditional};
  visit(resource, place);
}

void LinkRewriter::visit(fhir::Node& node, const Place& place) {
  for (fhir::Node* child = node.first_child; child != nullptr; child = child->next) {
    const Kind kind = child->type < kinds_.size() ? kinds_[child->type] : Kind::none;
    if (kind == Kind::link) {
      if (const std::string_view target = find(child->value); !target.empty()) replace(*child, target);
    } else if (kind == Kind::narrative) {
      visit_narrative(*child);
    } else if (kind == Kind::reference) {
      for (fhir::Node* part = child->first_child; part != nullptr; part = part->next) {
        if (part->name == names_.reference) visit_reference(*part, place);
      }
    }
    if (child->first_child != nullptr) visit(*child, place);
  }
}

// 1. The link as it stands is a full URL. 2. A relative one, in an entry with a RESTful full URL, means the resource
// below the same root. 3. `Type?criteria` is a conditional reference.
void LinkRewriter::visit_reference(fhir::Node& value, const Place& place) {
  const std::string_view link = value.value;
  if (const std::string_view target = find(link); !target.empty()) {
    replace(value, target);
    return;
  }
  // Only the path decides whether it is absolute: criteria are full of the URLs of systems.
  const std::size_t mark = link.find('?');
  if (link.empty() || link.front() == '#' || link.starts_with(kUrn)) return;
  if (link.substr(0, mark).find("://") != std::string_view::npos) return;
  if (!place.root.empty()) {
    const std::string_view absolute = arena_.copy(std::string(place.root) + std::string(link));
    if (const std::string_view target = find(absolute); !target.empty()) {
      replace(value, target);
      return;
    }
  }
  if (mark == std::string_view::npos) return;
  const auto type = definitions_.find_resource_type(link.substr(0, mark));
  if (type) place.conditional.push_back({&value, place.entry, *type, link.substr(mark + 1)});
}

// Every quoted value of an href or src attribute.
void LinkRewriter::visit_narrative(fhir::Node& node) {
  const std::string_view text = node.value;
  std::string changed;
  std::size_t copied = 0;
  for (std::size_t at = text.find('='); at != std::string_view::npos; at = text.find('=', at + 1)) {
    const std::string_view before = text.substr(0, at);
    if (!before.ends_with("href") && !before.ends_with("src")) continue;
    if (at + 1 >= text.size() || (text[at + 1] != '"' && text[at + 1] != '\'')) continue;
    const std::size_t end = text.find(text[at + 1], at + 2);
    if (end == std::string_view::npos) break;
    const std::string_view target = find(text.substr(at + 2, end - at - 2));
    if (target.empty()) continue;
    changed += text.substr(copied, at + 2 - copied);
    changed += target;
    copied = end;
  }
  if (copied == 0) return;
  changed += text.substr(copied);
  replace(node, arena_.copy(changed));
}

}  // namespace vesta::ops
