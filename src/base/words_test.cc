// Words: each byte at each place, between others.
#include "base/words.h"

#include <gtest/gtest.h>

#include <string>

namespace vesta {
namespace {

TEST(Words, FindABytePlacedAnywhere) {
  for (std::size_t size = 8; size <= 24; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        for (const char other : {'a', '\x80', '\xff'}) {
          std::string text(size, other);
          text[at] = static_cast<char>(byte);
          for (const int limit : {1, 0x20, 0x21, 0x7f, 0x80}) {
            const bool found = any_word(
                text, [&](std::uint64_t word) { return has_byte_below(word, static_cast<unsigned char>(limit)); });
            EXPECT_EQ(found, byte < limit || static_cast<unsigned char>(other) < limit);
          }
          EXPECT_EQ(any_word(text, [](std::uint64_t word) { return has_byte(word, 0x7f); }), byte == 0x7f);
        }
      }
    }
  }
}

}  // namespace
}  // namespace vesta
