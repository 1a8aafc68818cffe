// Changing of a document by the operations of an XML Patch.
#include "xml/patch_operation.h"

#include <algorithm>
#include <vector>

#include "xml/selection.h"
#include "xml/tokens.h"

namespace vesta::xml {
namespace {

using pugi::xml_node;
using Verb = PatchOperation::Verb;
using Position = PatchOperation::Position;
using Space = PatchOperation::Space;

Error misfit(const PatchOperation& operation, std::string_view part, std::string_view message) {
  return patch_error(operation, part, Category::unprocessable, message);
}

std::size_t depth_above(xml_node node) {
  std::size_t depth = 0;
  for (; node.type() == pugi::node_element; node = node.parent()) ++depth;
  return depth;
}

std::size_t depth_within(const xml_node& node) {
  if (node.type() != pugi::node_element) return 0;
  std::size_t depth = 0;
  for (const xml_node& child : node.children()) depth = std::max(depth, depth_within(child));
  return depth + 1;
}

bool uses_prefix(const xml_node& node, std::string_view prefix) {
  if (node.type() != pugi::node_element) return false;
  if (prefix_part(node.name()) == prefix) return true;
  for (const pugi::xml_attribute& attribute : node.attributes()) {
    if (!prefix.empty() && !declared_prefix(attribute) && prefix_part(attribute.name()) == prefix) return true;
  }
  return std::ranges::any_of(node.children(), [&](const xml_node& child) { return uses_prefix(child, prefix); });
}

// What a prefix stands for inside of `node`; empty: nothing.
std::string_view space_in(xml_node node, std::string_view prefix) {
  for (; node.type() == pugi::node_element; node = node.parent()) {
    for (const pugi::xml_attribute& attribute : node.attributes()) {
      if (declared_prefix(attribute) == prefix) return attribute.value();
    }
  }
  return {};
}

bool declares(const xml_node& node, std::string_view prefix) {
  return std::ranges::any_of(
      node.attributes(), [&](const pugi::xml_attribute& attribute) { return declared_prefix(attribute) == prefix; });
}

// The namespaces of the copy are those of the patch, whatever they are called around the place where it now stands.
// https://www.rfc-editor.org/rfc/rfc5261#section-4.2.3
void keep_namespaces(const PatchOperation& operation, xml_node copy) {
  if (copy.type() != pugi::node_element) return;
  Namespaces meant = {{"", ""}};
  meant.insert(meant.end(), operation.namespaces.begin(), operation.namespaces.end());
  for (const auto& declaration : meant) {
    const std::string& prefix = declaration.first;
    if (declares(copy, prefix) || !uses_prefix(copy, prefix)) continue;
    const std::string_view space = *find_namespace(meant, prefix);
    if (space_in(copy.parent(), prefix) == space) continue;
    const std::string name = prefix.empty() ? "xmlns" : "xmlns:" + prefix;
    copy.append_attribute(name.c_str()).set_value(std::string(space).c_str());
  }
}

// Two texts side by side are one. https://www.rfc-editor.org/rfc/rfc5261#section-4.5
void join_texts(xml_node parent) {
  for (xml_node at = parent.first_child(); at;) {
    xml_node next = at.next_sibling();
    if (at.type() == pugi::node_pcdata && next.type() == pugi::node_pcdata) {
      at.set_value((std::string(at.value()) + next.value()).c_str());
      parent.remove_child(next);
    } else {
      at = next;
    }
  }
}

Status add_attribute(const PatchOperation& operation, xml_node target) {
  const bool is_declaration = operation.adds == PatchOperation::Adds::declaration;
  const std::string name = is_declaration ? "xmlns:" + operation.name : operation.name;
  if (target.attribute(name.c_str())) return misfit(operation, "type", "The attribute is there already: replace it.");
  target.append_attribute(name.c_str()).set_value(text_of(operation.source).c_str());
  return kOk;
}

Status add_children(const PatchOperation& operation, xml_node target) {
  const bool is_beside = operation.position == Position::before || operation.position == Position::after;
  const xml_node parent = is_beside ? target.parent() : target;
  if (parent.type() != pugi::node_element) {
    return misfit(operation, is_beside ? "pos" : "sel", "Content can only stand in an element.");
  }
  const std::size_t above = depth_above(parent);
  xml_node last;  // that was added
  for (const xml_node& child : operation.source.children()) {
    if (above + depth_within(child) > kMaxXmlDepth) {
      return misfit(operation, {}, "There would be more than " + std::to_string(kMaxXmlDepth) + " nested elements.");
    }
    xml_node owner = parent;
    if (last) {
      last = owner.insert_copy_after(child, last);
    } else if (operation.position == Position::before) {
      last = owner.insert_copy_before(child, target);
    } else if (operation.position == Position::after) {
      last = owner.insert_copy_after(child, target);
    } else if (operation.position == Position::prepend) {
      last = owner.prepend_copy(child);
    } else {
      last = owner.append_copy(child);
    }
    if (!last) return make_error(Category::unavailable, "no memory for an XML document");
    keep_namespaces(operation, last);
  }
  join_texts(parent);
  return kOk;
}

Status add(const PatchOperation& operation, const Selected& found) {
  if (found.attribute) return misfit(operation, "sel", "Nothing can be added to an attribute.");
  if (operation.adds == PatchOperation::Adds::children) return add_children(operation, found.node);
  if (found.node.type() == pugi::node_element) return add_attribute(operation, found.node);
  return misfit(operation, "sel", "Only an element has attributes.");
}

// The content that may take the place of what `old` is: a node of its kind. An empty one: there is none, or several.
xml_node replacement(const PatchOperation& operation, const xml_node& old) {
  xml_node found;
  for (const xml_node& child : operation.source.children()) {
    if (is_white_space(child)) continue;
    if (found || child.type() != old.type()) return {};
    found = child;
  }
  return found;
}

Status replace(const PatchOperation& operation, const Selected& found) {
  pugi::xml_attribute attribute = found.attribute;
  xml_node old = found.node;
  if (attribute || is_text(old)) {
    if (!is_plain_text(operation.source)) return misfit(operation, {}, "The content must be text.");
    const std::string text = text_of(operation.source);
    attribute ? attribute.set_value(text.c_str()) : old.set_value(text.c_str());
    return kOk;
  }
  const xml_node content = replacement(operation, old);
  if (!content) return misfit(operation, {}, "The content must be one node of the kind of what it replaces.");
  xml_node parent = old.parent();
  if (depth_above(parent) + depth_within(content) > kMaxXmlDepth) {
    return misfit(operation, {}, "There would be more than " + std::to_string(kMaxXmlDepth) + " nested elements.");
  }
  keep_namespaces(operation, parent.insert_copy_after(content, old));
  parent.remove_child(old);
  return kOk;
}

// https://www.rfc-editor.org/rfc/rfc5261#section-4.5
Status remove(const PatchOperation& operation, const Selected& found) {
  xml_node node = found.node;
  const bool is_node = !found.attribute;
  const bool is_white_before = is_node && is_white_space(node.previous_sibling());
  const bool is_white_after = is_node && is_white_space(node.next_sibling());
  const bool takes_before = operation.space == Space::before || operation.space == Space::both;
  const bool takes_after = operation.space == Space::after || operation.space == Space::both;
  if ((takes_before && !is_white_before) || (takes_after && !is_white_after)) {
    return misfit(operation, "ws", "There is no such white space.");
  }
  if (!is_node) {
    node.remove_attribute(found.attribute);
    return kOk;
  }
  xml_node parent = node.parent();
  if (parent.type() != pugi::node_element && node.type() == pugi::node_element) {
    return misfit(operation, "sel", "The root element cannot be removed.");
  }
  if (takes_before) parent.remove_child(node.previous_sibling());
  if (takes_after) parent.remove_child(node.next_sibling());
  parent.remove_child(node);
  join_texts(parent);
  return kOk;
}

}  // namespace

Error patch_error(const PatchOperation& operation, std::string_view part, Category category, std::string_view message) {
  std::string text = operation.place;
  if (!part.empty()) text += "." + std::string(part);
  text += " (" + operation.position_text + "): " + std::string(message);
  return make_error(category, std::move(text));
}

bool is_white_space(const pugi::xml_node& node) {
  return is_text(node) && std::string_view(node.value()).find_first_not_of(" \t\r\n") == std::string_view::npos;
}

bool is_plain_text(const pugi::xml_node& node) {
  return std::ranges::all_of(
      node.children(), [](const xml_node& child) { return is_text(child) || child.type() == pugi::node_comment; });
}

std::string text_of(const pugi::xml_node& node) {
  std::string text;
  for (const xml_node& child : node.children()) {
    if (is_text(child)) text += child.value();
  }
  return text;
}

bool load_tree(std::string_view text, pugi::xml_document& document) {
  constexpr unsigned kOptions = pugi::parse_default | pugi::parse_ws_pcdata | pugi::parse_comments | pugi::parse_pi;
  return static_cast<bool>(document.load_buffer(text.data(), text.size(), kOptions, pugi::encoding_utf8));
}

Status apply_operation(const PatchOperation& operation, pugi::xml_document& document) {
  const std::vector<Selected> found = select(document, operation.selector);
  if (found.empty()) return misfit(operation, "sel", "There is no such node.");
  if (found.size() > 1) return misfit(operation, "sel", "There are " + std::to_string(found.size()) + " such nodes.");
  switch (operation.verb) {
    case Verb::add:
      return add(operation, found.front());
    case Verb::replace:
      return replace(operation, found.front());
    case Verb::remove:
      return remove(operation, found.front());
  }
  return kOk;
}

}  // namespace vesta::xml
