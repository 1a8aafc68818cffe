// The Prefer header. https://www.rfc-editor.org/rfc/rfc7240 and https://hl7.org/fhir/R4/http.html#ops
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vesta::http {

inline constexpr std::size_t kMaxPreferences = 32;  // further ones are ignored: a preference never fails a request

// Names are lower-case; values keep their text, without quotes; a preference without a value has an empty one.
class Preferences {
 public:
  // Several header fields join with ", ". Malformed parts are skipped. The first of a name counts (RFC 7240, 2).
  static Preferences parse(std::string_view header);

  // The value of this preference, or nullopt: get("return") may be "minimal", get("respond-async") "".
  std::optional<std::string_view> get(std::string_view name) const;
  bool is(std::string_view name, std::string_view value) const { return get(name) == value; }

 private:
  std::vector<std::pair<std::string, std::string>> preferences_;
};

}  // namespace vesta::http
