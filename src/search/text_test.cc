// Tests of folding: case, accents, white space, and that folding twice changes nothing.
#include "search/text.h"

#include <gtest/gtest.h>
#include <unicode/unistr.h>

namespace vesta::search {
namespace {

std::string folded(std::string_view text) {
  std::string out;
  fold(text, out);
  return out;
}

TEST(Fold, FoldsCaseAccentsAndWhiteSpace) {
  struct Case {
    const char *text, *expected;
  };
  for (const Case& c : std::vector<Case>{{"", ""},
                                         {"Smith", "smith"},
                                         {"  Van \t der\n\nBerg ", "van der berg"},
                                         {"O'Brien-Jones", "o'brien-jones"},
                                         {" \t ", ""},
                                         {"Müller", "muller"},
                                         {"Mu\xCC\x88ller", "muller"},
                                         {"GARCÍA  Núñez", "garcia nunez"},
                                         {"Straße", "strasse"},
                                         {"Łódź", "lodz"},
                                         {"Søren", "soren"},
                                         {"İstanbul", "istanbul"},
                                         {"ΣΊΣΥΦΟΣ", "σισυφοσ"},
                                         {"a\xC2\xA0 b", "a b"},
                                         {"ﬁn", "fin"},
                                         {"张伟", "张伟"}}) {
    EXPECT_EQ(folded(c.text), c.expected) << c.text;
  }
}

TEST(Fold, Appends) {
  std::string out = "a ";
  fold(" B", out);
  fold("É", out);
  EXPECT_EQ(out, "a be");
}

TEST(Fold, IsIdempotentForEveryCharacter) {
  for (UChar32 c = 1; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::string text;
    icu::UnicodeString(c).toUTF8String(text);
    const std::string once = folded(text);
    ASSERT_EQ(folded(once), once) << "U+" << std::hex << c;
  }
}

}  // namespace
}  // namespace vesta::search
