// Chooses how a value is read: by the type of its parameter and by its modifier.
#include "search/params/parse.h"

#include <algorithm>
#include <span>

#include "base/check.h"
#include "search/modifiers/modifiers.h"

namespace vesta::search::params {
namespace {

using fhir::SearchParamType;
using Parse = Result<Plan> (*)(const ValueText&);

bool holds_words(const Parameter& parameter) {
  return parameter.program == nullptr && (parameter.code == "_text" || parameter.code == "_content");
}

Parse plain_parser(const Parameter& parameter) {
  switch (parameter.kind) {
    case SearchParamType::token:
      return parse_token;
    case SearchParamType::string:
      return holds_words(parameter) ? parse_words : parse_string;
    case SearchParamType::reference:
      return parse_reference;
    case SearchParamType::date:
      return parse_date;
    case SearchParamType::number:
      return parse_number;
    case SearchParamType::quantity:
      return parse_quantity;
    case SearchParamType::uri:
      return parse_uri;
    case SearchParamType::composite:
      return parse_composite;
    case SearchParamType::special:
      return parse_position;
  }
  return nullptr;
}

Parse token_parser(std::string_view modifier) {
  if (modifier == "not") return parse_token;
  if (modifier == "text") return modifiers::parse_token_text;
  if (modifier == "of-type") return modifiers::parse_of_type;
  const bool is_of_codes = modifier == "in" || modifier == "not-in" || modifier == "above" || modifier == "below";
  return is_of_codes ? modifiers::parse_codes : nullptr;
}

Parse reference_parser(std::string_view modifier) {
  if (modifier == "identifier") return modifiers::parse_reference_identifier;
  if (modifier == "above" || modifier == "below") return modifiers::parse_reference_hierarchy;
  return modifiers::parse_reference_type;  // refuses what is no type
}

// The table of modifiers and types: https://hl7.org/fhir/R4/search.html#modifiers. Null: R4 has no such modifier there.
// :missing is for "all parameters (except combination parameters)".
Parse parser_with(const Parameter& parameter, std::string_view modifier) {
  if (modifier == "missing") return parameter.kind == SearchParamType::composite ? nullptr : modifiers::parse_missing;
  switch (parameter.kind) {
    case SearchParamType::token:
      return token_parser(modifier);
    case SearchParamType::string:
      return !holds_words(parameter) && (modifier == "exact" || modifier == "contains") ? parse_string : nullptr;
    case SearchParamType::reference:
      return reference_parser(modifier);
    case SearchParamType::uri:
      return modifier == "above" || modifier == "below" ? modifiers::parse_uri_hierarchy : nullptr;
    case SearchParamType::date:
    case SearchParamType::number:
    case SearchParamType::quantity:
    case SearchParamType::composite:
    case SearchParamType::special:
      break;
  }
  return nullptr;
}

// The code that a definition lists for a modifier. https://hl7.org/fhir/R4/valueset-search-modifier-code.html
std::string_view modifier_code(const ValueText& value) {
  if (value.modifier == "of-type") return "ofType";
  return value.context.registry.definitions().find_resource_type(value.modifier) ? "type" : value.modifier;
}

// The prefix as it is written; empty if there is none, or the type has none.
std::string_view comparator_of(const ValueText& value) {
  const SearchParamType kind = value.parameter->kind;
  const bool has_prefixes =
      kind == SearchParamType::date || kind == SearchParamType::number || kind == SearchParamType::quantity;
  if (!has_prefixes || !value.modifier.empty()) return {};
  const std::size_t length = value.text.find_first_of("0123456789+-.");
  return value.text.substr(0, length);
}

Status check_listed(const ValueText& value, std::string_view used, std::span<const std::string> listed,
                    std::string_view shown) {
  if (used.empty() || listed.empty() || std::ranges::find(listed, used) != listed.end()) return kOk;
  std::string why = "Parameter '" + std::string(value.name) + "': '" + std::string(shown) +
                    "' is not among what its definition lists (" + listed.front();
  for (const std::string& each : listed.subspan(1)) why += ", " + each;
  why += ")";
  Error error = make_error(Category::invalid, why);
  error.issues.push_back({Severity::error, "not-supported", std::move(why), ""});
  return error;
}

// A value without a prefix is one without a comparator, which no list forbids.
Status check_uses(const ValueText& value, const Uses& uses) {
  VESTA_CHECK_OK(check_listed(value, modifier_code(value), uses.modifiers, ":" + quoted(value.modifier)));
  const std::string_view comparator = comparator_of(value);
  return check_listed(value, comparator, uses.comparators, quoted(comparator));
}

}  // namespace

Result<Plan> parse_value(const ValueText& value) {
  CHECK(value.parameter != nullptr);
  if (value.parameter->uses != nullptr) VESTA_CHECK_OK(check_uses(value, *value.parameter->uses));
  const Parse parse =
      value.modifier.empty() ? plain_parser(*value.parameter) : parser_with(*value.parameter, value.modifier);
  return parse == nullptr ? bad_modifier(value) : parse(value);
}

bool negates(std::string_view modifier) {
  return modifier == "not" || modifier == "not-in";
}

bool is_readable(const Parameter& parameter) {
  if (parameter.facet != Facet::value) return false;
  if (parameter.kind == SearchParamType::composite) return !parameter.components.empty();
  return parameter.program != nullptr || holds_words(parameter);
}

}  // namespace vesta::search::params
