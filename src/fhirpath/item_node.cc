// From items to nodes.
#include "fhirpath/item_node.h"

#include <string_view>
#include <utility>

#include "base/check.h"
#include "fhir/primitive.h"
#include "fhirpath/names.h"
#include "fhirpath/value.h"

namespace vesta::fhirpath {
namespace {

constexpr std::string_view kUcum = "http://unitsofmeasure.org";

std::string_view fhir_name(Item::Kind kind) {
  switch (kind) {
    case Item::Kind::boolean:
      return "boolean";
    case Item::Kind::integer:
      return "integer";
    case Item::Kind::decimal:
      return "decimal";
    case Item::Kind::date:
      return "date";
    case Item::Kind::date_time:
      return "dateTime";
    case Item::Kind::time:
      return "time";
    case Item::Kind::quantity:
      return "Quantity";
    default:
      return "string";
  }
}

class NodeMaker {
 public:
  NodeMaker(const fhir::Definitions& definitions, fhir::Arena& arena) : definitions_(definitions), arena_(arena) {}

  fhir::Node* make(const Item& item) {
    if (item.kind == Item::Kind::node) {
      auto* copy = arena_.make<fhir::Node>(*item.node);
      copy->next = nullptr;
      return copy;
    }
    if (item.kind == Item::Kind::quantity) return quantity(item);
    std::string_view text = item.text;
    // "2020T" is a DateTime of the language; FHIR writes it as "2020".
    if (item.kind == Item::Kind::date_time && text.ends_with('T')) text.remove_suffix(1);
    return primitive(fhir_name(item.kind), text);
  }

 private:
  fhir::Node* primitive(std::string_view type_name, std::string_view text) {
    auto type = definitions_.find_type(type_name);
    if (type && !fhir::has_form(definitions_.type(*type).primitive, text)) type = definitions_.find_type("string");
    CHECK(type.has_value());
    auto* node = arena_.make<fhir::Node>();
    node->type = *type;
    node->value = text;
    node->has_value = true;
    node->needs_escape = true;  // it may have quotes; one that has none is written the same
    return node;
  }

  fhir::Node* quantity(const Item& item) {
    const auto value = value_of(definitions_, Names(definitions_), item);
    const auto type = definitions_.find_type(fhir_name(item.kind));
    CHECK(value && type);
    auto* node = arena_.make<fhir::Node>();
    node->type = *type;
    fhir::Node** end = &node->first_child;
    const std::pair<std::string_view, std::string_view> children[] = {
        {"value", value->text},
        {"unit", value->unit},
        {"system", value->is_calendar ? std::string_view() : kUcum},
        {"code", value->is_calendar ? std::string_view() : value->unit}};
    for (const auto& [name, text] : children) {
      if (text.empty() || (value->unit.empty() && name != "value")) continue;
      const fhir::Element* element = definitions_.find_element(*type, name);
      CHECK(element != nullptr);
      *end = primitive(definitions_.type(element->type).name, text);
      (*end)->name = element->name;
      end = &(*end)->next;
    }
    return node;
  }

  const fhir::Definitions& definitions_;
  fhir::Arena& arena_;
};

}  // namespace

fhir::Node* to_node(const fhir::Definitions& definitions, const Item& item, fhir::Arena& arena) {
  return NodeMaker(definitions, arena).make(item);
}

std::string qualified_type(const fhir::Definitions& definitions, const Item& item) {
  const bool is_of_fhir = item.kind == Item::Kind::node || item.kind == Item::Kind::resolved;
  if (is_of_fhir) {
    const std::string_view name = item.type == fhir::kNoType ? "Resource" : definitions.type(item.type).name;
    return "FHIR." + std::string(name);
  }
  return "System." + std::string(item.kind == Item::Kind::type_info ? "TypeInfo" : system_name(item.kind));
}

}  // namespace vesta::fhirpath
