// Tests of UTF-8 validation at its borders.
#include "base/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace vesta {
namespace {

TEST(Utf8Test, AcceptsTheFirstAndLastOfEachLength) {
  for (const char* text : {"", "a", "\x7f", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                           "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    for (const char* prefix : {"", "abc", "12345678", "123456789abcdef"}) {
      EXPECT_TRUE(valid_utf8(std::string(prefix) + text + "z")) << text;
    }
  }
  EXPECT_TRUE(valid_utf8(std::string_view("\0", 1)));
}

TEST(Utf8Test, RefusesOverlongSurrogateTooHighAndCut) {
  for (const char* text :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80", "\xFF", "\xC2", "\xE1\x80", "\xF1\x80\x80", "\xC2\x41", "\xE1\x80\x41"}) {
    EXPECT_FALSE(valid_utf8(text)) << text;
    EXPECT_FALSE(valid_utf8("12345678" + std::string(text)));
  }
}

}  // namespace
}  // namespace vesta
