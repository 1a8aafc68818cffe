// Tests of sets of codes: union, intersection, difference, with listed and whole systems.
#include "terminology/code_set.h"

#include <gtest/gtest.h>

namespace vesta::terminology {
namespace {

std::string show(const CodeSet& set) {
  std::string text;
  for (const SystemCodes& system : set.systems()) {
    text += system.system + ":" + (system.whole ? "*" : "");
    for (const std::string& code : system.codes) text += code + ",";
    text += " ";
  }
  return text;
}

CodeSet join(CodeSet a, CodeSet b) {
  a.unite(std::move(b));
  return a;
}

TEST(CodeSet, SortsAndDropsRepetitions) {
  const CodeSet set = CodeSet::of("s", {"b", "a", "b"});
  EXPECT_EQ(show(set), "s:a,b, ");
  EXPECT_EQ(set.size(), 2u);
  EXPECT_TRUE(set.contains("s", "a"));
  EXPECT_FALSE(set.contains("s", "c"));
  EXPECT_FALSE(set.contains("t", "a"));
  EXPECT_TRUE(CodeSet::of("s", {}).empty());
}

TEST(CodeSet, AWholeSystemHasEveryCodeOfItAlone) {
  const CodeSet set = CodeSet::of_whole("s");
  EXPECT_TRUE(set.contains("s", "anything"));
  EXPECT_FALSE(set.contains("", "anything"));
}

TEST(CodeSet, Unites) {
  EXPECT_EQ(show(join(CodeSet::of("s", {"a", "c"}), CodeSet::of("s", {"b", "c"}))), "s:a,b,c, ");
  EXPECT_EQ(show(join(CodeSet::of("t", {"a"}), CodeSet::of("s", {"b"}))), "s:b, t:a, ");
  EXPECT_EQ(show(join(CodeSet::of("s", {"a"}), CodeSet::of_whole("s"))), "s:* ");
  EXPECT_EQ(show(join(CodeSet::of_whole("s"), CodeSet::of("s", {"a"}))), "s:* ");
}

TEST(CodeSet, Intersects) {
  const auto both = [](CodeSet a, const CodeSet& b) {
    a.intersect(b);
    return show(a);
  };
  EXPECT_EQ(both(CodeSet::of("s", {"a", "b"}), CodeSet::of("s", {"b", "c"})), "s:b, ");
  EXPECT_EQ(both(CodeSet::of("s", {"a"}), CodeSet::of("s", {"b"})), "");
  EXPECT_EQ(both(CodeSet::of("s", {"a"}), CodeSet::of("t", {"a"})), "");
  EXPECT_EQ(both(CodeSet::of_whole("s"), CodeSet::of("s", {"b"})), "s:b, ");
  EXPECT_EQ(both(CodeSet::of("s", {"b"}), CodeSet::of_whole("s")), "s:b, ");
  EXPECT_EQ(both(CodeSet::of_whole("s"), CodeSet::of_whole("s")), "s:* ");
}

TEST(CodeSet, SubtractsButNotFromTheUnknown) {
  const auto without = [](CodeSet a, const CodeSet& b) {
    const Status status = a.subtract(b);
    return status.ok() ? show(a) : status.error().message;
  };
  EXPECT_EQ(without(CodeSet::of("s", {"a", "b"}), CodeSet::of("s", {"b", "c"})), "s:a, ");
  EXPECT_EQ(without(CodeSet::of("s", {"a"}), CodeSet::of("s", {"a"})), "");
  EXPECT_EQ(without(CodeSet::of("s", {"a"}), CodeSet::of_whole("s")), "");
  EXPECT_EQ(without(CodeSet::of_whole("s"), CodeSet::of_whole("s")), "");
  EXPECT_EQ(without(CodeSet::of_whole("s"), CodeSet::of("t", {"a"})), "s:* ");
  EXPECT_NE(without(CodeSet::of_whole("s"), CodeSet::of("s", {"a"})).find("all codes of s"), std::string::npos);
}

}  // namespace
}  // namespace vesta::terminology
