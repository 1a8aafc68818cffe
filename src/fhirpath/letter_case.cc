// Letter case: ranges of code points.
#include "fhirpath/letter_case.h"

#include <array>
#include <cstdint>

namespace vesta::fhirpath {
namespace {

// Capitals from `first` to `last`; the small letter is `distance` behind. With `alternates` only each second code
// point, beginning with the first, is a capital.
struct Range {
  std::uint32_t first, last, distance;
  bool alternates;
};
constexpr std::array<Range, 12> kRanges = {{{'A', 'Z', 32, false},
                                            {0xC0, 0xD6, 32, false},
                                            {0xD8, 0xDE, 32, false},
                                            {0x100, 0x12E, 1, true},
                                            {0x132, 0x136, 1, true},
                                            {0x139, 0x147, 1, true},
                                            {0x14A, 0x176, 1, true},
                                            {0x179, 0x17D, 1, true},
                                            {0x391, 0x3A1, 32, false},
                                            {0x3A3, 0x3AB, 32, false},
                                            {0x410, 0x42F, 32, false},
                                            {0x400, 0x40F, 80, false}}};

std::uint32_t lower(std::uint32_t code) {
  for (const Range& range : kRanges) {
    const bool is_within = code >= range.first && code <= range.last;
    if (is_within && (!range.alternates || (code - range.first) % 2 == 0)) return code + range.distance;
  }
  return code;
}

std::uint32_t upper(std::uint32_t code) {
  for (const Range& range : kRanges) {
    if (code < range.first + range.distance || code > range.last + range.distance) continue;
    if (!range.alternates || (code - range.first - range.distance) % 2 == 0) return code - range.distance;
  }
  return code;
}

// Letters of one and two bytes; both forms have as many bytes.
std::string mapped(std::string_view text, std::uint32_t (*map)(std::uint32_t)) {
  std::string out(text);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto byte = static_cast<unsigned char>(out[i]);
    if (byte < 0x80) {
      out[i] = static_cast<char>(map(byte));
    } else if (byte >= 0xC2 && byte < 0xE0 && i + 1 < out.size()) {
      const std::uint32_t code = map((byte & 0x1Fu) << 6 | (static_cast<unsigned char>(out[i + 1]) & 0x3Fu));
      out[i] = static_cast<char>(0xC0 | code >> 6);
      out[++i] = static_cast<char>(0x80 | (code & 0x3F));
    }
  }
  return out;
}

bool begins_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
}

}  // namespace

std::string lower_case(std::string_view text) {
  return mapped(text, lower);
}

std::string upper_case(std::string_view text) {
  return mapped(text, upper);
}

std::size_t character_count(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += begins_character(c) ? 1 : 0;
  return count;
}

std::size_t character_offset(std::string_view text, std::size_t index) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (begins_character(text[at]) && index-- == 0) return at;
  }
  return text.size();
}

}  // namespace vesta::fhirpath
