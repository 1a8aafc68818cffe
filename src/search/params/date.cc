// Date parameters: date, dateTime, instant, Period and Timing. https://hl7.org/fhir/R4/search.html#date
#include <algorithm>
#include <limits>

#include "fhir/datetime.h"
#include "search/params/extract.h"
#include "search/params/match.h"
#include "search/params/parse.h"

namespace vesta::search::params {
namespace {

// The outer limits of what has been seen so far; open where nothing bounds it.
struct Limits {
  std::int64_t low = std::numeric_limits<std::int64_t>::max();
  std::int64_t high = std::numeric_limits<std::int64_t>::min();

  void include(std::int64_t from, std::int64_t to) {
    low = std::min(low, from);
    high = std::max(high, to);
  }
};

void add_date(ParameterId parameter, std::int64_t low, std::int64_t high, Extraction& extraction) {
  // An inverted Period breaks its invariant per-1: it contains no time, so there is nothing to find it by.
  if (low < high) extraction.values.dates.push_back({parameter, low, high});
}

// "A missing lower boundary is less than any actual date. A missing upper boundary is greater than any actual date."
void include_period(const fhir::Node& period, const Vocabulary& names, Limits& limits) {
  const auto start = fhir::parse_time_range(period.child_value(names.start));
  const auto end = fhir::parse_time_range(period.child_value(names.end));
  if (start || end) limits.include(start ? start->low : kDateMin, end ? end->high : kDateMax);
}

// "The specified scheduling details are ignored and only the outer limits matter": the events and the bounding Period.
// A bounding Duration or Range says how long, not when.
void include_timing(const fhir::Node& timing, const Vocabulary& names, Limits& limits) {
  for (const fhir::Node& child : timing.children()) {
    if (child.name == names.event) {
      if (const auto event = fhir::parse_time_range(child.value)) limits.include(event->low, event->high);
    } else if (child.name == names.repeat) {
      const fhir::Node* bounds = child.child(names.bounds);
      if (bounds != nullptr && names.shapes[bounds->type] == Shape::period) include_period(*bounds, names, limits);
    }
  }
}

// The form with a '+' that a form decoder has turned into a space: …Thh:mm[:ss] hh:mm. Nowhere else may a date have
// one.
std::string with_plus(std::string_view text) {
  std::string out(text);
  const std::size_t space = out.rfind(' ');
  if (space != std::string::npos && space + 6 == out.size() && out.find(' ') == space && out.find('T') < space &&
      out[space + 3] == ':') {
    out[space] = '+';
  }
  return out;
}

// A tenth of the gap between now and the date. https://hl7.org/fhir/R4/search.html#prefix, ap
void widen(fhir::TimeRange& range, Instant now) {
  const std::int64_t gap = now.value < range.low     ? range.low - now.value
                           : now.value >= range.high ? now.value - range.high
                                                     : 0;
  range.low -= gap / 10;
  range.high += gap / 10;
}

constexpr std::string_view kExpectedDate = "a date: [prefix]YYYY[-MM[-DD[Thh:mm[:ss[.f]][Z|(+|-)hh:mm]]]]";

}  // namespace

// https://hl7.org/fhir/R4/search.html#date, the table of data types.
void extract_date(ParameterId parameter, const Datum& datum, Extraction& extraction) {
  Limits limits;
  switch (datum.shape) {
    case Shape::date:
      if (const auto range = fhir::parse_time_range(datum.text)) limits.include(range->low, range->high);
      break;
    case Shape::period:
      include_period(*datum.node, extraction.vocabulary, limits);
      break;
    case Shape::timing:
      include_timing(*datum.node, extraction.vocabulary, limits);
      break;
    default:
      return;
  }
  add_date(parameter, limits.low, limits.high, extraction);
}

std::optional<DateMatch> parse_date_match(std::string_view text, Instant now) {
  const auto taken = take_prefix(text);
  if (!taken) return std::nullopt;
  auto range = fhir::parse_time_range(with_plus(taken->second));
  if (!range) return std::nullopt;
  if (taken->first == Prefix::ap) widen(*range, now);
  return DateMatch{taken->first, range->low, range->high};
}

// https://hl7.org/fhir/R4/search.html#date
Result<Plan> parse_date(const ValueText& value) {
  const auto match = parse_date_match(value.text, value.context.now);
  if (!match) return bad_value(value, kExpectedDate);
  return Plan::make_leaf({value.parameter, *match});
}

// https://hl7.org/fhir/R4/search.html#lastUpdated
Result<Plan> parse_last_updated(const ValueText& value) {
  const auto match = parse_date_match(value.text, value.context.now);
  if (!match) return bad_value(value, kExpectedDate);
  return Plan::make_leaf({nullptr, LastUpdatedMatch{*match}});
}

// https://hl7.org/fhir/R4/search.html#prefix, with the value's range [low, high) and the parameter's range [low, high):
//   eq: the parameter's range fully contains the value's       ne: it does not
//   gt: the range above the parameter's intersects the value's  lt: the range below does
//   ge: gt or eq                                                le: lt or eq
//   sa: the value's range lies above the parameter's            eb: it lies below
//   ap: the ranges overlap, the parameter's being widened when the text is read
//   co: the value's range fully contains the parameter's. https://hl7.org/fhir/R4/search_filter.html#ops
bool matches(const DateMatch& match, const DateValue& value) {
  const bool contained = value.low >= match.low && value.high <= match.high;
  switch (match.prefix) {
    case Prefix::eq:
      return contained;
    case Prefix::ne:
      return !contained;
    case Prefix::gt:
      return value.high > match.high;
    case Prefix::lt:
      return value.low < match.low;
    case Prefix::ge:
      return value.high > match.high || contained;
    case Prefix::le:
      return value.low < match.low || contained;
    case Prefix::sa:
      return value.low >= match.high;
    case Prefix::eb:
      return value.high <= match.low;
    case Prefix::ap:
      return value.low < match.high && value.high > match.low;
    case Prefix::co:
      return value.low <= match.low && value.high >= match.high;
  }
  return false;
}

}  // namespace vesta::search::params
