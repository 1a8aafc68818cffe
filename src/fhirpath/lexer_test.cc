// The lexer: tokens of every kind, and what is no token.
#include "fhirpath/lexer.h"

#include <gtest/gtest.h>

namespace vesta::fhirpath {
namespace {

// The tokens as one text: a letter for the kind and the token's text.
std::string tokens_of(std::string_view expression) {
  static constexpr std::string_view kLetters = "eibsndxtvo";  // by TokenKind
  auto tokens = lex(expression);
  if (!tokens.ok()) return "error: " + tokens.error().message;
  std::string out;
  for (const Token& token : *tokens) {
    if (token.kind == TokenKind::end) break;
    if (!out.empty()) out += ' ';
    out += kLetters[static_cast<std::size_t>(token.kind)];
    out += ':' + token.text;
  }
  return out;
}

TEST(Lexer, ReadsNamesNumbersAndSymbols) {
  EXPECT_EQ(tokens_of("Patient.name[0]"), "i:Patient o:. i:name o:[ n:0 o:]");
  EXPECT_EQ(tokens_of("1.5 1.abs() 007"), "n:1.5 n:1 o:. i:abs o:( o:) n:007");
  EXPECT_EQ(tokens_of("a<=b>=c!=d!~e<f>g=h~i"),
            "i:a o:<= i:b o:>= i:c o:!= i:d o:!~ i:e o:< i:f o:> i:g o:= i:h o:~ i:i");
  EXPECT_EQ(tokens_of("$this|%ucum&{}"), "v:$this o:| o:% i:ucum o:& o:{ o:}");
  EXPECT_EQ(tokens_of("_a1 `div` `a\\`b`"), "i:_a1 b:div b:a`b");
  EXPECT_EQ(tokens_of(""), "");
}

TEST(Lexer, ReadsStringsWithEscapes) {
  EXPECT_EQ(tokens_of(R"('it\'s \\ \/ \" \` \u00e9')"), "s:it's \\ / \" ` \u00e9");
  EXPECT_EQ(tokens_of(R"('\n\r\t\f')"), "s:\n\r\t\f");
  EXPECT_EQ(tokens_of(R"('\ud83d\ude00')"), "s:\U0001F600");
  EXPECT_EQ(tokens_of("'\u00e9'"), "s:\u00e9");
}

TEST(Lexer, ReadsDatesAndTimes) {
  EXPECT_EQ(tokens_of("@2014 @2014-01 @2014-01-25"), "d:2014 d:2014-01 d:2014-01-25");
  EXPECT_EQ(tokens_of("@2014T @2014-01-25T14"), "x:2014 x:2014-01-25T14");
  EXPECT_EQ(tokens_of("@2014-01-25T14:30:14.559+10:00"), "x:2014-01-25T14:30:14.559+10:00");
  EXPECT_EQ(tokens_of("@2014-01-25T14:30Z"), "x:2014-01-25T14:30Z");
  EXPECT_EQ(tokens_of("@T14 @T14:30:14.5"), "t:14 t:14:30:14.5");
  EXPECT_EQ(tokens_of("@2014-1"), "d:2014 o:- n:1");
  EXPECT_EQ(tokens_of("@2016-02-29"), "d:2016-02-29");
}

TEST(Lexer, SkipsComments) {
  EXPECT_EQ(tokens_of("a // b\n c /* d\n * e */ f"), "i:a i:c i:f");
  EXPECT_EQ(tokens_of("a / b"), "i:a o:/ i:b");
}

TEST(Lexer, RefusesWhatIsNoTokenWithItsPlace) {
  EXPECT_EQ(tokens_of("a ^ b"), "error: FHIRPath: line 1, column 3: unexpected character");
  EXPECT_EQ(tokens_of("a\n  'b"), "error: FHIRPath: line 2, column 3: this quote has no end");
  EXPECT_EQ(tokens_of("'\u00e9\u00e9' #"), "error: FHIRPath: line 1, column 6: unexpected character");
  EXPECT_EQ(tokens_of("/* a"), "error: FHIRPath: line 1, column 1: this comment has no end");
  for (std::string_view text : {R"('\x')",     R"('\u12')", R"('\ud83d')", R"('\ude00')", R"('\ud83d\u0041')",
                                "'\\",         "`a",        "@",           "@201",        "@T",
                                "@T1",         "@2014-13",  "@2015-02-29", "@T24:00",     "@2014-01-25T14:30+15:00",
                                "@2014-01T10", "$",         "$that",       "!",           "\\",
                                "\"a\""}) {
    EXPECT_TRUE(tokens_of(text).starts_with("error: ")) << text << " gave " << tokens_of(text);
  }
}

}  // namespace
}  // namespace vesta::fhirpath
