// now, today and timeOfDay, in UTC, by the clock of the evaluation:
// https://hl7.org/fhirpath/N1/#current-date-and-time-functions
#include <string>
#include <string_view>

#include "fhir/envelope.h"
#include "fhirpath/functions/bodies.h"

namespace vesta::fhirpath::functions {
namespace {

constexpr std::size_t kDateLength = 10;  // YYYY-MM-DD
constexpr std::size_t kTimeBegin = 11;   // behind the T
constexpr std::size_t kTimeLength = 12;  // hh:mm:ss.fff

Status push_part(Evaluator& evaluator, const Call& call, Item::Kind kind, std::size_t begin, std::size_t length,
                 Collection& out) {
  VESTA_TRY(const Instant instant, evaluator.now(call.bound));
  std::string text;
  fhir::append_instant(instant, text);
  return evaluator.push(call.bound, evaluator.text_item(kind, std::string_view(text).substr(begin, length)), out);
}

}  // namespace

// https://hl7.org/fhirpath/N1/#now-datetime
Status now(Evaluator& evaluator, const Call& call, Collection& out) {
  return push_part(evaluator, call, Item::Kind::date_time, 0, std::string_view::npos, out);
}

// https://hl7.org/fhirpath/N1/#today-date
Status today(Evaluator& evaluator, const Call& call, Collection& out) {
  return push_part(evaluator, call, Item::Kind::date, 0, kDateLength, out);
}

// https://hl7.org/fhirpath/N1/#timeofday-time
Status time_of_day(Evaluator& evaluator, const Call& call, Collection& out) {
  return push_part(evaluator, call, Item::Kind::time, kTimeBegin, kTimeLength, out);
}

}  // namespace vesta::fhirpath::functions
