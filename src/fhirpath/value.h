// Value: what an item means as a System type; the implicit conversions of FHIR's primitives and Quantity.
// https://hl7.org/fhir/R4/fhirpath.html#types
#pragma once

#include <optional>
#include <string_view>

#include "fhir/definitions.h"
#include "fhirpath/names.h"
#include "fhirpath/program.h"

namespace vesta::fhirpath {

struct Value {
  Item::Kind kind;        // never node or resolved
  std::string_view text;  // of a quantity: its number
  std::string_view unit;  // of a quantity: its code, or unit, or calendar word
  bool boolean = false;
  bool is_calendar = false;  // of a quantity: `unit` is a calendar word
};

constexpr bool is_number(Item::Kind kind) {
  return kind == Item::Kind::integer || kind == Item::Kind::decimal;
}

// nullopt: an element with structure, a primitive without a value (extensions only), a resolved reference.
std::optional<Value> value_of(const fhir::Definitions& definitions, const Names& names, const Item& item);

// The System type that a primitive converts to; node for what is no primitive.
Item::Kind system_kind(fhir::Primitive primitive);
// "String", "Boolean" …; empty for node and resolved.
std::string_view system_name(Item::Kind kind);
std::optional<Item::Kind> find_system_kind(std::string_view name);

Item node_item(const fhir::Node& node);
Item boolean_item(bool value);

}  // namespace vesta::fhirpath
