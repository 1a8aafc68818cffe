// Lines and columns of bytes.
#include "base/text_position.h"

#include <gtest/gtest.h>

namespace vesta {
namespace {

TEST(TextPosition, CountsFromOne) {
  EXPECT_EQ(describe_position("ab\ncd", 0), "line 1, column 1");
  EXPECT_EQ(describe_position("ab\ncd", 2), "line 1, column 3");
  EXPECT_EQ(describe_position("ab\ncd", 3), "line 2, column 1");
  EXPECT_EQ(describe_position("ab\ncd", 5), "line 2, column 3");
  EXPECT_EQ(describe_position("", 0), "line 1, column 1");
}

}  // namespace
}  // namespace vesta
