// Applying of FHIRPath Patches: a path leads to nodes of the tree, which are then linked anew.
#include "fhirpath/patch.h"

#include <algorithm>
#include <utility>

#include "fhirpath/patch_content.h"

namespace vesta::fhirpath {
namespace {

using fhir::Node;
using Kind = PatchOperation::Kind;
using Part = PatchOperation::Part;

// From the root to a node.
using Chain = std::vector<Node*>;

bool find_chain(const Node* target, Chain& chain, std::size_t& steps) {
  ++steps;
  if (chain.back() == target) return true;
  for (Node* child = chain.back()->first_child; child != nullptr; child = child->next) {
    chain.push_back(child);
    if (find_chain(target, chain, steps)) return true;
    chain.pop_back();
  }
  return false;
}

std::size_t depth_of(const Node& node) {
  std::size_t depth = 0;
  for (const Node& child : node.children()) depth = std::max(depth, depth_of(child));
  return depth + 1;
}

// The place that points to `node`, among the children of `parent`.
Node** link_to(Node& parent, const Node* node) {
  Node** link = &parent.first_child;
  while (*link != node) link = &(*link)->next;
  return link;
}

void unlink(Node& parent, const Node* node) {
  *link_to(parent, node) = node->next;
}

void put_in_place(Node& parent, const Node* old, Node* made) {
  made->next = old->next;
  *link_to(parent, old) = made;
}

// Applies operations to one tree.
class Patcher {
 public:
  Patcher(const fhir::Definitions& definitions, Node& root, fhir::Arena& arena, std::size_t& steps)
      : definitions_(definitions), root_(root), arena_(arena), steps_(steps), content_(definitions, arena) {}

  Status apply(const PatchOperation& operation) {
    switch (operation.kind) {
      case Kind::add:
        return add(operation);
      case Kind::insert:
        return insert(operation);
      case Kind::remove:
        return remove(operation);
      case Kind::replace:
        return replace(operation);
      case Kind::move:
        return move(operation);
    }
    return kOk;
  }

 private:
  static Error refuse(const PatchOperation& operation, Part part, std::string message) {
    return misfit(operation.places[part], std::move(message));
  }

  Result<Collection> evaluate(const PatchOperation& operation) {
    Collection items;
    const Status status = operation.program->evaluate(root_, arena_, items, {.steps = &steps_});
    if (!status.ok()) return refuse(operation, Part::path, status.error().message);
    return items;
  }

  // Errors: it is no element of this resource.
  Result<Chain> chain_to(const PatchOperation& operation, const Item& item) {
    Chain chain = {&root_};
    if (item.kind == Item::Kind::node && find_chain(item.node, chain, steps_)) return chain;
    return refuse(operation, Part::path, "The path leads to a value, but must to an element of the resource.");
  }

  // To the one element; empty: there is none.
  Result<Chain> find_element(const PatchOperation& operation) {
    VESTA_TRY(const Collection items, evaluate(operation));
    if (items.empty()) return Chain();
    if (items.size() == 1) return chain_to(operation, items.front());
    return refuse(operation, Part::path,
                  "The path leads to " + std::to_string(items.size()) + " elements, but must to a single one.");
  }
  Result<Chain> find_present_element(const PatchOperation& operation) {
    VESTA_TRY(Chain chain, find_element(operation));
    if (chain.empty()) return refuse(operation, Part::path, "The path leads to no element.");
    return chain;
  }

  // Errors: it is the resource itself.
  Status check_is_below_root(const PatchOperation& operation, const Chain& chain) const {
    if (chain.size() > 1) return kOk;
    return refuse(operation, Part::path, "The path leads to the resource itself, but must to an element of it.");
  }

  // The content as a node of the element `name` of the last of `owners`.
  Result<Node*> make(const PatchOperation& operation, const Chain& owners, std::string_view name) {
    VESTA_TRY(Node* const made,
              content_.make(owners.back()->type, name, *operation.content, operation.places[Part::value]));
    if (owners.size() + depth_of(*made) > kMaxPatchedDepth) {
      return refuse(operation, Part::value,
                    "The element would stand deeper than " + std::to_string(kMaxPatchedDepth) + " levels.");
    }
    return made;
  }

  Status add(const PatchOperation& operation) {
    VESTA_TRY(const Chain chain, find_present_element(operation));
    VESTA_TRY(Node* const made, make(operation, chain, operation.element));
    if (PatchContent::append(*chain.back(), *made)) return kOk;
    return refuse(operation, Part::name, "The element is no list, and is there already: replace it.");
  }

