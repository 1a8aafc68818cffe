// Value: the conversions.
#include "fhirpath/value.h"

#include <array>
#include <utility>

namespace vesta::fhirpath {
namespace {

constexpr std::array<std::pair<Item::Kind, std::string_view>, 8> kSystemNames = {{
    {Item::Kind::boolean, "Boolean"},
    {Item::Kind::integer, "Integer"},
    {Item::Kind::decimal, "Decimal"},
    {Item::Kind::string, "String"},
    {Item::Kind::date, "Date"},
    {Item::Kind::date_time, "DateTime"},
    {Item::Kind::time, "Time"},
    {Item::Kind::quantity, "Quantity"},
}};

// The text of a quantity is its number, a space and its unit; a UCUM code is in quotes.
Value literal_quantity(std::string_view text) {
  std::size_t space = text.find(' ');
  std::string_view unit = space == std::string_view::npos ? std::string_view{} : text.substr(space + 1);
  const bool is_code = unit.size() >= 2 && unit.front() == '\'';
  if (is_code) unit = unit.substr(1, unit.size() - 2);
  return {Item::Kind::quantity, text.substr(0, space), unit, false, !is_code && !unit.empty()};
}

}  // namespace

Item::Kind system_kind(fhir::Primitive primitive) {
  switch (primitive) {
    case fhir::Primitive::none:
      return Item::Kind::node;
    case fhir::Primitive::boolean:
      return Item::Kind::boolean;
    case fhir::Primitive::integer:
    case fhir::Primitive::unsigned_int:
    case fhir::Primitive::positive_int:
      return Item::Kind::integer;
    case fhir::Primitive::decimal:
      return Item::Kind::decimal;
    case fhir::Primitive::date:
      return Item::Kind::date;
    case fhir::Primitive::date_time:
    case fhir::Primitive::instant:
      return Item::Kind::date_time;
    case fhir::Primitive::time:
      return Item::Kind::time;
    default:
      return Item::Kind::string;
  }
}

std::string_view system_name(Item::Kind kind) {
  for (const auto& [candidate, name] : kSystemNames) {
    if (candidate == kind) return name;
  }
  return {};
}

std::optional<Item::Kind> find_system_kind(std::string_view name) {
  for (const auto& [kind, candidate] : kSystemNames) {
    if (candidate == name) return kind;
  }
  return std::nullopt;
}

std::optional<Value> value_of(const fhir::Definitions& definitions, const Names& names, const Item& item) {
  if (item.kind == Item::Kind::resolved || item.kind == Item::Kind::type_info) return std::nullopt;
  if (item.kind == Item::Kind::quantity) return literal_quantity(item.text);
  if (item.kind != Item::Kind::node) return Value{item.kind, item.text, {}, item.boolean_value};

  const fhir::Node& node = *item.node;
  if (node.type == fhir::kNoType) return std::nullopt;
  fhir::Primitive primitive = definitions.type(node.type).primitive;
  if (primitive != fhir::Primitive::none) {
    if (!node.has_value) return std::nullopt;
    return Value{system_kind(primitive), node.value, {}, node.value == "true"};
  }
  if (!definitions.is_a(node.type, names.quantity_type)) return std::nullopt;
  const fhir::Node* number = node.child(names.value);
  if (number == nullptr || !number->has_value) return std::nullopt;
  std::string_view code = node.child_value(names.code);
  return Value{Item::Kind::quantity, number->value, code.empty() ? node.child_value(names.unit) : code};
}

Item node_item(const fhir::Node& node) {
  return {Item::Kind::node, node.type, &node, {}, false};
}

Item boolean_item(bool value) {
  return {Item::Kind::boolean, fhir::kNoType, nullptr, value ? "true" : "false", value};
}

}  // namespace vesta::fhirpath
