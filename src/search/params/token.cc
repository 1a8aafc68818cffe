// Token parameters: Coding, CodeableConcept, Identifier, ContactPoint, code, boolean, uri and string.
// https://hl7.org/fhir/R4/search.html#token
#include <algorithm>
#include <functional>

#include "fhirpath/program.h"
#include "search/parameter.h"
#include "search/params/extract.h"
#include "search/params/match.h"
#include "search/params/parse.h"
#include "search/vocabulary.h"

namespace vesta::search::params {
namespace {

void add_token(ParameterId parameter, std::string_view code, std::string_view system, Extraction& extraction) {
  if (code.empty() && system.empty()) return;  // a display or a type alone is no token
  extraction.values.tokens.push_back({parameter, code, system});
}

void add_coding(ParameterId parameter, const fhir::Node& coding, Extraction& extraction) {
  std::string_view code, system;
  for (const fhir::Node& child : coding.children()) {
    if (child.name == extraction.vocabulary.code) code = child.value;
    if (child.name == extraction.vocabulary.system) system = child.value;
  }
  add_token(parameter, code, system, extraction);
}

// DEVIATION: a code whose value set draws on several code systems (seven elements of R4, Timing.repeat.when among them)
// is indexed without a system, since the code alone does not tell which.
std::string_view implied_system(const Datum& datum, const Vocabulary& vocabulary) {
  return datum.node == nullptr || datum.text.empty() ? std::string_view{}
                                                     : vocabulary.definitions.code_system(datum.node->code_system);
}

// Whether all that the parameter's expression yields are booleans: of `deceased` it is, by what it asks, though the
// element is a choice; of Group's `value` it is not.
bool is_of_booleans(const Registry& registry, const Parameter& parameter) {
  if (parameter.facet != Facet::value || parameter.program == nullptr) return false;
  const auto types = parameter.program->node_types();
  if (!types || (types->empty() && parameter.program->value_kinds().empty())) return false;
  const auto is_boolean = [&](fhir::TypeId type) { return registry.vocabulary().shapes[type] == Shape::boolean; };
  return std::ranges::all_of(*types, is_boolean) &&
         std::ranges::all_of(parameter.program->value_kinds(),
                             [](fhirpath::Item::Kind kind) { return kind == fhirpath::Item::Kind::boolean; });
}

}  // namespace

// https://hl7.org/fhir/R4/search.html#token, the table of data types. The system of a code is the one that its element
// implies by a required binding; ContactPoint, boolean, uri and string have none by the table.
void extract_token(ParameterId parameter, const Datum& datum, Extraction& extraction) {
  const Vocabulary& names = extraction.vocabulary;
  switch (datum.shape) {
    case Shape::coding:
      add_coding(parameter, *datum.node, extraction);
      break;
    case Shape::codeable_concept:
      for (const fhir::Node& child : datum.node->children()) {
        if (child.name == names.coding) add_coding(parameter, child, extraction);
      }
      break;
    case Shape::identifier:
      add_token(parameter, datum.node->child_value(names.value), datum.node->child_value(names.system), extraction);
      break;
    case Shape::contact_point:
      add_token(parameter, datum.node->child_value(names.value), {}, extraction);
      break;
    case Shape::code:
      add_token(parameter, datum.text, implied_system(datum, names), extraction);
      break;
    case Shape::boolean:
    case Shape::text:
    case Shape::uri:
    case Shape::canonical:
    case Shape::number:
    case Shape::date:
      add_token(parameter, datum.text, {}, extraction);
      break;
    default:
      break;
  }
}

// https://hl7.org/fhir/R4/search.html#token, `:text`: "the text associated with the code/value - either
// CodeableConcept.text, Coding.display, or Identifier.type.text".
void extract_token_text(ParameterId parameter, const Datum& datum, Extraction& extraction) {
  const Vocabulary& names = extraction.vocabulary;
  switch (datum.shape) {
    case Shape::coding:
      add_string(parameter, datum.node->child_value(names.display), extraction);
      break;
    case Shape::codeable_concept:
      for (const fhir::Node& child : datum.node->children()) {
        if (child.name == names.text) add_string(parameter, child.value, extraction);
        if (child.name == names.coding) add_string(parameter, child.child_value(names.display), extraction);
      }
      break;
    case Shape::identifier:
      if (const fhir::Node* type = datum.node->child(names.type)) {
        add_string(parameter, type->child_value(names.text), extraction);
      }
      break;
    default:
      break;
  }
}

// https://hl7.org/fhir/R4/search.html#token, `:of-type`: one token for each coding of Identifier.type, whose code is
// the identifier's value and whose system is "<system of the type>|<code of the type>". All three must be there. (A
// system is a URI, which has no '|', so the first one ends it.)
void extract_typed_identifier(ParameterId parameter, const Datum& datum, Extraction& extraction) {
  if (datum.shape != Shape::identifier) return;
  const Vocabulary& names = extraction.vocabulary;
  const std::string_view value = datum.node->child_value(names.value);
  const fhir::Node* type = datum.node->child(names.type);
  if (value.empty() || type == nullptr) return;
  for (const fhir::Node& coding : type->children()) {
    if (coding.name != names.coding) continue;
    const std::string_view system = coding.child_value(names.system);
    const std::string_view code = coding.child_value(names.code);
    if (system.empty() || code.empty()) continue;
    extraction.scratch.assign(system).append("|").append(code);
    add_token(parameter, value, extraction.arena.copy(extraction.scratch), extraction);
  }
}

// https://hl7.org/fhir/R4/search.html#token: [code], [system]|[code], |[code], [system]|; of booleans the code is true
// or false.
Result<Plan> parse_token(const ValueText& value) {
  return parse_token_of(value, *value.parameter);
}

Result<Plan> parse_token_of(const ValueText& value, const Parameter& parameter) {
  const auto parts = split_escaped(value.text, '|', 3);
  if (parts.size() == 3) return bad_value(value, "a token: it has more than one unescaped '|'");
  TokenMatch match;
  if (parts.size() == 2) match.system = unescape(parts.front());
  if (!parts.back().empty()) match.code = unescape(parts.back());
  const bool has_system = match.system && !match.system->empty();
  if (!match.code && !has_system) return bad_value(value, "a token: [code], [system]|[code], |[code] or [system]|");
  const bool is_boolean = !match.code || *match.code == "true" || *match.code == "false";
  if (!is_boolean && is_of_booleans(value.context.registry, parameter)) return bad_value(value, "true or false");
  return Plan::make_leaf({&parameter, std::move(match)});
}

// DEVIATION: R4 says that a server SHOULD match tokens without case "when in doubt", and that tokens of plain strings
// are matched without case. We match as written: which case matters is the code system's to say, UCUM units depend on
// it, and an index of exact values serves every engine alike.
bool matches(const TokenMatch& match, const TokenValue& value) {
  const bool is_equal = (!match.system || *match.system == value.system) && (!match.code || *match.code == value.code);
  return is_equal != match.unequal;
}

bool matches(const TokenSetMatch& match, const TokenValue& value) {
  const TokenSet& set = *match.set;
  const auto less = [](const std::pair<std::string, std::string>& element, const TokenValue& sought) {
    return std::pair<std::string_view, std::string_view>(element) < std::pair(sought.system, sought.code);
  };
  const auto at = std::lower_bound(set.codes.begin(), set.codes.end(), value, less);
  if (at != set.codes.end() && at->first == value.system && at->second == value.code) return true;
  return std::binary_search(set.systems.begin(), set.systems.end(), value.system, std::less<>());
}

}  // namespace vesta::search::params
