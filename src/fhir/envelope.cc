// The head of a stored version's text.
#include "fhir/envelope.h"

#include <chrono>
#include <cstdio>

namespace vesta::fhir {

void append_instant(Instant instant, std::string& out) {
  using namespace std::chrono;
  const sys_time<microseconds> time{microseconds{instant.value}};
  const sys_days day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss<milliseconds> clock{floor<milliseconds>(time - day)};
  char text[32];
  const int size =
      std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                    static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                    static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  out.append(text, static_cast<std::size_t>(size));
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
