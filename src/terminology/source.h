// Source: where CodeSystems and ValueSets are found by their canonical URL.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace vesta::terminology {

enum class Kind : std::uint8_t { code_system, value_set };
// "CodeSystem", "ValueSet"
std::string_view kind_name(Kind kind);

// A canonical reference: `url|version`, or `url`. https://hl7.org/fhir/R4/references.html#canonical
struct Canonical {
  std::string_view url;
  std::string_view version;  // empty: whichever is current
};
// Views into `text`.
Canonical parse_canonical(std::string_view text);

// Implementations are thread-safe: any number of threads ask at the same time.
class Source {
 public:
  virtual ~Source() = default;

  // The JSON text of the resource with this `url` and, unless `version` is empty, exactly this `version`. Without a
  // version: the one to use now (active before draft before retired, then the newest). Absent: there is none.
  // A source that has ids too may take a literal reference (`ValueSet/123`) for the url.
  // Errors: only those of the source itself (unavailable …).
  virtual Result<std::optional<std::string>> find(Kind kind, std::string_view url, std::string_view version) = 0;

  // The URLs of CodeSystems among which are all that have the code. There may be others among them.
  virtual Result<std::vector<std::string>> systems_with(std::string_view code) = 0;

  // Never decreases; grows when an answer of find() may have become another one, not before that answer is visible:
  // what was computed from answers is kept as long as this number stays.
  virtual std::uint64_t generation() = 0;
};

}  // namespace vesta::terminology
