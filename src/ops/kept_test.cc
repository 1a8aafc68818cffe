// What is kept, and for how long.
#include "ops/kept.h"

#include <gtest/gtest.h>

namespace vesta::ops {
namespace {

class KeptTest : public ::testing::Test {
 protected:
  std::string get(std::string_view key) {
    const auto value = kept_.get(key, [&]() -> Result<std::unique_ptr<std::string>> {
      ++made_;
      if (key == "bad") return make_error(Category::invalid, "bad");
      return std::make_unique<std::string>("of " + std::string(key));
    });
    return value.ok() ? **value : value.error().message;
  }

  Kept<std::string> kept_{2, 4};
  int made_ = 0;
};

TEST_F(KeptTest, IsMadeOnce) {
  EXPECT_EQ(get("a"), "of a");
  EXPECT_EQ(get("a"), "of a");
  EXPECT_EQ(get("b"), "of b");
  EXPECT_EQ(made_, 2);
}

TEST_F(KeptTest, GivesUpWhatWasNotAskedForTheLongest) {
  get("a");
  get("b");
  get("a");
  get("c");
  get("a");
  EXPECT_EQ(made_, 3);
  get("b");
  EXPECT_EQ(made_, 4);
}

TEST_F(KeptTest, KeepsTextsUpToASize) {
  get("four");
  get("four");
  EXPECT_EQ(made_, 1);
  get("fives");
  get("fives");
  EXPECT_EQ(made_, 3);
}

TEST_F(KeptTest, KeepsNoErrors) {
  EXPECT_EQ(get("bad"), "bad");
  EXPECT_EQ(get("bad"), "bad");
  EXPECT_EQ(made_, 2);
}

TEST_F(KeptTest, WhatIsGivenUpStaysForThoseWhoHaveIt) {
  const auto value = kept_.get("a", [] { return Result(std::make_unique<std::string>("x")); });
  get("b");
  get("c");
  EXPECT_EQ(**value, "x");
}

}  // namespace
}  // namespace vesta::ops
