// The head of a stored version's text.
#include "fhir/envelope.h"

#include <chrono>
#include <cstddef>

#include "base/check.h"

namespace vesta::fhir {

namespace {

// OPTIMIZATION: a page has an instant per resource, and printf takes longer than all else in its head.
void append_digits(unsigned value, int count, std::string& out) {
  const std::size_t end = out.size() + static_cast<std::size_t>(count);
  out.resize(end);
  for (std::size_t at = end; count > 0; --count, value /= 10) out[--at] = static_cast<char>('0' + value % 10);
  CHECK(value == 0);  // no clock tells a year of five digits
}

}  // namespace

void append_instant(Instant instant, std::string& out) {
  using namespace std::chrono;
  const sys_time<microseconds> time{microseconds{instant.value}};
  const sys_days day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss<milliseconds> clock{floor<milliseconds>(time - day)};
  const auto put = [&out](auto value, int count, char behind) {
    append_digits(static_cast<unsigned>(value), count, out);
    out.push_back(behind);
  };
  put(static_cast<int>(date.year()), 4, '-');
  put(static_cast<unsigned>(date.month()), 2, '-');
  put(static_cast<unsigned>(date.day()), 2, 'T');
  put(clock.hours().count(), 2, ':');
  put(clock.minutes().count(), 2, ':');
  put(clock.seconds().count(), 2, '.');
  put(clock.subseconds().count(), 3, 'Z');
}

void append_head(std::string_view type, std::string_view id, VersionId version, Instant last_updated,
                 std::string& out) {
  out += R"({"resourceType":")";
  out += type;
  out += R"(","id":")";
  out += id;
  out += R"(","meta":{"versionId":")";
  out += std::to_string(version.value);
  out += R"(","lastUpdated":")";
  append_instant(last_updated, out);
  out.push_back('"');
}

}  // namespace vesta::fhir
