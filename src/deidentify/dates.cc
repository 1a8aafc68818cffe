// Moving of dates by the calendar.
#include "deidentify/dates.h"

#include <charconv>
#include <chrono>
#include <cstdio>

namespace vesta::deidentify {
namespace {

using std::chrono::days;
using std::chrono::microseconds;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr std::size_t kYearLength = 4;   // 2020
constexpr std::size_t kMonthLength = 7;  // 2020-01
constexpr std::size_t kDateLength = 10;  // 2020-01-31
constexpr unsigned kMiddleOfMonth = 15;

int number(std::string_view text, std::size_t at, std::size_t count) {
  int value = 0;
  if (text.size() < at + count) return 0;
  const char* const end = text.data() + at + count;
  const auto read = std::from_chars(text.data() + at, end, value);
  return read.ptr == end ? value : 0;
}

year_month_day date_of(Instant instant) {
  return year_month_day(std::chrono::floor<days>(std::chrono::sys_time<microseconds>(microseconds(instant.value))));
}

}  // namespace

int year_number(std::string_view text) {
  return number(text, 0, kYearLength);
}

int year_number(Instant instant) {
  return static_cast<int>(date_of(instant).year());
}

std::optional<std::string> shifted(std::string_view text, int days_moved) {
  if (text.size() == kYearLength) return std::string(text);
  const bool has_day = text.size() >= kDateLength;
  const year_month_day date(std::chrono::year(year_number(text)),
                            std::chrono::month(static_cast<unsigned>(number(text, 5, 2))),
                            std::chrono::day(has_day ? static_cast<unsigned>(number(text, 8, 2)) : kMiddleOfMonth));
  if (!date.ok()) return std::nullopt;
  const year_month_day moved(sys_days(date) + days(days_moved));
  const int year = static_cast<int>(moved.year());
  if (year < 1 || year > 9999) return std::nullopt;
  char written[24];
  std::snprintf(written, sizeof written, "%04d-%02u-%02u", year, static_cast<unsigned>(moved.month()),
                static_cast<unsigned>(moved.day()));
  std::string out(written, has_day ? kDateLength : kMonthLength);
  if (has_day) out.append(text.substr(kDateLength));
  return out;
}

std::string year_of(std::string_view text, Precision precision) {
  std::string out(text.substr(0, kYearLength));
  if (precision == Precision::instant) out += "-01-01T00:00:00Z";
  return out;
}

Instant shifted(Instant instant, int days_moved) {
  return {instant.value + std::chrono::duration_cast<microseconds>(days(days_moved)).count()};
}

Instant start_of_year(Instant instant) {
  const sys_days first(date_of(instant).year() / std::chrono::January / 1);
  return {std::chrono::duration_cast<microseconds>(first.time_since_epoch()).count()};
}

}  // namespace vesta::deidentify
