// The head of a stored version's text.
#include "fhir/envelope.h"

#include <array>
#include <chrono>
#include <cstddef>

#include "base/check.h"

namespace vesta::fhir {

namespace {

constexpr std::string_view kInstantForm = "0000-00-00T00:00:00.000Z";

// OPTIMIZATION: a page has an instant per resource, and printf takes longer than all else in its head.
void put_digits(unsigned value, int count, char* to) {
  for (; count > 0; --count, value /= 10) to[count - 1] = static_cast<char>('0' + value % 10);
  CHECK(value == 0);  // no clock tells a year of five digits
}

}  // namespace

void append_instant(Instant instant, std::string& out) {
  using namespace std::chrono;
  const sys_time<microseconds> time{microseconds{instant.value}};
  const sys_days day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss<milliseconds> clock{floor<milliseconds>(time - day)};
  std::array<char, kInstantForm.size()> text{};
  kInstantForm.copy(text.data(), text.size());
  const auto put = [&text](auto value, int count, std::size_t at) {
    put_digits(static_cast<unsigned>(value), count, text.data() + at);
  };
  put(static_cast<int>(date.year()), 4, 0);
  put(static_cast<unsigned>(date.month()), 2, 5);
  put(static_cast<unsigned>(date.day()), 2, 8);
  put(clock.hours().count(), 2, 11);
  put(clock.minutes().count(), 2, 14);
  put(clock.seconds().count(), 2, 17);
  put(clock.subseconds().count(), 3, 20);
  out.append(text.data(), text.size());
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
