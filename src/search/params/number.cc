// Number parameters: integer, decimal and Range. https://hl7.org/fhir/R4/search.html#number
#include "search/decimal_key.h"
#include "search/params/extract.h"
#include "search/params/match.h"
#include "search/params/parse.h"

namespace vesta::search::params {

// https://hl7.org/fhir/R4/search.html#number. A Range (RiskAssessment.prediction.probability) is one value from its low
// to its high end, an absent end being infinite.
void extract_number(ParameterId parameter, const Datum& datum, Extraction& extraction) {
  const Vocabulary& names = extraction.vocabulary;
  if (datum.shape == Shape::number) {
    const auto key = decimal_key(datum.text);
    if (!key) return;
    const DecimalKey kept = extraction.arena.copy(*key);
    extraction.values.numbers.push_back({parameter, kept, kept});
  } else if (datum.shape == Shape::range) {
    const fhir::Node* low = datum.node->child(names.low);
    const fhir::Node* high = datum.node->child(names.high);
    const auto low_key = low == nullptr ? std::nullopt : decimal_key(low->child_value(names.value));
    const auto high_key = high == nullptr ? std::nullopt : decimal_key(high->child_value(names.value));
    if (!low_key && !high_key) return;
    const std::string from = low_key.value_or(decimal_key_minus_infinity());
    const std::string to = high_key.value_or(decimal_key_plus_infinity());
    // An inverted Range breaks its invariant rng-2: it contains no number, so there is nothing to find it by.
    if (to < from) return;
    extraction.values.numbers.push_back({parameter, extraction.arena.copy(from), extraction.arena.copy(to)});
  }
}

std::optional<NumberMatch> parse_number_match(std::string_view text) {
  const auto taken = take_prefix(text);
  if (!taken) return std::nullopt;
  auto range = taken->first == Prefix::ap ? approximate_range(taken->second) : implicit_range(taken->second);
  if (!range) return std::nullopt;
  return NumberMatch{taken->first, std::move(range->low), std::move(range->high), std::move(range->exact)};
}

// https://hl7.org/fhir/R4/search.html#number
Result<Plan> parse_number(const ValueText& value) {
  auto match = parse_number_match(value.text);
  if (!match) return bad_value(value, "a number: [prefix]number, such as 100, lt5.4 or 1e2");
  return Plan::make_leaf({value.parameter, std::move(*match)});
}

// https://hl7.org/fhir/R4/search.html#prefix. The value is [low, high], closed; the parameter is its implicit precision
// [low, high) for eq, ne and (widened) ap, and the number itself, "as if it had arbitrarily high precision", for the
// rest. For co the value is [low, high): what the precision of a resource's number covers.
bool matches_number(const NumberMatch& match, DecimalKey low, DecimalKey high) {
  const bool contained = low >= match.low && high < match.high;
  switch (match.prefix) {
    case Prefix::eq:
      return contained;
    case Prefix::ne:
      return !contained;
    case Prefix::gt:
      return high > match.exact;
    case Prefix::lt:
      return low < match.exact;
    case Prefix::ge:
      return high >= match.exact;
    case Prefix::le:
      return low <= match.exact;
    case Prefix::sa:
      return low > match.exact;
    case Prefix::eb:
      return high < match.exact;
    case Prefix::ap:
      return low < match.high && high >= match.low;
    case Prefix::co:
      return low <= match.exact && match.exact < high;
  }
  return false;
}

bool matches(const NumberMatch& match, const NumberValue& value) {
  return matches_number(match, value.low, value.high);
}

}  // namespace vesta::search::params