  // "Path of the element to delete (if found)". What is empty then goes with it.
  Status remove(const PatchOperation& operation) {
    VESTA_TRY(Chain chain, find_element(operation));
    if (chain.empty()) return kOk;
    VESTA_CHECK_OK(check_is_below_root(operation, chain));
    bool is_empty = true;
    while (chain.size() > 1 && is_empty) {
      const Node* const gone = chain.back();
      chain.pop_back();
      unlink(*chain.back(), gone);
      const bool is_resource = definitions_.type(chain.back()->type).kind == fhir::TypeKind::resource;
      is_empty = !is_resource && !chain.back()->has_value && chain.back()->first_child == nullptr;
    }
    return kOk;
  }

  Status replace(const PatchOperation& operation) {
    VESTA_TRY(Chain chain, find_present_element(operation));
    VESTA_CHECK_OK(check_is_below_root(operation, chain));
    const Node* const old = chain.back();
    chain.pop_back();
    VESTA_TRY(Node* const made, make(operation, chain, definitions_.name(old->name)));
    put_in_place(*chain.back(), old, made);
    return kOk;
  }

  // A whole list: `owners` lead to what it stands in, `items` are its items.
  struct List {
    Chain owners;
    std::vector<Node*> items;
  };
  Result<List> find_list(const PatchOperation& operation) {
    VESTA_TRY(const Collection found, evaluate(operation));
    if (found.empty()) return refuse(operation, Part::path, "The path leads to no list: 'add' makes its first item.");
    VESTA_TRY(Chain chain, chain_to(operation, found.front()));
    VESTA_CHECK_OK(check_is_below_root(operation, chain));
    const fhir::NameId name = chain.back()->name;
    chain.pop_back();
    List list{std::move(chain), {}};
    for (Node* child = list.owners.back()->first_child; child != nullptr; child = child->next) {
      if (child->in_list && child->name == name) list.items.push_back(child);
    }
    const auto is_same = [](const Item& item, const Node* node) { return item.node == node; };
    if (std::ranges::equal(found, list.items, is_same)) return list;
    return refuse(operation, Part::path, "The path must lead to all items of one list.");
  }

  static Error too_short(const PatchOperation& operation, Part part, std::size_t items) {
    return refuse(operation, part, "The list has " + std::to_string(items) + " items.");
  }

  // "the index … must be equal or less than the number of elements in the list"
  Status insert(const PatchOperation& operation) {
    VESTA_TRY(List list, find_list(operation));
    if (operation.to > list.items.size()) return too_short(operation, Part::index, list.items.size());
    VESTA_TRY(Node* const made, make(operation, list.owners, definitions_.name(list.items.front()->name)));
    link_item(list, made, operation.to);
    return kOk;
  }

  // The item stands at "destination" when it has left its place.
  Status move(const PatchOperation& operation) {
    VESTA_TRY(List list, find_list(operation));
    const std::size_t items = list.items.size();
    if (operation.from >= items) return too_short(operation, Part::source, items);
    if (operation.to >= items) return too_short(operation, Part::destination, items);
    if (items == 1) return kOk;
    Node* const moved = list.items[operation.from];
    unlink(*list.owners.back(), moved);
    list.items.erase(list.items.begin() + static_cast<std::ptrdiff_t>(operation.from));
    link_item(list, moved, operation.to);
    return kOk;
  }

  // `item` becomes the one at `index` of a list that has others.
  static void link_item(const List& list, Node* item, std::size_t index) {
    Node** const link = index == 0 ? link_to(*list.owners.back(), list.items.front()) : &list.items[index - 1]->next;
    item->next = *link;
    *link = item;
  }

  const fhir::Definitions& definitions_;
  Node& root_;
  fhir::Arena& arena_;
  std::size_t& steps_;
  const PatchContent content_;
};

}  // namespace

Status apply_patch(const fhir::Definitions& definitions, const std::vector<PatchOperation>& patch, fhir::Node& root,
                   fhir::Arena& arena, std::size_t& steps) {
  Patcher patcher(definitions, root, arena, steps);
  for (const PatchOperation& operation : patch) {
    Status applied = patcher.apply(operation);
    if (steps > kMaxPatchSteps) return too_many_patch_steps();
    if (!applied.ok()) return applied;
  }
  return kOk;
}

Error too_many_patch_steps() {
  return make_error(Category::too_large, "The patches of one request take more than " + std::to_string(kMaxPatchSteps) +
                                             " steps (kMaxPatchSteps).");
}

}  // namespace vesta::fhirpath
