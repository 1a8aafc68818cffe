// `:text` and `:of-type` of tokens: matches on the facets of a token. https://hl7.org/fhir/R4/search.html#token
#include "search/modifiers/modifiers.h"
#include "search/text.h"

namespace vesta::search::modifiers {

// "The search parameter is processed as a string that searches text associated with the code/value". So a text matches
// as the value of a string parameter does: by its beginning, without case and accents. A parameter whose elements have
// no such text (a plain code) has no facet, and the modifier is refused: the answer would always be empty.
Result<Plan> parse_token_text(const ValueText& value) {
  if (value.parameter->text == kNoParameter) return params::bad_modifier(value);
  StringMatch match{StringMode::prefix, {}};
  fold(params::unescape(value.text), match.text);
  if (match.text.empty()) return params::bad_value(value, "a text to look for");
  return Plan::make_leaf({&value.context.registry.parameter(value.parameter->text), std::move(match)});
}

// [system]|[code]|[value], where system and code are those of a coding of Identifier.type; all three must be present.
// The facet's values have the first two as their system.
Result<Plan> parse_of_type(const ValueText& value) {
  if (value.parameter->of_type == kNoParameter) return params::bad_modifier(value);
  const auto parts = params::split_escaped(value.text, '|', 4);
  if (parts.size() != 3 || parts[0].empty() || parts[1].empty() || parts[2].empty()) {
    return params::bad_value(value, "an identifier with its type: [system]|[code]|[value], all three");
  }
  TokenMatch match{params::unescape(parts[0]) + "|" + params::unescape(parts[1]), params::unescape(parts[2])};
  return Plan::make_leaf({&value.context.registry.parameter(value.parameter->of_type), std::move(match)});
}

}  // namespace vesta::search::modifiers
