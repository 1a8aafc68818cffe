// Walks a document by a selector, with the namespaces in force at each element.
#include "xml/selection.h"

#include <algorithm>
#include <deque>
#include <string>
#include <utility>

namespace vesta::xml {
namespace {

using pugi::xml_node;

// The declarations of one element, inside of those of the elements around it.
struct Scope {
  const Scope* outer = nullptr;
  std::vector<std::pair<std::string_view, std::string_view>> declared;

  std::string_view find(std::string_view prefix) const {
    for (const Scope* at = this; at != nullptr; at = at->outer) {
      for (const auto& [name, space] : at->declared) {
        if (name == prefix) return space;
      }
    }
    return {};
  }
};

struct Element {
  xml_node node;
  const Scope* scope;
};
using Elements = std::vector<Element>;

void append_text(const xml_node& node, std::string& out) {
  for (const xml_node& child : node.children()) {
    if (is_text(child)) out += child.value();
    append_text(child, out);
  }
}

class Finder {
 public:
  // The child elements of that name.
  Elements children(const Element& parent, const QualifiedName& name) {
    Elements found;
    for (const xml_node& child : parent.node.children()) {
      if (child.type() != pugi::node_element) continue;
      if (!name.is_any && local_part(child.name()) != name.local) continue;
      const Scope* const scope = scope_of(child, parent.scope);
      if (name.is_any || scope->find(prefix_part(child.name())) == name.space) found.push_back({child, scope});
    }
    return found;
  }

  static pugi::xml_attribute attribute(const Element& element, const QualifiedName& name) {
    for (const pugi::xml_attribute& each : element.node.attributes()) {
      if (declared_prefix(each)) continue;
      if (name.is_any) return each;
      const std::string_view prefix = prefix_part(each.name());
      const std::string_view space = prefix.empty() ? std::string_view() : element.scope->find(prefix);
      if (local_part(each.name()) == name.local && space == name.space) return each;
    }
    return {};
  }

  bool holds(const Predicate& predicate, const Element& element) {
    Elements at = {element};
    for (const QualifiedName& name : predicate.path) at = children_of_all(at, name);
    return std::ranges::any_of(at, [&](const Element& each) {
      if (predicate.attribute) {
        const pugi::xml_attribute found = attribute(each, *predicate.attribute);
        return found && found.value() == predicate.text;
      }
      std::string text;
      append_text(each.node, text);
      return text == predicate.text;
    });
  }

  // One step from one element. A position counts what the predicates before it have left.
  Elements step(const Element& from, const SelectorStep& step) {
    Elements found = children(from, step.name);
    for (const Predicate& predicate : step.predicates) {
      if (predicate.position > 0) {
        found = predicate.position > found.size() ? Elements() : Elements{found[predicate.position - 1]};
      } else {
        std::erase_if(found, [&](const Element& each) { return !holds(predicate, each); });
      }
    }
    return found;
  }

  const Scope* empty_scope() { return &scopes_.emplace_back(); }

 private:
  Elements children_of_all(const Elements& parents, const QualifiedName& name) {
    Elements found;
    for (const Element& parent : parents) {
      const Elements below = children(parent, name);
      found.insert(found.end(), below.begin(), below.end());
    }
    return found;
  }

  const Scope* scope_of(const xml_node& node, const Scope* outer) {
    Scope* made = nullptr;
    for (const pugi::xml_attribute& attribute : node.attributes()) {
      const auto prefix = declared_prefix(attribute);
      if (!prefix) continue;
      if (made == nullptr) {
        made = &scopes_.emplace_back();
        made->outer = outer;
      }
      made->declared.emplace_back(*prefix, attribute.value());
    }
    return made == nullptr ? outer : made;
  }

  std::deque<Scope> scopes_;
};

// What is no element: a text, a comment or an instruction.
bool is_of_kind(const xml_node& node, const SelectorStep& step) {
  switch (step.kind) {
    case SelectorStep::Kind::text:
      return is_text(node);
    case SelectorStep::Kind::comment:
      return node.type() == pugi::node_comment;
    case SelectorStep::Kind::instruction:
      return node.type() == pugi::node_pi && (step.name.is_any || node.name() == step.name.local);
    default:
      return false;
  }
}

void select_leaves(const Element& owner, const SelectorStep& step, std::vector<Selected>& out) {
  std::vector<Selected> found;
  for (const xml_node& child : owner.node.children()) {
    if (is_of_kind(child, step)) found.push_back({child, {}});
  }
  for (const Predicate& predicate : step.predicates) {
    if (predicate.position > found.size()) return;
    found = {found[predicate.position - 1]};
  }
  out.insert(out.end(), found.begin(), found.end());
}

}  // namespace

bool is_text(const xml_node& node) {
  return node.type() == pugi::node_pcdata || node.type() == pugi::node_cdata;
}

std::string_view prefix_part(std::string_view name) {
  const std::size_t colon = name.find(':');
  return colon == std::string_view::npos ? std::string_view() : name.substr(0, colon);
}

std::string_view local_part(std::string_view name) {
  const std::size_t colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

std::optional<std::string_view> declared_prefix(const pugi::xml_attribute& attribute) {
  const std::string_view name = attribute.name();
  if (name == "xmlns") return std::string_view();
  if (name.starts_with("xmlns:")) return name.substr(6);
  return std::nullopt;
}

std::vector<Selected> select(const pugi::xml_document& document, const Selector& selector) {
  Finder finder;
  Elements at = {{document, finder.empty_scope()}};
  std::vector<Selected> found;
  for (const SelectorStep& step : selector) {
    if (step.kind != SelectorStep::Kind::element) {
      for (const Element& owner : at) {
        if (step.kind != SelectorStep::Kind::attribute) {
          select_leaves(owner, step, found);
        } else if (const pugi::xml_attribute attribute = Finder::attribute(owner, step.name)) {
          found.push_back({owner.node, attribute});
        }
      }
      return found;
    }
    Elements next;
    for (const Element& from : at) {
      const Elements below = finder.step(from, step);
      next.insert(next.end(), below.begin(), below.end());
    }
    at = std::move(next);
  }
  for (const Element& element : at) found.push_back({element.node, {}});
  return found;
}

}  // namespace vesta::xml
