// Tokens: https://spec.graphql.org/October2021/#sec-Language.Source-Text
#include "graphql/lexer.h"

#include <gtest/gtest.h>

#include "graphql/limits.h"

namespace vesta::graphql {
namespace {

// "kind:text" of each token but the last, or the problem.
std::string tokens_of(std::string_view document) {
  const auto lexed = lex(document);
  if (const auto* const problem = std::get_if<Problem>(&lexed)) return describe({*problem});
  std::string text;
  for (const Token& token : std::get<std::vector<Token>>(lexed)) {
    if (token.kind == TokenKind::end) break;
    constexpr std::string_view kNames = "enids!";  // of TokenKind
    text += (text.empty() ? "" : " ") + std::string(1, kNames[static_cast<std::size_t>(token.kind)]) + ":" + token.text;
  }
  return text;
}

TEST(Lexer, SplitsADocument) {
  EXPECT_EQ(
      tokens_of("\xEF\xBB\xBF{ a_1, b: c(x: -12 y: 1.5e-3) ...F @x [$v!] = & | } # end"),
      "!:{ n:a_1 n:b !:: n:c !:( n:x !:: i:-12 n:y !:: d:1.5e-3 !:) !:... n:F !:@ n:x !:[ !:$ n:v !:! !:] !:= !:& "
      "!:| !:}");
  EXPECT_EQ(tokens_of(""), "");
  EXPECT_EQ(tokens_of(" \t\r\n,#x\r#y\n"), "");
}

TEST(Lexer, ReadsStrings) {
  EXPECT_EQ(tokens_of(R"("a\"\\\/\b\f\n\r\tä")"), "s:a\"\\/\b\f\n\r\tä");
  EXPECT_EQ(tokens_of(R"("\u00e4\u20AC\uD83D\uDE00")"), "s:ä€😀");
  EXPECT_EQ(tokens_of("\"\""), "s:");
  EXPECT_EQ(tokens_of("\"\"\"\n    a\n      b \\\"\"\"\n\n  \"\"\""), "s:a\n  b \"\"\"");
}

TEST(Lexer, TakesTheCommonIndentationOffBlockStrings) {
  EXPECT_EQ(block_string_value("\n\n  a\r\n    b\r\t c\n  \n"), "a\n  b\nc");
  EXPECT_EQ(block_string_value("  first\n  second"), "  first\nsecond");
  EXPECT_EQ(block_string_value(" \n "), "");
}

TEST(Lexer, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(tokens_of("{\n  ä }"), "2:3: Syntax error: this character has no meaning here.");
  EXPECT_EQ(tokens_of("\xC3"), "1:1: Syntax error: this byte is not UTF-8.");
  EXPECT_EQ(tokens_of(std::string_view("a\0b", 3)), "1:2: Syntax error: this character has no meaning here.");
  EXPECT_EQ(tokens_of("\"ä\n\""), "1:1: Syntax error: this string has no end on its line.");
  EXPECT_EQ(tokens_of("\"\"\"a"), "1:1: Syntax error: this block string has no end.");
  EXPECT_EQ(tokens_of("\"ä\\x\""), "1:3: Syntax error: there is no such escape.");
  for (const std::string_view lone : {R"("\uD83D")", R"("\uDE00")", R"("\u12")", R"("\u0000")", R"("\uD83D\u0041")"}) {
    EXPECT_EQ(tokens_of(lone), "1:2: Syntax error: this escape names no character.") << lone;
  }
  for (const std::string_view number : {"01", "-", "-a"}) {
    EXPECT_EQ(tokens_of(number), "1:1: Syntax error: this is no number.") << number;
  }
  for (const std::string_view number : {"1a", "1.5.2", "1.", "1_"}) {
    EXPECT_EQ(tokens_of(number), "1:1: Syntax error: this number goes on with what is none.") << number;
  }
  EXPECT_EQ(tokens_of("1e"), "1:1: Syntax error: the exponent of this number has no digits.");
  EXPECT_EQ(tokens_of("\"\x01\""), "1:2: Syntax error: a string holds no control character.");
  EXPECT_EQ(tokens_of(".."), "1:1: Syntax error: this character has no meaning here.");
}

TEST(Lexer, CountsLinesByEveryTerminator) {
  EXPECT_EQ(locate("a\r\nb\rc\nd", 7), (Location{4, 1}));
  EXPECT_EQ(locate("äb", 2), (Location{1, 2}));
  EXPECT_EQ(locate("", 5), (Location{1, 1}));
}

TEST(Lexer, HasLimits) {
  EXPECT_EQ(tokens_of(std::string(kMaxDocumentBytes, ' ')), "");
  EXPECT_EQ(tokens_of(std::string(kMaxDocumentBytes + 1, ' ')),
            "1:262145: More than 262144 bytes of a document (kMaxDocumentBytes).");
  EXPECT_EQ(tokens_of(std::string(kMaxTokens, '!')).size(), kMaxTokens * 4 - 1);
  EXPECT_EQ(tokens_of(std::string(kMaxTokens + 1, '!')), "1:20001: More than 20000 tokens of a document (kMaxTokens).");
}

}  // namespace
}  // namespace vesta::graphql
