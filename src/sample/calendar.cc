// The calendar's arithmetic (std::chrono's civil calendar) and the texts of dates.
#include "sample/calendar.h"

#include <algorithm>
#include <chrono>

namespace vesta::sample {
namespace {

constexpr int kSaturday = 6;

void append_digits(int value, int width, std::string& out) {
  char text[8];
  for (int i = width - 1; i >= 0; --i) {
    text[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  out.append(text, static_cast<std::size_t>(width));
}

}  // namespace

Civil to_civil(Day day) {
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day}}};
  return {static_cast<int>(date.year()), static_cast<int>(static_cast<unsigned>(date.month())),
          static_cast<int>(static_cast<unsigned>(date.day()))};
}

Day to_day(int year, int month, int day_of_month) {
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day_of_month)}};
  return static_cast<Day>(std::chrono::sys_days{date}.time_since_epoch().count());
}

Day add_months(Day day, int months) {
  const Civil from = to_civil(day);
  const int total = from.year * 12 + from.month - 1 + months;
  const int year = total / 12;
  const int month = total % 12 + 1;
  const std::chrono::year_month_day_last last{
      std::chrono::year{year}, std::chrono::month_day_last{std::chrono::month{static_cast<unsigned>(month)}}};
  return to_day(year, month, std::min(from.day, static_cast<int>(static_cast<unsigned>(last.day()))));
}

int age_in_months(Day birth, Day day) {
  const Civil from = to_civil(birth);
  const Civil to = to_civil(day);
  return (to.year - from.year) * 12 + to.month - from.month - (to.day < from.day ? 1 : 0);
}

int age_at(Day birth, Day day) {
  return age_in_months(birth, day) / 12;
}

Day next_working_day(Day day) {
  const unsigned weekday = std::chrono::weekday{std::chrono::sys_days{std::chrono::days{day}}}.c_encoding();
  return weekday == kSaturday ? day + 2 : weekday == 0 ? day + 1 : day;
}

void append_date(Day day, std::string& out) {
  const Civil date = to_civil(day);
  append_digits(date.year, 4, out);
  out.push_back('-');
  append_digits(date.month, 2, out);
  out.push_back('-');
  append_digits(date.day, 2, out);
}

void append_date_time(Moment moment, std::string& out) {
  const Day day = day_of(moment);
  const int second = static_cast<int>(moment - static_cast<Moment>(day) * kSecondsPerDay);
  append_date(day, out);
  out.push_back('T');
  append_digits(second / 3600, 2, out);
  out.push_back(':');
  append_digits(second / 60 % 60, 2, out);
  out.push_back(':');
  append_digits(second % 60, 2, out);
  out.append("-05:00");
}

}  // namespace vesta::sample
