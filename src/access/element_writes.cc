// Keeping of what is hidden, comparing of what is read-only.
#include "access/element_writes.h"

#include <algorithm>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "access/element_paths.h"
#include "access/redaction.h"
#include "fhir/json.h"
#include "store/version_text.h"

namespace vesta::access {
namespace {

using fhir::NameId;
using fhir::Node;
using search::ElementPath;
using search::ElementPaths;
using Nodes = std::vector<const Node*>;
using Names = std::span<const NameId>;

Error may_not(const fhir::Definitions& definitions, const ElementPath& path) {
  const std::string text = text_of(definitions, path);
  return Error{
      Category::forbidden, {}, {Issue{Severity::error, "forbidden", "You may not write " + text + " here.", text}}};
}

Nodes children(const Node* parent, NameId name) {
  Nodes found;
  if (parent == nullptr) return found;
  for (const Node& child : parent->children()) {
    if (child.name == name) found.push_back(&child);
  }
  return found;
}

// Properties have no order, repetitions have.
bool is_same(const Node& one, const Node& other) {
  if (one.type != other.type || one.has_value != other.has_value || one.value != other.value) return false;
  const auto sorted = [](const Node& node) {
    Nodes all;
    for (const Node& child : node.children()) all.push_back(&child);
    std::ranges::stable_sort(all, {}, &Node::name);
    return all;
  };
  return std::ranges::equal(sorted(one), sorted(other), [](const Node* left, const Node* right) {
    return left->name == right->name && is_same(*left, *right);
  });
}

bool are_same(const Nodes& some, const Nodes& others) {
  return std::ranges::equal(some, others, [](const Node* one, const Node* other) { return is_same(*one, *other); });
}

// Elements along a path: compared, and looked for. In what is on the way elements of its own type may stand, and what
// is behind it in the path is meant there again.
class OnPath {
 public:
  explicit OnPath(const fhir::Definitions& definitions) : definitions_(definitions) {}

  // Each at its place: that is what a part of a repetition is known by.
  bool is_same(Names names, const Node* one, const Node* other) const {
    const Nodes some = children(one, names.front()), others = children(other, names.front());
    if (names.size() == 1) return are_same(some, others);
    return holds_for_pairs(some, others, [&](const Node* left, const Node* right) {
      const fhir::TypeId again = (left != nullptr ? left : right)->type;
      return is_same(names.subspan(1), left, right) && is_same_again(again, names.subspan(1), left, right);
    });
  }

  bool is_at(Names names, const Node& node) const {
    return std::ranges::any_of(children(&node, names.front()), [&](const Node* child) {
      if (names.size() == 1 || is_at(names.subspan(1), *child)) return true;
      return is_at_again(child->type, names.subspan(1), *child);
    });
  }

 private:
  template <class Holds>
  static bool holds_for_pairs(const Nodes& some, const Nodes& others, const Holds& holds) {
    for (std::size_t i = 0; i < std::max(some.size(), others.size()); ++i) {
      if (!holds(i < some.size() ? some[i] : nullptr, i < others.size() ? others[i] : nullptr)) return false;
    }
    return true;
  }

  // Of those of type `again` that stand in the elements, one of which may be missing.
  bool is_same_again(fhir::TypeId again, Names names, const Node* one, const Node* other) const {
    const fhir::TypeId outer = (one != nullptr ? one : other)->type;
    return std::ranges::all_of(definitions_.type(outer).elements, [&](const fhir::Element& element) {
      if (!search::is_nested(definitions_, outer, element.type)) return true;
      return holds_for_pairs(children(one, element.name), children(other, element.name),
                             [&](const Node* left, const Node* right) {
                               if (element.type == again && !is_same(names, left, right)) return false;
                               return is_same_again(again, names, left, right);
                             });
    });
  }

  bool is_at_again(fhir::TypeId again, Names names, const Node& node) const {
    for (const Node& child : node.children()) {
      if (!search::is_nested(definitions_, node.type, child.type)) continue;
      if (child.type == again && is_at(names, child)) return true;
      if (is_at_again(again, names, child)) return true;
    }
    return false;
  }

