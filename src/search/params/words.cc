// `_text` and `_content`: words of the narrative and of the whole resource. https://hl7.org/fhir/R4/search.html#text
#include "search/params/match.h"

namespace vesta::search::params {

bool matches(const WordMatch& match, const WordValue& value) {
  return match.is_prefix ? value.word.starts_with(match.word) : value.word == match.word;
}

}  // namespace vesta::search::params
