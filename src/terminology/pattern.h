// Pattern: a regular expression that is matched in time linear in the text, for filters that anyone may send.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace vesta::terminology {

inline constexpr std::size_t kMaxPatternBytes = 4000;
inline constexpr std::size_t kMaxPatternSteps = 2000;  // instructions, after counted repetitions are written out
inline constexpr std::size_t kMaxPatternDepth = 50;    // nested groups

// What filters in value sets use: literals, `.`, classes with ranges and negation, \d \w \s \D \W \S, groups, `|`,
// `* + ?`, `{n}`, `{n,}`, `{n,m}` (a lazy form finds the same), `^` and `$`. Characters are Unicode code points.
// A library's engine that goes back on its steps may take exponential time; this one keeps the set of all places.
class Pattern {
 public:
  // Errors: invalid (not a regular expression); unsupported (back references, look-around, \b, \p …, naming the part);
  // too_large (kMaxPatternBytes, kMaxPatternSteps, kMaxPatternDepth).
  static Result<Pattern> compile(std::string_view text);

  // Does the whole of `text` (UTF-8) match?
  bool matches(std::string_view text) const;
  // An upper bound of the steps that matches() takes for each byte of its text.
  std::size_t cost() const;

  struct CharSet {
    bool negated = false;
    std::vector<std::pair<char32_t, char32_t>> ranges;  // from, to (inclusive)
    bool has(char32_t c) const;
  };
  struct Step {
    enum class Kind : std::uint8_t { chars, split, jump, begin, end, match };
    Kind kind = Kind::match;
    std::uint32_t set = 0;                // chars: number among the sets
    std::uint32_t target = 0, other = 0;  // split: both; jump: target. Else the next step follows.
  };

 private:
  friend class PatternCompiler;
  std::vector<Step> steps_;
  std::vector<CharSet> sets_;
};

}  // namespace vesta::terminology