  const fhir::Definitions& definitions_;
};

// The elements of this name become those of `from`, which another tree keeps.
void replace(NameId name, const Node& from, Node& resource, fhir::Arena& arena) {
  Node** at = &resource.first_child;
  while (*at != nullptr) {
    if ((*at)->name == name) {
      *at = (*at)->next;
    } else {
      at = &(*at)->next;
    }
  }
  for (const Node* const element : children(&from, name)) {
    Node* const copy = arena.make<Node>(*element);
    copy->next = nullptr;
    *at = copy;
    at = &copy->next;
  }
}

// What somebody was shown of a resource has the tag, and what they write of it should not.
void take_out_tag(const fhir::Definitions& definitions, Node& next) {
  const auto meta = definitions.find_name("meta");
  const auto tag = definitions.find_name("tag");
  const auto is_tag = [&](const Node& each) { return each.name == *tag && is_subsetted(definitions, each); };
  for (Node* element = next.first_child; element != nullptr; element = element->next) {
    if (element->name != *meta) continue;
    for (Node** at = &element->first_child; *at != nullptr;) {
      if (is_tag(**at)) {
        *at = (*at)->next;
      } else {
        at = &(*at)->next;
      }
    }
  }
}

}  // namespace

Status ElementWrites::keep_hidden(const store::Version& current, const Node& old, Node& next, fhir::Arena& arena) {
  const search::Visibility& visible = grant_.of(Action::read);
  VESTA_TRY(std::optional<ElementPaths> hidden, hidden_in(deciding_, visible, current, Standing::current));
  kept_ = hidden ? std::move(*hidden) : visible.hidden_by_any(current.type);
  std::set<NameId> whole, partly;
  for (const ElementPath& path : kept_) (path.names.size() == 1 ? whole : partly).insert(path.names.front());
  for (const Node& element : old.children()) {
    if (!holds_hiding(definitions_, element, visible)) continue;
    partly.insert(element.name);
    for (const ElementPath& path : narrative_of(definitions_, current.type)) {
      kept_.insert(path);
      whole.insert(path.names.front());
    }
  }
  if ((!whole.empty() || !partly.empty()) && is_part(definitions_, next) && !is_part(definitions_, old)) {
    VESTA_CHECK_OK(check_part(old, next));
    take_out_tag(definitions_, next);
  }
  for (const NameId name : whole) {
    if (next.child(name) != nullptr) return may_not(definitions_, {current.type, {name}});
    replace(name, old, next, arena);
    partly.erase(name);
  }
  if (!partly.empty()) {
    std::string text;
    store::append_text(definitions_, current, text);
    fhir::JsonReader reader(definitions_);
    VESTA_TRY(Node* const shown, reader.read(std::string_view(arena.copy(text)), text.size(), arena));
    take_out(definitions_, kept_, visible, *shown);
    for (const NameId name : partly) {
      if (!are_same(children(shown, name), children(&next, name))) {
        return may_not(definitions_, {current.type, {name}});
      }
    }
  }
  for (const Node& element : next.children()) {
    if (!partly.contains(element.name)) VESTA_CHECK_OK(check_inside(element));
  }
  for (const NameId name : partly) replace(name, old, next, arena);
  return kOk;
}

// What is not hidden now may have been when the writer was shown it.
Status ElementWrites::check_part(const Node& old, const Node& next) const {
  for (const Action action : {Action::read, Action::search}) {
    for (const ElementPath& path : grant_.of(action).hidden_by_any(old.type)) {
      if (kept_.contains(path)) continue;
      if (OnPath(definitions_).is_at(path.names, old) && !OnPath(definitions_).is_at(path.names, next))
        return is_no_update(definitions_, old.type);
    }
  }
  return kOk;
}

template <class... What>
Result<std::optional<ElementPaths>> ElementWrites::hidden_from_reader(const What&... what) const {
  VESTA_TRY(auto hidden, hidden_in(deciding_, grant_.of(Action::read), what...));
  VESTA_TRY(auto not_found, hidden_in(deciding_, grant_.of(Action::search), what...));
  if (!hidden) return not_found;
  if (not_found) hidden = hidden_by_both(*hidden, *not_found);
  return hidden;
}

Status ElementWrites::check_update(const store::Version& current, const Node& old, const search::Subject& after,
                                   const Node& next) {
  const search::Visibility& writable = grant_.of(Action::update);
  VESTA_TRY(auto before, hidden_in(deciding_, writable, current, Standing::current));
  VESTA_TRY(auto behind, hidden_in(deciding_, writable, after));
  ElementPaths fixed = before ? std::move(*before) : writable.hidden_by_any(after.type);
  fixed.merge(behind ? std::move(*behind) : writable.hidden_by_any(after.type));
  const OnPath on_path(definitions_);
  for (const ElementPath& path : fixed) {
    if (!kept_.contains(path) && !on_path.is_same(path.names, &old, &next)) return may_not(definitions_, path);
  }
  VESTA_TRY(const auto hidden, hidden_from_reader(after));
  if (!hidden) return kOk;
  VESTA_TRY(const auto was_hidden, hidden_from_reader(current, Standing::current));
  for (const ElementPath& path : was_hidden ? *was_hidden : grant_.of(Action::read).hidden_by_any(after.type)) {
    if (!hidden->contains(path)) return may_not(definitions_, path);
  }
  return kOk;
}

Status ElementWrites::check_create(const search::Subject& after, const Node& next) {
  for (const Action action : {Action::create, Action::read}) {
    const search::Visibility& visible = grant_.of(action);
    VESTA_TRY(auto hidden, hidden_in(deciding_, visible, after));
    if (!hidden) {
      VESTA_TRY(const bool is_granted, decide(deciding_, visible.guard(after.type), after));
      if (!is_granted) continue;
      hidden = visible.hidden_by_any(after.type);  // which way grants it cannot be decided
    }
    for (const ElementPath& path : *hidden) {
      if (OnPath(definitions_).is_at(path.names, next)) return may_not(definitions_, path);
    }
  }
  for (const Node& element : next.children()) VESTA_CHECK_OK(check_inside(element));
  return kOk;
}

// Of resources that stand in the element.
Status ElementWrites::check_inside(const Node& element) {
  for (const ElementPath& path : grant_.of(Action::read).hidden_by_any(element.type)) {
    if (OnPath(definitions_).is_at(path.names, element)) return may_not(definitions_, path);
  }
  for (const Node& child : element.children()) VESTA_CHECK_OK(check_inside(child));
  return kOk;
}

}  // namespace vesta::access
