// Date parameters: date, dateTime, instant, Period and Timing. https://hl7.org/fhir/R4/search.html#date
#include "search/params/match.h"

namespace vesta::search::params {

// https://hl7.org/fhir/R4/search.html#prefix, with the value's range [low, high) and the parameter's range [low, high):
//   eq: the parameter's range fully contains the value's       ne: it does not
//   gt: the range above the parameter's intersects the value's  lt: the range below does
//   ge: gt or eq                                                le: lt or eq
//   sa: the value's range lies above the parameter's            eb: it lies below
//   ap: the ranges overlap, the parameter's being widened when the text is read
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
  }
  return false;
}

}  // namespace vesta::search::params
