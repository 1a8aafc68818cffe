// One operation of an XML Patch. (Library: pugixml.)
#pragma once

#include <cstddef>
#include <pugixml.hpp>
#include <string>
#include <string_view>

#include "base/result.h"
#include "xml/selector.h"

namespace vesta::xml {

// https://www.rfc-editor.org/rfc/rfc5261#section-4.3 and the two sections behind it.
struct PatchOperation {
  enum class Verb { add, replace, remove };
  enum class Adds { children, attribute, declaration };    // "type"
  enum class Position { append, prepend, before, after };  // "pos"
  enum class Space { keep, before, after, both };          // "ws": white space that goes as well

  Verb verb = Verb::remove;
  Selector selector;
  Adds adds = Adds::children;
  Position position = Position::append;
  Space space = Space::keep;
  std::string name;           // of the attribute, or the prefix of the declaration
  pugi::xml_node source;      // of the patch: its children are the content
  Namespaces namespaces;      // in force in `source`, without those that selectors may use undeclared
  std::string place;          // "[2]"
  std::string position_text;  // "line 4, column 3"
};

// "[2].sel (line 4, column 3): message"
Error patch_error(const PatchOperation& operation, std::string_view part, Category category, std::string_view message);

bool is_white_space(const pugi::xml_node& node);
// True if there is nothing but text and comments.
bool is_plain_text(const pugi::xml_node& node);
std::string text_of(const pugi::xml_node& node);

// Into a tree, with all that the text has. False: no memory.
bool load_tree(std::string_view text, pugi::xml_document& document);

// Changes `document` as the operation says. Errors: see Patch::apply.
Status apply_operation(const PatchOperation& operation, pugi::xml_document& document);

}  // namespace vesta::xml
