// Pattern: a regular expression of the language, compiled; RE2 stays behind it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace vesta::fhirpath {

inline constexpr std::int64_t kMaxPatternBytes = 1 << 20;        // of memory that one pattern may take
inline constexpr std::int64_t kMaxKeptPatternBytes = 64 * 1024;  // of one that is kept with its program

// Immutable; any number of threads may match by it at the same time.
class Pattern {
 public:
  explicit Pattern(std::string_view text, std::int64_t max_bytes = kMaxPatternBytes);
  ~Pattern();
  Pattern(const Pattern&) = delete;
  Pattern& operator=(const Pattern&) = delete;

  const re2::RE2& compiled() const { return *compiled_; }
  std::string problem() const;  // empty: it is a regular expression, of a size that can be taken

 private:
  std::unique_ptr<const re2::RE2> compiled_;
};

}  // namespace vesta::fhirpath
