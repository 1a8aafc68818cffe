// Formats and parses HTTP dates by civil calendar arithmetic of <chrono>; no locale, no time zone data.
#include "http/date.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>

namespace vesta::http {
namespace {

namespace chrono = std::chrono;

constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 7> kLongDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                       "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr int kCenturyWindowYears = 50;

// Reads fixed pieces from the front of a text; `ok` turns false at the first that does not fit.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool ok() const { return ok_; }
  bool done() const { return ok_ && text_.empty(); }

  void literal(std::string_view expected) {
    if (!text_.starts_with(expected)) return fail();
    text_.remove_prefix(expected.size());
  }

  int number(std::size_t digits) {
    int value = 0;
    if (text_.size() < digits) return fail(), 0;
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + digits, value);
    if (error != std::errc() || end != text_.data() + digits || text_[0] == '-') return fail(), 0;
    text_.remove_prefix(digits);
    return value;
  }

  // The index of the name that the text begins with.
  template <std::size_t size>
  int name(const std::array<std::string_view, size>& names) {
    for (std::size_t i = 0; i < size; ++i) {
      if (text_.starts_with(names[i])) {
        text_.remove_prefix(names[i].size());
        return static_cast<int>(i);
      }
    }
    return fail(), 0;
  }

  bool skip(char c) {
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }

 private:
  void fail() { ok_ = false; }

  std::string_view text_;
  bool ok_ = true;
};

struct Parts {
  int year = 0;
  int month = 0;  // from 0
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
};

void scan_time(Scanner& scanner, Parts& parts) {
  parts.hour = scanner.number(2);
  scanner.literal(":");
  parts.minute = scanner.number(2);
  scanner.literal(":");
  parts.second = scanner.number(2);
}

std::optional<Instant> to_instant(const Parts& parts) {
  const chrono::year_month_day date{chrono::year(parts.year), chrono::month(static_cast<unsigned>(parts.month) + 1),
                                    chrono::day(static_cast<unsigned>(parts.day))};
  // 60 is a leap second; it counts as the next minute's first.
  if (!date.ok() || parts.hour > 23 || parts.minute > 59 || parts.second > 60) return std::nullopt;
  const std::int64_t days = chrono::sys_days(date).time_since_epoch().count();
  const std::int64_t seconds = ((days * 24 + parts.hour) * 60 + parts.minute) * 60 + parts.second;
  return Instant{seconds * kMicrosPerSecond};
}

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::optional<Instant> parse_fixdate(std::string_view text) {
  Scanner scanner(text);
  Parts parts;
  scanner.name(kDays);
  scanner.literal(", ");
  parts.day = scanner.number(2);
  scanner.literal(" ");
  parts.month = scanner.name(kMonths);
  scanner.literal(" ");
  parts.year = scanner.number(4);
  scanner.literal(" ");
  scan_time(scanner, parts);
  scanner.literal(" GMT");
  return scanner.done() ? to_instant(parts) : std::nullopt;
}

// "Sunday, 06-Nov-94 08:49:37 GMT"
std::optional<Instant> parse_rfc850(std::string_view text, Instant now) {
  Scanner scanner(text);
  Parts parts;
  scanner.name(kLongDays);
  scanner.literal(", ");
  parts.day = scanner.number(2);
  scanner.literal("-");
  parts.month = scanner.name(kMonths);
  scanner.literal("-");
  parts.year = scanner.number(2);
  scanner.literal(" ");
  scan_time(scanner, parts);
  scanner.literal(" GMT");
  if (!scanner.done()) return std::nullopt;
  const chrono::year_month_day today{
      chrono::floor<chrono::days>(chrono::sys_time<chrono::microseconds>(chrono::microseconds(now.value)))};
  const int this_year = static_cast<int>(today.year());
  parts.year += this_year / 100 * 100;
  if (parts.year > this_year + kCenturyWindowYears) parts.year -= 100;
  return to_instant(parts);
}

// "Sun Nov  6 08:49:37 1994"
std::optional<Instant> parse_asctime(std::string_view text) {
  Scanner scanner(text);
  Parts parts;
  scanner.name(kDays);
  scanner.literal(" ");
  parts.month = scanner.name(kMonths);
  scanner.literal(" ");
  parts.day = scanner.number(scanner.skip(' ') ? 1 : 2);
  scanner.literal(" ");
  scan_time(scanner, parts);
  scanner.literal(" ");
  parts.year = scanner.number(4);
  return scanner.done() ? to_instant(parts) : std::nullopt;
}

}  // namespace

std::string format_date(Instant instant) {
  const auto seconds =
      chrono::floor<chrono::seconds>(chrono::sys_time<chrono::microseconds>(chrono::microseconds(instant.value)));
  const auto day = chrono::floor<chrono::days>(seconds);
  const chrono::year_month_day date{day};
  const chrono::hh_mm_ss time{seconds - day};
  std::array<char, 64> text;
  const int size = std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
                                 kDays[chrono::weekday(day).c_encoding()].data(), static_cast<unsigned>(date.day()),
                                 kMonths[static_cast<unsigned>(date.month()) - 1].data(), static_cast<int>(date.year()),
                                 static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                                 static_cast<int>(time.seconds().count()));
  return std::string(text.data(), static_cast<std::size_t>(size));
}

std::optional<Instant> parse_date(std::string_view text, Instant now) {
  if (auto instant = parse_fixdate(text)) return instant;
  if (auto instant = parse_rfc850(text, now)) return instant;
  return parse_asctime(text);
}

}  // namespace vesta::http
