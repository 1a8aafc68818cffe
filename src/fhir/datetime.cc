// FHIR dates and times as ranges of time.
#include "fhir/datetime.h"

#include <chrono>

namespace vesta::fhir {

namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kDay = 24 * 60 * kMinute;
constexpr int kMaxZoneHours = 14;

// Reads fixed-width fields from the front of a text.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}
  bool done() const { return text_.empty(); }
  bool accept(char c) {
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  // `width` digits as a number within [low, high], or -1.
  int number(std::size_t width, int low, int high) {
    if (text_.size() < width) return -1;
    int value = 0;
    for (std::size_t at = 0; at < width; ++at) {
      if (text_[at] < '0' || text_[at] > '9') return -1;
      value = value * 10 + (text_[at] - '0');
    }
    if (value < low || value > high) return -1;
    text_.remove_prefix(width);
    return value;
  }
  // The digits of a fraction of a second: sets microseconds and the width of the last digit.
  bool fraction(std::int64_t& micros, std::int64_t& width) {
    std::int64_t unit = kSecond;
    std::size_t count = 0;
    micros = 0;
    for (; !text_.empty() && text_[0] >= '0' && text_[0] <= '9'; text_.remove_prefix(1), ++count) {
      unit /= 10;  // digits beyond the microsecond add nothing
      micros += (text_[0] - '0') * unit;
      width = unit > 0 ? unit : 1;
    }
    return count > 0;
  }

 private:
  std::string_view text_;
};

std::int64_t start_of_day(int year, int month, int day) {
  const std::chrono::sys_days days = std::chrono::year{year} / month / day;
  return days.time_since_epoch().count() * kDay;
}

// hh:mm[:ss[.fff]][zone] behind the 'T': moves the range into the day.
bool read_time(Reader& reader, TimeRange& range) {
  const int hour = reader.number(2, 0, 23);
  if (hour < 0 || !reader.accept(':')) return false;
  const int minute = reader.number(2, 0, 59);
  if (minute < 0) return false;
  std::int64_t at = range.low + hour * 60 * kMinute + minute * kMinute;
  std::int64_t width = kMinute;
  if (reader.accept(':')) {
    const int second = reader.number(2, 0, 60);  // 60: a leap second, which counts as the next minute's first
    if (second < 0) return false;
    at += second * kSecond;
    width = kSecond;
    if (reader.accept('.')) {
      std::int64_t micros = 0;
      if (!reader.fraction(micros, width)) return false;
      at += micros;
    }
  }
  if (!reader.done() && !reader.accept('Z')) {
    const bool is_east = reader.accept('+');
    if (!is_east && !reader.accept('-')) return false;
    const int hours = reader.number(2, 0, kMaxZoneHours);
    if (hours < 0 || !reader.accept(':')) return false;
    const int minutes = reader.number(2, 0, 59);
    if (minutes < 0 || (hours == kMaxZoneHours && minutes > 0)) return false;
    at -= (is_east ? 1 : -1) * (hours * 60 + minutes) * kMinute;
  }
  range = {at, at + width};
  return reader.done();
}

}  // namespace

std::optional<TimeRange> parse_time_range(std::string_view text) {
  Reader reader(text);
  const int year = reader.number(4, 1, 9999);
  if (year < 0) return std::nullopt;
  if (reader.done()) return TimeRange{start_of_day(year, 1, 1), start_of_day(year + 1, 1, 1)};
  if (!reader.accept('-')) return std::nullopt;
  const int month = reader.number(2, 1, 12);
  if (month < 0) return std::nullopt;
  if (reader.done()) {
    return TimeRange{start_of_day(year, month, 1),
                     month == 12 ? start_of_day(year + 1, 1, 1) : start_of_day(year, month + 1, 1)};
  }
  if (!reader.accept('-')) return std::nullopt;
  const int day = reader.number(2, 1, 31);
  if (day < 0 || !(std::chrono::year{year} / month / day).ok()) return std::nullopt;
  TimeRange range{start_of_day(year, month, day), 0};
  range.high = range.low + kDay;
  if (reader.done()) return range;
  if (!reader.accept('T') || !read_time(reader, range)) return std::nullopt;
  return range;
}

}  // namespace vesta::fhir
