// FHIR XML to FHIR JSON: element by element, by the tables. https://hl7.org/fhir/R4/xml.html
#include "tests/conformance/xml_resource.h"

#include <map>
#include <pugixml.hpp>
#include <sstream>
#include <string_view>
#include <vector>

#include "fhir/primitive.h"

namespace vesta::tests {
namespace {

std::string quoted_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out.append("\\").append(1, c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      constexpr std::string_view kHex = "0123456789abcdef";
      out.append("\\u00").append(1, kHex[static_cast<unsigned char>(c) / 16]).append(1, kHex[c % 16]);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

class Converter {
 public:
  explicit Converter(const fhir::Definitions& definitions) : definitions_(definitions) {}

  std::string resource(const pugi::xml_node& node) const {
    const auto type = definitions_.find_type(node.name());
    if (!type) return {};
    const std::string rest = members(node, *type);
    return "{\"resourceType\":" + quoted_text(node.name()) + (rest.empty() ? "" : "," + rest) + "}";
  }

 private:
  // One property: its repetitions, and those of its companion with id and extensions.
  struct Property {
    std::vector<std::string> values;
    std::vector<std::string> companions;
    bool is_list = false;
  };

  std::string members(const pugi::xml_node& node, fhir::TypeId type) const {
    std::string out;
    const auto add = [&](const std::string& name, const std::string& value) {
      out += (out.empty() ? "" : ",") + quoted_text(name) + ":" + value;
    };
    for (const auto& attribute : node.attributes()) {
      if (std::string_view(attribute.name()) == "id" || std::string_view(attribute.name()) == "url") {
        add(attribute.name(), quoted_text(attribute.value()));
      }
    }
    std::vector<std::string> order;
    std::map<std::string, Property> properties;
    for (const auto& child : node.children()) {
      const fhir::Element* element = definitions_.find_element(type, std::string_view(child.name()));
      if (child.type() != pugi::node_element || element == nullptr) continue;
      if (!properties.contains(child.name())) order.push_back(child.name());
      append(properties[child.name()], child, *element);
    }
    for (const std::string& name : order) {
      const Property& property = properties[name];
      if (has_any(property.values)) add(name, written(property, property.values));
      if (has_any(property.companions)) add("_" + name, written(property, property.companions));
    }
    return out;
  }

  void append(Property& property, const pugi::xml_node& node, const fhir::Element& element) const {
    property.is_list = element.is_list;
    std::string value;
    std::string companion;
    if (element.type == fhir::kNoType) {
      value = resource(node.find_child([](const pugi::xml_node& child) { return child.type() == pugi::node_element; }));
    } else if (definitions_.type(element.type).primitive == fhir::Primitive::none) {
      value = "{" + members(node, element.type) + "}";
    } else if (definitions_.type(element.type).primitive == fhir::Primitive::xhtml) {
      std::ostringstream text;
      node.print(text, "", pugi::format_raw);
      value = quoted_text(text.str());
    } else {
      const auto primitive = definitions_.type(element.type).primitive;
      const auto attribute = node.attribute("value");
      if (attribute) value = fhir::is_bare_in_json(primitive) ? attribute.value() : quoted_text(attribute.value());
      companion = members(node, *definitions_.find_type("Element"));
      if (!companion.empty()) companion = "{" + companion + "}";
    }
    property.values.push_back(value);
    property.companions.push_back(companion);
  }

  static bool has_any(const std::vector<std::string>& values) {
    for (const std::string& value : values) {
      if (!value.empty()) return true;
    }
    return false;
  }

  static std::string written(const Property& property, const std::vector<std::string>& values) {
    if (!property.is_list) return values.front();
    std::string out;
    for (const std::string& value : values) out += (out.empty() ? "" : ",") + (value.empty() ? "null" : value);
    return "[" + out + "]";
  }

  const fhir::Definitions& definitions_;
};

}  // namespace

std::string json_of_xml(const fhir::Definitions& definitions, const std::string& xml) {
  pugi::xml_document document;
  if (!document.load_buffer(xml.data(), xml.size(), pugi::parse_default | pugi::parse_ws_pcdata_single)) return {};
  return Converter(definitions).resource(document.document_element());
}

}  // namespace vesta::tests
