// Dates and times: fields, precision, time zones.
#include "fhirpath/temporal.h"

#include <gtest/gtest.h>

namespace vesta::fhirpath {
namespace {

char letter(Order order) {
  return "<=>?"[static_cast<int>(order)];
}

char order_of(std::string_view left, std::string_view right) {
  auto left_value = parse_date_time(left);
  auto right_value = parse_date_time(right);
  if (!left_value || !right_value) return '!';
  return letter(compare(*left_value, *right_value));
}

char order_of_times(std::string_view left, std::string_view right) {
  auto left_value = parse_time(left);
  auto right_value = parse_time(right);
  if (!left_value || !right_value) return '!';
  return letter(compare(*left_value, *right_value));
}

TEST(Temporal, ComparesByPrecision) {
  EXPECT_EQ(order_of("2012", "2012"), '=');
  EXPECT_EQ(order_of("2012", "2013-01"), '<');
  EXPECT_EQ(order_of("2012", "2012-01"), '?');
  EXPECT_EQ(order_of("2012-04-15", "2012-04-15T10:00:00"), '?');
  EXPECT_EQ(order_of("2012-04-16", "2012-04-15T10:00:00"), '>');
  EXPECT_EQ(order_of("2012-04-15T10:00", "2012-04-15T10:00:00"), '?');
  EXPECT_EQ(order_of("2012-04-15T10:00:00", "2012-04-15T10:00:00.000"), '=');
  EXPECT_EQ(order_of("2012-04-15T10:00:00.5", "2012-04-15T10:00:00.50"), '=');
  EXPECT_EQ(order_of("2012-04-15T10:00:00.5", "2012-04-15T10:00:00.49"), '>');
}

TEST(Temporal, BringsTimeZonesTogether) {
  EXPECT_EQ(order_of("2012-04-15T15:00:00+02:00", "2012-04-15T16:00:00+03:00"), '=');
  EXPECT_EQ(order_of("2012-04-15T15:00:00Z", "2012-04-15T15:00:00+00:00"), '=');
  EXPECT_EQ(order_of("2015-12-31T23:30:00-02:00", "2016-01-01T01:30:00Z"), '=');
  EXPECT_EQ(order_of("2016-03-01T00:30:00+14:00", "2016-02-29T10:30:00Z"), '=');
  EXPECT_EQ(order_of("2015-03-01T00:30:00+01:00", "2015-02-28T23:30:00Z"), '=');
  EXPECT_EQ(order_of("2012-04-15T15:00:00Z", "2012-04-15T15:00:00"), '?');
}

TEST(Temporal, ComparesTimes) {
  EXPECT_EQ(order_of_times("10:30", "10:30"), '=');
  EXPECT_EQ(order_of_times("10", "10:30"), '?');
  EXPECT_EQ(order_of_times("10:30:00", "10:30:00.1"), '<');
  EXPECT_EQ(order_of_times("11", "10:30"), '>');
}

TEST(Temporal, RefusesOtherTexts) {
  for (std::string_view text :
       {"", "12", "2012-", "2012-1", "2012-00", "2012-13", "2012-04-31", "2011-02-29", "2012-04T10", "2012-04-15T",
        "2012-04-15T25", "2012-04-15T10:60", "2012-04-15T10:00:60", "2012-04-15T10:00:00.", "2012-04-15T10:00:00+2",
        "2012-04-15T10:00:00+15:00", "2012-04-15 10:00", "2012-04-15x"}) {
    EXPECT_FALSE(parse_date_time(text).has_value()) << text;
  }
  for (std::string_view text : {"", "1", "24", "10:", "10:3", "10:30:00Z", "10:30:61"}) {
    EXPECT_FALSE(parse_time(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace vesta::fhirpath
