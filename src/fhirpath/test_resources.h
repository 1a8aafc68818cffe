// For tests: reading a resource and printing what an expression yields on it.
#pragma once

#include <string>
#include <string_view>

#include "fhir/json.h"
#include "fhirpath/program.h"

namespace vesta::fhirpath::testing {

// 'text' for strings, the bare text of other values, <HumanName> for an element with structure, ->Patient for a target.
inline std::string print(const Item& item) {
  const fhir::Definitions& definitions = fhir::r4();
  auto type_name = [&] {
    return item.type == fhir::kNoType ? std::string("?") : std::string(definitions.type(item.type).name);
  };
  switch (item.kind) {
    case Item::Kind::node:
      return item.node->has_value ? std::string(item.node->value) : "<" + type_name() + ">";
    case Item::Kind::resolved:
      return "->" + type_name();
    case Item::Kind::string:
      return "'" + std::string(item.text) + "'";
    default:
      return std::string(item.text);
  }
}

inline constexpr CompileOptions kSearchDialect = {ChoiceNames::element, Dialect::search, OrderCheck::off};

// Reads `json`, runs `expression` on it, and prints the items with commas between them, or "error: " and its message.
inline std::string evaluate(const std::string& json, std::string_view expression, const CompileOptions& options = {}) {
  fhir::JsonReader reader(fhir::r4());
  fhir::Arena arena;
  auto root = reader.read(json, arena);
  if (!root.ok()) return "not read: " + root.error().message;
  auto program = compile(fhir::r4(), (*root)->type, expression, options);
  if (!program.ok()) return "error: " + program.error().message;
  Collection items;
  Status status = (*program)->evaluate(**root, arena, items);
  if (!status.ok()) return "error: " + status.error().message;
  std::string text;
  for (const Item& item : items) text += (text.empty() ? "" : ", ") + print(item);
  return text;
}

}  // namespace vesta::fhirpath::testing
