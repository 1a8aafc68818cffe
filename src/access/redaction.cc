// Taking out of elements, by the typed tree.
#include "access/redaction.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "access/element_paths.h"
#include "base/check.h"
#include "fhir/envelope.h"
#include "search/extract.h"
#include "store/scratch.h"

namespace vesta::access {
namespace {

using fhir::Definitions;
using fhir::Node;
using search::ElementPath;
using search::ElementPaths;
using search::Visibility;
using search::Way;

constexpr std::string_view kSystem = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue";

// Is the element one of these, or in one?
bool is_within(const ElementPath& path, const ElementPaths& outer) {
  return std::ranges::any_of(outer, [&](const ElementPath& each) {
    return each.type == path.type && each.names.size() <= path.names.size() &&
           std::equal(each.names.begin(), each.names.end(), path.names.begin());
  });
}

template <class Holds>
Result<std::optional<ElementPaths>> hidden_by_all(const std::vector<Way>& ways, const Holds& holds) {
  std::optional<ElementPaths> hidden;
  for (const Way& way : ways) {
    if (hidden && hidden->empty()) break;
    VESTA_TRY(const bool shows, holds(*way.plan));
    if (!shows) continue;
    hidden = hidden ? hidden_by_both(*hidden, way.hidden) : way.hidden;
  }
  return hidden;
}

// One search, as for what is seen at all; what has come since is decided by what it says.
Result<bool> shows_current(const Deciding& deciding, const search::Plan& plan, const store::Version& version) {
  if (plan.kind == search::Plan::Kind::all) return true;
  VESTA_TRY(const store::SearchPage found,
            deciding.store.search(one_of(deciding, version.type, version.id, plan), {.count = 1}));
  if (found.entries.empty()) return false;
  return found.entries.front().version == version.version ? Result<bool>(true) : decide(deciding, plan, version);
}

// `decide` follows no canonicals: a plan that denies a chain by one may hold where it should not.
bool is_decided_right(const search::Registry& registry, const search::Plan& plan, bool is_denied = false) {
  if (plan.kind == search::Plan::Kind::chain) {
    return !is_denied || plan.link.parameter->canonical == search::kNoParameter ||
           registry.canonical_of(plan.link.type).names == search::kNoParameter;
  }
  if (plan.shared != nullptr) return is_decided_right(registry, *plan.shared, is_denied);
  if (plan.kind == search::Plan::Kind::not_) return is_decided_right(registry, plan.children.front(), !is_denied);
  if (plan.kind != search::Plan::Kind::and_ && plan.kind != search::Plan::Kind::or_) return true;
  return std::ranges::all_of(plan.children,
                             [&](const search::Plan& child) { return is_decided_right(registry, child, is_denied); });
}

template <class What>
Result<bool> shows(const Deciding& deciding, const search::Plan& plan, const What& what) {
  if (!is_decided_right(deciding.registry, plan)) return false;
  return decide(deciding, plan, what);
}

bool is_resource(const Definitions& definitions, const Node& node) {
  return definitions.type(node.type).kind == fhir::TypeKind::resource;
}

template <class IsGone>
void erase_children(Node& parent, const IsGone& is_gone) {
  for (Node** at = &parent.first_child; *at != nullptr;) {
    Node& child = **at;
    if (is_gone(child)) {
      *at = child.next;
    } else {
      at = &child.next;
    }
  }
}

bool is_empty(const Node& element) {
  return !element.has_value && element.first_child == nullptr;
}

using Names = std::span<const fhir::NameId>;
void take_out_again(const Definitions& definitions, fhir::TypeId again, Names names, Node& parent);

void take_out_names(const Definitions& definitions, Names names, Node& parent) {
  erase_children(parent, [&](Node& child) {
    if (child.name != names.front()) return false;
    if (names.size() == 1) return true;
    take_out_names(definitions, names.subspan(1), child);
    take_out_again(definitions, child.type, names.subspan(1), child);
    return is_empty(child);
  });
}

// From those of type `again` that stand in the element, at any depth.
void take_out_again(const Definitions& definitions, fhir::TypeId again, Names names, Node& parent) {
  erase_children(parent, [&](Node& child) {
    if (!search::is_nested(definitions, parent.type, child.type)) return false;
    if (child.type == again) take_out_names(definitions, names, child);
    take_out_again(definitions, again, names, child);
    return is_empty(child);
  });
}

void take_out_paths(const Definitions& definitions, const ElementPaths& paths, Node& resource) {
  for (const ElementPath& path : paths) take_out_names(definitions, path.names, resource);
}

// Of the resources that stand in the element.
bool take_out_inside(const Definitions& definitions, const Visibility& visible, Node& element) {
  bool could_hide = false;
  for (Node* child = element.first_child; child != nullptr; child = child->next) {
    if (is_resource(definitions, *child) && visible.ways(child->type) != nullptr) {
      take_out_paths(definitions, visible.hidden_by_any(child->type), *child);
      could_hide = true;
    }
    if (take_out_inside(definitions, visible, *child)) could_hide = true;
  }
  return could_hide;
}

class TagMaker {
 public:
  TagMaker(const Definitions& definitions, fhir::Arena& arena) : definitions_(definitions), arena_(arena) {}

