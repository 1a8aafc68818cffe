// Dates of HTTP headers. https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"

namespace vesta::http {

// IMF-fixdate, "Sun, 06 Nov 1994 08:49:37 GMT"; fractions of a second are cut off. Years 0000 to 9999.
std::string format_date(Instant instant);

// IMF-fixdate, and the two obsolete forms that recipients must still accept; nullopt if it is none of them. `now`
// decides the century of the two-digit years of RFC 850: a date over 50 years ahead is in the past.
std::optional<Instant> parse_date(std::string_view text, Instant now);

}  // namespace vesta::http
