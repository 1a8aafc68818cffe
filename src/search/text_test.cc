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

std::vector<std::string> words_of(std::string_view text) {
  fhir::Arena arena;
  std::vector<Word> words;
  append_words(text, arena, words);
  std::vector<std::string> texts;
  for (const Word& word : words) texts.emplace_back(word.text);
  return texts;
}

// The one pass over ASCII finds what folding and looking for words do, which other texts take.
TEST(Words, AreThoseOfTheFoldedText) {
  std::string every;
  for (char c = 1; c < 127; ++c) every.append("Ab").append(1, c).append("9z ");
  for (const std::string& text :
       {std::string(), std::string("Smith"), std::string("  Follow-up, O'Brien\t42 \n"), std::string("-"), every,
        std::string("Müller Straße 5, İstanbul"), std::string(kMaxWordBytes, 'A'), std::string(kMaxWordBytes + 1, 'A'),
        std::string(kMaxWordBytes + 2, 'A') + " b", "é" + std::string(kMaxWordBytes + 2, 'A') + " b"}) {
    std::vector<std::string> expected;
    each_word(folded(text), [&](std::string_view word) { expected.emplace_back(word); });
    EXPECT_EQ(words_of(text), expected) << text;
  }
}

TEST(Words, CompareAsTheirTexts) {
  fhir::Arena arena;
  std::vector<Word> words;
  append_words("a ab abcdefgh abcdefg abcdefghi abcdefghj abcdefghij b 1 é éa 伟", arena, words);
  for (const Word& one : words) {
    for (const Word& other : words) {
      EXPECT_EQ(one < other, one.text < other.text) << one.text << ", " << other.text;
      EXPECT_EQ(one == other, one.text == other.text) << one.text << ", " << other.text;
    }
  }
}

}  // namespace
}  // namespace vesta::search
