// Tests of regular expressions: what matches, what is refused, and that none takes long.
#include "terminology/pattern.h"

#include <gtest/gtest.h>

#include <random>
#include <regex>
#include <string>

namespace vesta::terminology {
namespace {

bool matches(std::string_view pattern, std::string_view text) {
  const Result<Pattern> compiled = Pattern::compile(pattern);
  EXPECT_TRUE(compiled.ok()) << pattern << ": " << compiled.error().message;
  return compiled.ok() && compiled->matches(text);
}

TEST(Pattern, MatchesTheWholeText) {
  EXPECT_TRUE(matches("[A-Z]{3}", "DEU"));
  EXPECT_FALSE(matches("[A-Z]{3}", "DEUX"));
  EXPECT_FALSE(matches("[A-Z]{3}", "De"));
  EXPECT_TRUE(matches("", ""));
  EXPECT_FALSE(matches("", "a"));
  EXPECT_TRUE(matches("abc", "abc"));
  EXPECT_FALSE(matches("abc", "xabc"));
}

TEST(Pattern, KnowsItsOperators) {
  EXPECT_TRUE(matches("a|bc|", "bc"));
  EXPECT_TRUE(matches("a|bc|", ""));
  EXPECT_FALSE(matches("a|bc", "ac"));
  EXPECT_TRUE(matches("(?:ab)+c*d?", "ababd"));
  EXPECT_FALSE(matches("(ab)+", ""));
  EXPECT_TRUE(matches("a{2,3}", "aaa"));
  EXPECT_FALSE(matches("a{2,3}", "aaaa"));
  EXPECT_FALSE(matches("a{2,3}", "a"));
  EXPECT_TRUE(matches("a{2,}b{0}", "aaaaa"));
  EXPECT_TRUE(matches(".*?x", "aax"));
  EXPECT_TRUE(matches("^\\d+$", "123"));
  EXPECT_FALSE(matches("a^b", "ab"));
  EXPECT_TRUE(matches("(a*)*b", "aab"));
}

TEST(Pattern, KnowsClassesAndEscapes) {
  EXPECT_TRUE(matches("[^0-9]+", "abc"));
  EXPECT_FALSE(matches("[^0-9]+", "a1"));
  EXPECT_TRUE(matches("[\\d.-]+", "1.2-3"));
  EXPECT_TRUE(matches("[]a]+", "]a"));
  EXPECT_TRUE(matches("\\w+\\s\\D\\.", "a_1 x."));
  EXPECT_TRUE(matches("LP\\(x\\)", "LP(x)"));
  EXPECT_FALSE(matches(".", "\n"));
}

TEST(Pattern, CountsCharactersNotBytes) {
  EXPECT_TRUE(matches("M.ller", "Müller"));
  EXPECT_TRUE(matches("[ä-ü]{2}", "öü"));
  EXPECT_TRUE(matches("€+", "€€"));
}

TEST(Pattern, RefusesWhatIsBroken) {
  for (const char* text : {"(", ")", "a)", "[a", "*", "a**", "a{", "a{x}", "a{3,2}", "[b-a]", "\\", "a{1", "|*"}) {
    const Result<Pattern> pattern = Pattern::compile(text);
    ASSERT_FALSE(pattern.ok()) << text;
    EXPECT_EQ(pattern.error().category, Category::invalid) << text;
  }
}

TEST(Pattern, NamesWhatIsNotSupported) {
  for (const char* text : {"(?=a)", "(a)\\1", "\\bword", "\\p{L}", "[a[b]]", "(?i)a", "[\\D]"}) {
    const Result<Pattern> pattern = Pattern::compile(text);
    ASSERT_FALSE(pattern.ok()) << text;
    EXPECT_EQ(pattern.error().category, Category::unsupported) << text;
  }
}

TEST(Pattern, LimitsItsStepsAndItsDepth) {
  EXPECT_TRUE(Pattern::compile("a{999}b{1000}").ok());  // and one step for the match
  EXPECT_EQ(Pattern::compile("a{1000}b{1000}").error().category, Category::too_large);
  EXPECT_EQ(Pattern::compile("(a{100}){100}").error().category, Category::too_large);
  EXPECT_EQ(Pattern::compile("a{1001}").error().category, Category::too_large);
  const std::string alternatives = "[" + std::string(kMaxPatternBytes - 2, 'a') + "]";
  EXPECT_TRUE(Pattern::compile(alternatives).ok());
  const Result<Pattern> longer = Pattern::compile(alternatives + "?");
  EXPECT_EQ(longer.error().category, Category::too_large);
  EXPECT_LT(longer.error().message.size(), 300u);
  const auto nest = [](std::size_t depth) { return std::string(depth, '(') + "a" + std::string(depth, ')'); };
  EXPECT_TRUE(Pattern::compile(nest(kMaxPatternDepth)).ok());
  EXPECT_EQ(Pattern::compile(nest(kMaxPatternDepth + 1)).error().category, Category::too_large);
  EXPECT_TRUE(matches("((((){1000}){1000}){1000}){1000}a", "a"));  // nothing, however often, is no work
}

TEST(Pattern, TakesLinearTime) {
  // An engine that goes back on its steps takes 2^1000 of them.
  const std::string text(1000, 'a');
  EXPECT_FALSE(matches("(a*)*b", text));
  EXPECT_FALSE(matches("(a|a)*(a|aa)*c", text));
  EXPECT_TRUE(matches("(a?){500}a{500}", text));
}

// A random regular expression over a, b and c. What may be nothing is not repeated without an end: there the standard
// library's engine stops looking too early.
std::string random_pattern(std::mt19937& random, int depth) {
  const auto draw = [&](unsigned below) { return random() % below; };
  static constexpr const char* kAtoms[] = {"a", "b", "c", ".", "[ab]", "[^a]", "[a-c]", "\\w"};
  std::string text;
  for (unsigned parts = 1 + draw(3); parts > 0; --parts) {
    const bool is_group = depth > 0 && draw(3) == 0;
    text += is_group ? "(" + random_pattern(random, depth - 1) + ")" : kAtoms[draw(8)];
    static constexpr const char* kRepeats[] = {"", "", "?", "{2}", "{1,2}", "{0,1}", "*", "+", "{1,}"};
    text += kRepeats[draw(is_group ? 6 : 9)];
  }
  if (depth > 0 && draw(3) == 0) text += "|" + random_pattern(random, depth - 1);
  return text;
}

TEST(Pattern, AgreesWithTheStandardLibrary) {
  std::mt19937 random(20250101);
  int matching = 0;
  for (int round = 0; round < 3000; ++round) {
    const std::string pattern = random_pattern(random, 2);
    const std::regex expected(pattern);
    const Result<Pattern> compiled = Pattern::compile(pattern);
    ASSERT_TRUE(compiled.ok()) << pattern;
    for (int sample = 0; sample < 20; ++sample) {
      std::string text;
      for (unsigned size = random() % 6; size > 0; --size) text += static_cast<char>('a' + random() % 3);
      const bool is_match = std::regex_match(text, expected);
      ASSERT_EQ(compiled->matches(text), is_match) << pattern << " on '" << text << "', round " << round;
      matching += is_match ? 1 : 0;
    }
  }
  EXPECT_GT(matching, 5000);
}

TEST(Pattern, TakesTextThatIsNotUtf8) {
  EXPECT_TRUE(matches("..", "\xFF\xC3"));
  EXPECT_FALSE(matches("a", "\xE4"));
  EXPECT_FALSE(Pattern::compile("[\xC3").ok());
}

}  // namespace
}  // namespace vesta::terminology
