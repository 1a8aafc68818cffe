// Days and moments of the population's calendar, and how FHIR writes them.
#pragma once

#include <cstdint>
#include <string>

namespace vesta::sample {

using Day = std::int32_t;  // days since 1970-01-01
using Moment =
    std::int64_t;  // seconds since 1970-01-01T00:00:00 of the local clock; the whole population lives at UTC-05:00

inline constexpr Day kNever = INT32_MAX;
inline constexpr std::int64_t kSecondsPerDay = 86'400;
inline constexpr double kDaysPerYear = 365.2425;

struct Civil {
  int year;
  int month;  // 1-12
  int day;    // 1-31
};
Civil to_civil(Day day);
Day to_day(int year, int month, int day_of_month);
// The same day of the month, or the month's last one.
Day add_months(Day day, int months);
// Whole years, as a birthday counts them.
int age_at(Day birth, Day day);
int age_in_months(Day birth, Day day);

inline Moment at_clock(Day day, int hour, int minute) {
  return static_cast<Moment>(day) * kSecondsPerDay + hour * 3600 + minute * 60;
}
inline Day day_of(Moment moment) {
  return static_cast<Day>(moment / kSecondsPerDay - (moment % kSecondsPerDay < 0));
}
// The nearest day from `day` on that is no Saturday or Sunday.
Day next_working_day(Day day);

void append_date(Day day, std::string& out);             // 2024-02-29
void append_date_time(Moment moment, std::string& out);  // 2024-02-29T08:15:00-05:00

}  // namespace vesta::sample
