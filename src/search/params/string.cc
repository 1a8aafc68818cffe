// String parameters: string, markdown, HumanName, Address and their parts. https://hl7.org/fhir/R4/search.html#string
#include "search/params/match.h"

namespace vesta::search::params {

// By default a value matches that starts with the text, both folded; :contains anywhere; :exact all of it, as written.
bool matches(const StringMatch& match, const StringValue& value) {
  switch (match.mode) {
    case StringMode::prefix:
      return value.folded.starts_with(match.text);
    case StringMode::exact:
      return value.exact == match.text;
    case StringMode::contains:
      return value.folded.find(match.text) != std::string_view::npos;
  }
  return false;
}

}  // namespace vesta::search::params
