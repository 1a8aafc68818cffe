// What is said of an error in one line.
#include "base/reason.h"

#include <gtest/gtest.h>

namespace vesta {
namespace {

TEST(ReasonOf, IsTheFirstIssueWithItsPlace) {
  const Issue placed{Severity::error, "value", "'x' is no date", "Patient.birthDate"};
  const Issue second{Severity::error, "value", "another", "Patient.name"};
  EXPECT_EQ(reason_of(Error{Category::invalid, "", {placed, second}}), "Patient.birthDate: 'x' is no date");
  EXPECT_EQ(reason_of(Error{Category::invalid, "It cannot be read.", {placed}}), "Patient.birthDate: 'x' is no date");
}

TEST(ReasonOf, IsTheIssueAloneIfItHasNoPlace) {
  EXPECT_EQ(reason_of(Error{Category::invalid, "", {{Severity::error, "value", "no JSON", ""}}}), "no JSON");
}

TEST(ReasonOf, IsTheMessageWithoutIssues) {
  EXPECT_EQ(reason_of(make_error(Category::busy, "The queue is full.")), "The queue is full.");
}

}  // namespace
}  // namespace vesta
