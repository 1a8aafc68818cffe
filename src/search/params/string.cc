// String parameters: string, markdown, HumanName, Address and their parts. https://hl7.org/fhir/R4/search.html#string
#include "search/params/extract.h"
#include "search/params/match.h"
#include "search/params/parse.h"
#include "search/text.h"

namespace vesta::search::params {
namespace {

bool is_name_part(const Vocabulary& names, fhir::NameId name) {
  return name == names.family || name == names.given || name == names.prefix || name == names.suffix ||
         name == names.text;
}
bool is_address_part(const Vocabulary& names, fhir::NameId name) {
  return name == names.line || name == names.city || name == names.district || name == names.state ||
         name == names.postal_code || name == names.country || name == names.text;
}

}  // namespace

void add_string(ParameterId parameter, std::string_view text, Extraction& extraction) {
  if (text.empty()) return;
  extraction.scratch.clear();
  fold(text, extraction.scratch);
  const std::string_view folded = extraction.scratch == text ? text : extraction.arena.copy(extraction.scratch);
  extraction.values.strings.push_back({parameter, folded, text});
}

// https://hl7.org/fhir/R4/search.html#string: for HumanName and Address "the search covers the elements of type string,
// and does not cover elements such as use and period". Each part is a value of its own. DEVIATION: R4 recommends to
// find the words of a family name independently; a value is found by its beginning only, because further values for one
// name would change where it sorts. `:contains` finds the words.
void extract_string(ParameterId parameter, const Datum& datum, Extraction& extraction) {
  const Vocabulary& names = extraction.vocabulary;
  switch (datum.shape) {
    case Shape::text:
    case Shape::code:
    case Shape::uri:
    case Shape::canonical:
    case Shape::number:
    case Shape::date:
      add_string(parameter, datum.text, extraction);
      break;
    case Shape::human_name:
      for (const fhir::Node& child : datum.node->children()) {
        if (is_name_part(names, child.name)) add_string(parameter, child.value, extraction);
      }
      break;
    case Shape::address:
      for (const fhir::Node& child : datum.node->children()) {
        if (is_address_part(names, child.name)) add_string(parameter, child.value, extraction);
      }
      break;
    default:
      break;
  }
}

// https://hl7.org/fhir/R4/search.html#string, with its modifiers :exact and :contains. The text "has been normalized by
// case and combining characters" as the values have been; one that folds to nothing (an accent alone) asks for nothing.
Result<Plan> parse_string(const ValueText& value) {
  const std::string text = unescape(value.text);
  if (value.modifier == "exact") return Plan::make_leaf({value.parameter, StringMatch{StringMode::exact, text}});
  StringMatch match{value.modifier == "contains" ? StringMode::contains : StringMode::prefix, {}};
  fold(text, match.text);
  if (match.text.empty()) return bad_value(value, "a text to look for");
  return Plan::make_leaf({value.parameter, std::move(match)});
}

// By default a value matches that starts with the text, both folded; :contains anywhere; :exact all of it, as written.
// `_filter` also asks for the end of a value, for all of it folded, for another one, and for those before and behind
// it. In UTF-8, bytes order as code points do.
bool matches(const StringMatch& match, const StringValue& value) {
  switch (match.mode) {
    case StringMode::prefix:
      return value.folded.starts_with(match.text);
    case StringMode::exact:
      return value.exact == match.text;
    case StringMode::contains:
      return value.folded.find(match.text) != std::string_view::npos;
    case StringMode::suffix:
      return value.folded.ends_with(match.text);
    case StringMode::equal:
      return value.folded == match.text;
    case StringMode::unequal:
      return value.folded != match.text;
    case StringMode::greater:
      return value.folded > match.text;
    case StringMode::less:
      return value.folded < match.text;
    case StringMode::at_least:
      return value.folded >= match.text;
    case StringMode::at_most:
      return value.folded <= match.text;
  }
  return false;
}

}  // namespace vesta::search::params
