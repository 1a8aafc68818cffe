// Number parameters: integer, decimal and Range. https://hl7.org/fhir/R4/search.html#number
#include <utility>

#include "search/decimal_key.h"
#include "search/params/extract.h"
#include "search/params/match.h"
#include "search/params/parse.h"

namespace vesta::search::params {
namespace {

// The texts of both ends of a Range; an empty one is absent.
std::pair<std::string_view, std::string_view> ends_of(const fhir::Node& range, const Vocabulary& names) {
  const auto number = [&](const fhir::Node* end) {
    return end == nullptr ? std::string_view() : end->child_value(names.value);
  };
  return {number(range.child(names.low)), number(range.child(names.high))};
}

// An inverted Range breaks its invariant rng-2: it contains no number, so there is nothing to find it by.
void add_ends(ParameterId parameter, const std::string& low, const std::string& high, Extraction& extraction) {
  if (high < low) return;
  extraction.values.numbers.push_back({parameter, extraction.arena.copy(low), extraction.arena.copy(high)});
}

}  // namespace

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
    const auto [low_text, high_text] = ends_of(*datum.node, names);
    const auto low = decimal_key(low_text);
    const auto high = decimal_key(high_text);
    if (!low && !high) return;
    add_ends(parameter, low.value_or(decimal_key_minus_infinity()), high.value_or(decimal_key_plus_infinity()),
             extraction);
  }
}

// https://hl7.org/fhir/R4/search_filter.html#ops, `co`: "an item in the set's implicit imprecision": 0.5 is
// [0.45, 0.55), by the rule that holds for the numbers of a search. A Range reaches as far as its ends do.
void extract_precision(ParameterId parameter, const Datum& datum, Extraction& extraction) {
  if (datum.shape == Shape::number) {
    const auto range = implicit_range(datum.text);
    if (range) add_ends(parameter, range->low, range->high, extraction);
  } else if (datum.shape == Shape::range) {
    const auto [low_text, high_text] = ends_of(*datum.node, extraction.vocabulary);
    const auto low = implicit_range(low_text);
    const auto high = implicit_range(high_text);
    if ((!low && !high) || (low && high && high->exact < low->exact)) return;
    add_ends(parameter, low ? low->low : decimal_key_minus_infinity(), high ? high->high : decimal_key_plus_infinity(),
             extraction);
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
