// Token parameters: Coding, CodeableConcept, Identifier, ContactPoint, code, boolean, uri and string.
// https://hl7.org/fhir/R4/search.html#token
#include "search/params/extract.h"
#include "search/params/match.h"
#include "search/params/parse.h"

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

}  // namespace

// https://hl7.org/fhir/R4/search.html#token, the table of data types. The system of a code is the one implied by its
// value set; it is not in the tree and stays empty, so that a code is found by `code` alone, which R4 permits. So do
// those of ContactPoint, boolean, uri and string, which have none by the table.
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
    case Shape::boolean:
    case Shape::code:
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

// https://hl7.org/fhir/R4/search.html#token: [code], [system]|[code], |[code], [system]|
Result<Plan> parse_token(const ValueText& value) {
  const auto parts = split_escaped(value.text, '|', 3);
  if (parts.size() == 3) return bad_value(value, "a token: it has more than one unescaped '|'");
  TokenMatch match;
  if (parts.size() == 2) match.system = unescape(parts.front());
  if (!parts.back().empty()) match.code = unescape(parts.back());
  const bool has_system = match.system && !match.system->empty();
  if (!match.code && !has_system) return bad_value(value, "a token: [code], [system]|[code], |[code] or [system]|");
  return Plan::make_leaf({value.parameter, std::move(match)});
}

// DEVIATION: R4 says that a server SHOULD match tokens without case "when in doubt", and that tokens of plain strings
// are matched without case. We match as written: which case matters is the code system's to say, UCUM units depend on
// it, and an index of exact values serves every engine alike.
bool matches(const TokenMatch& match, const TokenValue& value) {
  return (!match.system || *match.system == value.system) && (!match.code || *match.code == value.code);
}

}  // namespace vesta::search::params
