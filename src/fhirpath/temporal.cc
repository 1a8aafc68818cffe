// Dates and times: parsing by fields, comparison by precision.
#include "fhirpath/temporal.h"

#include <algorithm>
#include <cstdint>

namespace vesta::fhirpath {
namespace {

constexpr int kFields = 6;

// Reads a text from left to right.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}
  bool done() const { return at_ == text_.size(); }
  bool accept(char c) {
    if (done() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  // Exactly so many digits, as a number; -1 if they are not there.
  int number(std::size_t count) {
    if (text_.size() - at_ < count) return -1;
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      char c = text_[at_ + i];
      if (c < '0' || c > '9') return -1;
      value = value * 10 + (c - '0');
    }
    at_ += count;
    return value;
  }
  std::string_view digits() {
    std::size_t begin = at_;
    while (!done() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    return text_.substr(begin, at_ - begin);
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

// hh(:mm(:ss(.f+)?)?)? into the fields from the hour on; true if what was read is well-formed and in range.
bool read_time(Reader& reader, Temporal& value) {
  static constexpr std::array<int, 3> kLimit = {24, 60, 60};
  for (std::size_t i = 0; i < kLimit.size(); ++i) {
    if (i > 0 && !reader.accept(':')) return true;
    int field = reader.number(2);
    if (field < 0 || field >= kLimit[i]) return false;
    value.fields[kHourField + i] = field;
    ++value.known;
  }
  if (!reader.accept('.')) return true;
  std::string_view fraction = reader.digits();
  if (fraction.empty()) return false;
  value.fraction = fraction.substr(0, fraction.find_last_not_of('0') + 1);
  return true;
}

// Moves the fields by so many minutes, less than two days' worth.
void shift(Temporal& value, int minutes) {
  int total = value.fields[kHourField] * 60 + value.fields[kMinuteField] + minutes;
  while (total < 0) {
    total += 24 * 60;
    if (--value.fields[2] == 0) {
      if (--value.fields[1] == 0) {
        value.fields[1] = 12;
        --value.fields[0];
      }
      value.fields[2] = days_in_month(value.fields[0], value.fields[1]);
    }
  }
  while (total >= 24 * 60) {
    total -= 24 * 60;
    if (++value.fields[2] > days_in_month(value.fields[0], value.fields[1])) {
      value.fields[2] = 1;
      if (++value.fields[1] == 13) {
        value.fields[1] = 1;
        ++value.fields[0];
      }
    }
  }
  value.fields[kHourField] = total / 60;
  value.fields[kMinuteField] = total % 60;
}

bool read_zone(Reader& reader, Temporal& value) {
  if (reader.accept('Z')) {
    value.has_zone = true;
    return true;
  }
  bool minus = reader.accept('-');
  if (!minus && !reader.accept('+')) return true;  // none
  int hours = reader.number(2);
  if (hours < 0 || hours > 14 || !reader.accept(':')) return false;
  int minutes = reader.number(2);
  if (minutes < 0 || minutes > 59) return false;
  value.has_zone = true;
  int offset = hours * 60 + minutes;
  shift(value, minus ? offset : -offset);
  return true;
}

}  // namespace

std::string padded(std::int64_t number, std::size_t width) {
  std::string text = std::to_string(number);
  return text.size() < width ? std::string(width - text.size(), '0') + text : text;
}

int days_in_month(int year, int month) {
  static constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays[static_cast<std::size_t>(month - 1)];
}

std::string fields_text(const Temporal& value, int count, bool is_time) {
  static constexpr std::array<std::string_view, 6> kBefore = {"", "-", "-", "T", ":", ":"};
  std::string text;
  for (std::size_t i = is_time ? 3 : 0; i < static_cast<std::size_t>(count); ++i) {
    if (!text.empty()) text += kBefore[i];
    text += padded(value.fields[i], i == 0 ? 4 : 2);
  }
  return text;
}

std::optional<Temporal> parse_date_time(std::string_view text) {
  Reader reader(text);
  Temporal value;
  value.fields[0] = reader.number(4);
  if (value.fields[0] < 0) return std::nullopt;
  value.known = 1;
  if (reader.accept('-')) {
    value.fields[1] = reader.number(2);
    if (value.fields[1] < 1 || value.fields[1] > 12) return std::nullopt;
    value.known = 2;
    if (reader.accept('-')) {
      value.fields[2] = reader.number(2);
      if (value.fields[2] < 1 || value.fields[2] > days_in_month(value.fields[0], value.fields[1])) {
        return std::nullopt;
      }
      value.known = 3;
    }
  }
  if (reader.done()) return value;
  if (value.known != 3 || !reader.accept('T')) return std::nullopt;
  if (!read_time(reader, value) || !read_zone(reader, value) || !reader.done()) return std::nullopt;
  return value;
}

std::optional<Temporal> parse_time(std::string_view text) {
  Reader reader(text);
  Temporal value;
  if (!read_time(reader, value) || !reader.done()) return std::nullopt;
  value.known += kHourField;  // the date counts as known and equal
  return value;
}

Order compare(const Temporal& left, const Temporal& right) {
  bool both_have_hours = left.known > kHourField && right.known > kHourField;
  if (both_have_hours && left.has_zone != right.has_zone) return Order::undecided;
  int shared = std::min(left.known, right.known);
  for (int i = 0; i < shared; ++i) {
    auto field = static_cast<std::size_t>(i);
    if (left.fields[field] != right.fields[field]) {
      return left.fields[field] < right.fields[field] ? Order::less : Order::greater;
    }
  }
  if (left.known != right.known) return Order::undecided;
  if (shared < kFields) return Order::equal;
  // Fractions without zeros at the end compare like text: a prefix is the smaller one.
  return to_order(left.fraction.compare(right.fraction) <=> 0);
}

}  // namespace vesta::fhirpath