  // Behind the tags that are there.
  void add(Node& resource) const {
    const fhir::NameId tag = name("tag");
    Node* const meta = const_cast<Node*>(resource.child(name("meta")));
    CHECK(meta != nullptr);  // the head of each version has one
    Node** at = &meta->first_child;
    Node** behind_tags = nullptr;
    for (; *at != nullptr; at = &(*at)->next) {
      if ((*at)->name != tag) continue;
      if (is_subsetted(definitions_, **at)) return;
      behind_tags = &(*at)->next;
    }
    if (behind_tags != nullptr) at = behind_tags;
    Node* const made = arena_.make<Node>();
    made->name = tag;
    made->type = type("Coding");
    made->in_list = true;
    made->first_child = part("system", "uri", kSystem);
    made->first_child->next = part("code", "code", kSubsetted);
    made->next = *at;
    *at = made;
  }

 private:
  fhir::NameId name(std::string_view text) const {
    const auto id = definitions_.find_name(text);
    CHECK(id);
    return *id;
  }
  fhir::TypeId type(std::string_view text) const {
    const auto id = definitions_.find_type(text);
    CHECK(id);
    return *id;
  }
  Node* part(std::string_view element, std::string_view primitive, std::string_view value) const {
    Node* const made = arena_.make<Node>();
    made->name = name(element);
    made->type = type(primitive);
    made->value = value;
    made->has_value = true;
    return made;
  }

  const Definitions& definitions_;
  fhir::Arena& arena_;
};

}  // namespace

ElementPaths hidden_by_both(const ElementPaths& left, const ElementPaths& right) {
  ElementPaths hidden;
  std::ranges::copy_if(left, std::inserter(hidden, hidden.end()),
                       [&](const auto& each) { return is_within(each, right); });
  std::ranges::copy_if(right, std::inserter(hidden, hidden.end()),
                       [&](const auto& each) { return is_within(each, left); });
  return hidden;
}

Result<std::optional<ElementPaths>> hidden_in(const Deciding& deciding, const Visibility& visible,
                                              const store::Version& version, Standing standing) {
  const std::vector<Way>* const ways = visible.ways(version.type);
  if (ways == nullptr) return std::optional(ElementPaths());
  return hidden_by_all(*ways, [&](const search::Plan& plan) {
    return standing == Standing::current ? shows_current(deciding, plan, version) : shows(deciding, plan, version);
  });
}

Result<std::optional<ElementPaths>> hidden_in(const Deciding& deciding, const Visibility& visible,
                                              const search::Subject& subject) {
  const std::vector<Way>* const ways = visible.ways(subject.type);
  if (ways == nullptr) return std::optional(ElementPaths());
  return hidden_by_all(*ways, [&](const search::Plan& plan) { return shows(deciding, plan, subject); });
}

bool holds_hiding(const Definitions& definitions, const Node& element, const Visibility& visible) {
  if (is_resource(definitions, element) && visible.ways(element.type) != nullptr) return true;
  for (const Node& child : element.children()) {
    if (holds_hiding(definitions, child, visible)) return true;
  }
  return false;
}

bool take_out(const Definitions& definitions, const ElementPaths& hidden, const Visibility& visible, Node& resource) {
  take_out_paths(definitions, hidden, resource);
  if (!take_out_inside(definitions, visible, resource)) return !hidden.empty();
  take_out_paths(definitions, narrative_of(definitions, resource.type), resource);
  return true;
}

Status redact(const Deciding& deciding, const Visibility& visible, Standing standing, store::Version& version) {
  if (version.deleted || !visible.hides_elements()) return kOk;
  // OPTIMIZATION: only a text with this in it can have other resources in it; that of the whole is not in the tail.
  const bool may_hold_others = version.tail.find("\"resourceType\"") != std::string::npos;
  if (!may_hold_others && visible.ways(version.type) == nullptr) return kOk;
  VESTA_TRY(std::optional<ElementPaths> hidden, hidden_in(deciding, visible, version, standing));
  if (!hidden) hidden = visible.hidden_by_any(version.type);  // it was shown a moment ago
  if (!may_hold_others && hidden->empty()) return kOk;
  const Definitions& definitions = deciding.registry.definitions();
  store::ScratchLease scratch(definitions);
  VESTA_TRY(Node* const resource, scratch->read(version));
  if (!take_out(definitions, *hidden, visible, *resource)) return kOk;
  add_subsetted_tag(definitions, *resource, scratch->arena);
  version.tail.clear();
  fhir::write_tail(definitions, *resource, version.tail);
  return kOk;
}

void add_subsetted_tag(const Definitions& definitions, Node& resource, fhir::Arena& arena) {
  TagMaker(definitions, arena).add(resource);
}

bool is_subsetted(const Definitions& definitions, const Node& tag) {
  const auto value = [&](std::string_view name) {
    const auto id = definitions.find_name(name);
    return id ? tag.child_value(*id) : std::string_view();
  };
  return value("code") == kSubsetted && value("system") == kSystem;
}

bool is_part(const Definitions& definitions, const Node& resource) {
  const auto meta = definitions.find_name("meta");
  const auto tag = definitions.find_name("tag");
  const Node* const head = meta && tag ? resource.child(*meta) : nullptr;
  if (head == nullptr) return false;
  for (const Node& each : head->children()) {
    if (each.name == *tag && is_subsetted(definitions, each)) return true;
  }
  return false;
}

Error is_no_update(const Definitions& definitions, fhir::TypeId type) {
  return Error{Category::unprocessable,
               {},
               {Issue{Severity::error, "business-rule",
                      "The tag SUBSETTED says that this is a part of the resource: an update needs all of it. Read it "
                      "anew.",
                      std::string(definitions.type(type).name) + ".meta.tag"}}};
}

}  // namespace vesta::access
