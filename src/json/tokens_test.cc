// The tokenizer: kinds, texts, escapes, limits and syntax errors with their place.
#include "json/tokens.h"

#include <gtest/gtest.h>

namespace vesta::json {
namespace {

// The tokens as text, one letter per kind and the text behind it; or the error.
std::string tokenize(std::string text) {
  const std::size_t size = text.size();
  text.append(kPadding, ' ');
  Tokenizer tokenizer;
  std::pmr::monotonic_buffer_resource memory;
  auto tokens = tokenizer.tokenize(std::string_view(text).substr(0, size), memory);
  if (!tokens.ok()) return tokens.error().message;
  std::string out;
  for (const Token& token : *tokens) {
    out += "{}[]ksntfN"[static_cast<int>(token.kind)];
    if (token.kind == Kind::key || token.kind == Kind::string || token.kind == Kind::number) {
      out += token.text;
      out += ' ';
    }
  }
  return out;
}

TEST(Tokens, OfEachKind) {
  EXPECT_EQ(tokenize(R"({"a":[1,-2.50,1e3,true,false,null,"x"],"b":{}})"), "{ka [n1 n-2.50 n1e3 tfNsx ]kb {}}");
  EXPECT_EQ(tokenize(" [ ] "), "[]");
  EXPECT_EQ(tokenize("1"), "n1 ");
  EXPECT_EQ(tokenize("\"a b\" \n"), "sa b ");
}

TEST(Tokens, Escapes) {
  EXPECT_EQ(tokenize(R"(["\"\\\/\b\f\n\r\t"])"), "[s\"\\/\b\f\n\r\t ]");
  EXPECT_EQ(tokenize(R"(["\u0041\u00e4\u20AC\ud83d\ude00"])"), "[sAä€😀 ]");
  for (const char* text :
       {R"(["\x"])", R"(["\u12"])", R"(["\ud83d"])", R"(["\ud83dx"])", R"(["\ude00"])", R"(["\ud83d\u0041"])"}) {
    EXPECT_EQ(tokenize(text), "not JSON: a string has a broken escape at line 1, column 2") << text;
  }
}

// Its buffers are those of the longest text so far, and nothing in them is taken for a part of a shorter one.
TEST(Tokens, OneTokenizerForManyTexts) {
  Tokenizer tokenizer;
  std::pmr::monotonic_buffer_resource memory;
  const auto count = [&](std::string text) -> std::size_t {
    const std::size_t size = text.size();
    text.append(kPadding, ' ');
    const auto tokens = tokenizer.tokenize(std::string_view(text).substr(0, size), memory);
    return tokens.ok() ? tokens->size() : 0;
  };
  const auto list = [](std::size_t items) {
    std::string text = "[0";
    for (std::size_t i = 1; i < items; ++i) text += i % 2 == 0 ? ",0" : R"(,"\n")";
    return text + "]";
  };
  for (const std::size_t items : {3u, 1021u, 1022u, 1023u, 1024u, 5000u, 2u, 100'000u, 7u})
    EXPECT_EQ(count(list(items)), items + 2);
  EXPECT_EQ(count("[1,"), 0u);
  EXPECT_EQ(count(std::string(100'000, ',')), 0u);
  EXPECT_EQ(count("[1,2"), 0u);
  EXPECT_EQ(count(R"(["a\"b",2])"), 4u) << "an escape behind texts without";
}

TEST(Tokens, NextSkipsTheValue) {
  std::string text = R"({"a":[1,2],"b":3})" + std::string(kPadding, ' ');
  Tokenizer tokenizer;
  std::pmr::monotonic_buffer_resource memory;
  auto tokens = tokenizer.tokenize(std::string_view(text).substr(0, text.size() - kPadding), memory);
  ASSERT_TRUE(tokens.ok());
  EXPECT_EQ((*tokens)[0].next, tokens->size());
  EXPECT_EQ((*tokens)[(*tokens)[2].next].text, "b");
}

TEST(Tokens, SyntaxErrors) {
  for (const char* text : {"{",          "[",          "{\"a\"",
                           "{\"a\":",    "{\"a\":1",   "[1,",
                           "[1 2]",      "{\"a\" 1}",  "{a:1}",
                           "{\"a\":1,}", "[1,]",       "01",
                           "1.",         "-",          "tru",
                           "nul",        "[1]]",       "{}{}",
                           "\"a",        "'a'",        "[\"a\" \"b\"]",
                           "[\"a\"b]",   "[1a]",       ",",
                           "\"\x01\"",   "[\"\xff\"]", "",
                           "   ",        "[1e]",       "[+1]",
                           "[.5]",       "NaN",        "{\"a\":1 \"b\":2}",
                           "{1:2}",      "[}",         "{]"}) {
    const std::string answer = tokenize(text);
    EXPECT_TRUE(answer.starts_with("not JSON: ")) << text << " gave " << answer;
  }
  EXPECT_EQ(tokenize("[\n\"a\xff\"]"), "not JSON: the text is not valid UTF-8 at line 2, column 3");
  EXPECT_EQ(tokenize("{\n  \"a\" 1}"), "not JSON: ':' is expected at line 2, column 7");
}

TEST(Tokens, Depth) {
  EXPECT_EQ(tokenize(std::string(kMaxDepth, '[') + std::string(kMaxDepth, ']')),
            std::string(kMaxDepth, '[') + std::string(kMaxDepth, ']'));
  EXPECT_EQ(tokenize(std::string(kMaxDepth + 1, '[') + std::string(kMaxDepth + 1, ']')),
            "not JSON: more than 64 nested objects and arrays (kMaxDepth) at line 1, column 65");
  EXPECT_TRUE(tokenize(std::string(10'000, '[')).starts_with("not JSON: more than 64"));
}

// Each byte at each place of texts that are shorter and longer than what is looked at at once, between bytes that are
// just not escaped.
TEST(AppendString, EscapesWhatMustBeAndNothingElseWhereverItStands) {
  for (std::size_t size = 1; size <= 20; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        for (const char around : {'\x20', '!', '#', '[', ']', '\x7F', '\x80', '\xA0', '\xFF'}) {
          std::string text(size, around);
          text[at] = static_cast<char>(byte);
          const bool is_escaped = byte < 0x20 || byte == '"' || byte == '\\';
          ASSERT_EQ(needs_escape(text), is_escaped) << byte << " at " << at << " of " << size;
          std::string out;
          append_string(text, out);
          ASSERT_EQ(out == '"' + text + '"', !is_escaped) << byte << " at " << at << " of " << size;
          ASSERT_TRUE(out.starts_with('"' + text.substr(0, at))) << out;
          ASSERT_TRUE(out.ends_with(text.substr(at + 1) + '"')) << out;
        }
      }
    }
  }
}

TEST(Tokens, AppendString) {
  std::string out;
  append_string("a\"\\\n\r\t\b\f\x01ä", out);
  EXPECT_EQ(out, R"("a\"\\\n\r\t\b\f\u0001ä")");
}

}  // namespace
}  // namespace vesta::json
