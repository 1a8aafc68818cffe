// Texts eight bytes at a time. https://graphics.stanford.edu/~seander/bithacks.html#HasLessInWord
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace vesta {

inline constexpr std::uint64_t kEachByte = 0x0101'0101'0101'0101;

// Is a byte of the word below `limit`, which is 0x80 at most?
constexpr bool has_byte_below(std::uint64_t word, unsigned char limit) {
  return ((word - kEachByte * limit) & ~word & kEachByte * 0x80) != 0;
}
constexpr bool has_byte(std::uint64_t word, unsigned char byte) {
  return has_byte_below(word ^ kEachByte * byte, 1);
}

// Is `has` true of any word of the text, which has eight bytes at least? The last word may overlap the one before.
template <class Has>
bool any_word(std::string_view text, const Has& has) {
  constexpr std::size_t kBytes = sizeof(std::uint64_t);
  const char* const last = text.data() + text.size() - kBytes;
  std::uint64_t word = 0;
  for (const char* at = text.data(); at < last; at += kBytes) {
    std::memcpy(&word, at, kBytes);
    if (has(word)) return true;
  }
  std::memcpy(&word, last, kBytes);
  return has(word);
}

}  // namespace vesta
