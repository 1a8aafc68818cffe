// What a selector finds in a document. (Library: pugixml.)
#pragma once

#include <pugixml.hpp>
#include <string_view>
#include <vector>

#include "xml/selector.h"

namespace vesta::xml {

// The part of a name behind its prefix, and the prefix, which may be empty.
std::string_view local_part(std::string_view name);
std::string_view prefix_part(std::string_view name);
// The prefix that an attribute declares ("" for the default namespace), if it declares one.
std::optional<std::string_view> declared_prefix(const pugi::xml_attribute& attribute);

bool is_text(const pugi::xml_node& node);

struct Selected {
  pugi::xml_node node;
  pugi::xml_attribute attribute;  // of the node, where the selector ends in one
};

// In the order of the document. Takes time linear in the size of the document for each step and each predicate: unlike
// in XPath as a whole, there is nothing in a selector that runs over the document again for each node.
std::vector<Selected> select(const pugi::xml_document& document, const Selector& selector);

}  // namespace vesta::xml
