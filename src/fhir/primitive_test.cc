// Each primitive type's form, with texts on both sides; and the ranges of dates.
#include "fhir/primitive.h"

#include <gtest/gtest.h>

#include "fhir/datetime.h"

namespace vesta::fhir {
namespace {

struct Case {
  Primitive primitive;
  std::vector<std::string> good;
  std::vector<std::string> bad;
};

TEST(Primitive, HasForm) {
  const Case cases[] = {
      {Primitive::boolean, {"true", "false"}, {"True", "1", ""}},
      {Primitive::integer, {"0", "-1", "2147483647", "-2147483648"}, {"01", "-0", "2147483648", "1.0", "1e2", ""}},
      {Primitive::unsigned_int, {"0", "2147483647"}, {"-1", "2147483648", "00"}},
      {Primitive::positive_int, {"1"}, {"0", "-1"}},
      {Primitive::decimal, {"0", "-1.50", "1e3", "1E-3", "0.0"}, {"01", "1.", ".5", "+1", "1e", "NaN", ""}},
      {Primitive::string, {"a", " ", "a\n\tb", "ä"}, {"", std::string("a\0b", 3), "\x01", "a\x1f"}},
      {Primitive::code, {"a", "a b", "ä-1"}, {"", " a", "a ", "a  b"}},
      {Primitive::id, {"a", "A-1.b", std::string(64, 'x')}, {"", "a_b", "a/b", std::string(65, 'x')}},
      {Primitive::uri, {"http://a", "urn:x", "#a"}, {"", "a b", "a\n"}},
      {Primitive::oid,
       {"urn:oid:1.2.3", "urn:oid:0.0"},
       {"1.2.3", "urn:oid:3.1", "urn:oid:1", "urn:oid:1.02", "urn:oid:1."}},
      {Primitive::uuid,
       {"urn:uuid:c757873d-ec9a-4326-a141-556f43239520"},
       {"c757873d-ec9a-4326-a141-556f43239520", "urn:uuid:C757873d-ec9a-4326-a141-556f43239520", "urn:uuid:c757873d"}},
      {Primitive::base64_binary, {"YQ==", "YWJj\nYWJj"}, {"", "YQ=", "Y Q?=", "====", "Y=Jj"}},
      {Primitive::date,
       {"2020", "2020-02", "2020-02-29"},
       {"20", "2020-13", "2020-2", "2019-02-29", "2020-02-30", "2020-01-01T00:00:00Z", "0000"}},
      {Primitive::date_time,
       {"2020", "2020-02-29", "2020-01-01T00:00:00Z", "2020-01-01T23:59:60.5+14:00"},
       {"2020-01-01T00:00:00", "2020-01-01T00:00Z", "2020-01-01T24:00:00Z", "2020-01-01T00:00:00+14:01",
        "2020-01-01 00:00:00Z"}},
      {Primitive::instant, {"2020-01-01T00:00:00.000Z", "2020-01-01T00:00:00-05:00"}, {"2020", "2020-01-01"}},
      {Primitive::time,
       {"00:00:00", "23:59:60", "12:00:00.5"},
       {"24:00:00", "12:00", "12:00:00.", "12:60:00", "1:00:00"}},
  };
  for (const Case& one : cases) {
    for (const std::string& text : one.good)
      EXPECT_TRUE(has_form(one.primitive, text)) << describe_form(one.primitive) << ": " << text;
    for (const std::string& text : one.bad)
      EXPECT_FALSE(has_form(one.primitive, text)) << describe_form(one.primitive) << ": " << text;
  }
}

// Texts of all lengths around eight bytes, with one character of another kind at each place.
TEST(Primitive, HasFormWhereverACharacterStands) {
  for (std::size_t size = 1; size <= 26; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      const auto with = [&](char c) {
        std::string text(size, 'a');
        text[at] = c;
        return text;
      };
      const bool is_inside = at > 0 && at + 1 < size;
      for (const char control : {'\0', '\x01', '\x1f'}) {
        for (const Primitive primitive : {Primitive::string, Primitive::code, Primitive::uri, Primitive::id}) {
          EXPECT_FALSE(has_form(primitive, with(control))) << size << ", " << at;
        }
      }
      for (const char space : {' ', '\t', '\n', '\r'}) {
        EXPECT_TRUE(has_form(Primitive::string, with(space))) << size << ", " << at;
        EXPECT_EQ(has_form(Primitive::code, with(space)), is_inside) << size << ", " << at;
        EXPECT_FALSE(has_form(Primitive::uri, with(space))) << size << ", " << at;
      }
      for (const char other : {'!', '\x7f', '\x80', '\xff'}) {
        EXPECT_TRUE(has_form(Primitive::string, with(other)) && has_form(Primitive::code, with(other)) &&
                    has_form(Primitive::uri, with(other)))
            << size << ", " << at;
        EXPECT_FALSE(has_form(Primitive::id, with(other))) << size << ", " << at;
      }
    }
  }
}

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kDay = 86'400 * kSecond;

TEST(TimeRange, IsAsWideAsThePrecision) {
  auto width = [](std::string_view text) {
    const auto range = parse_time_range(text);
    return range ? range->high - range->low : -1;
  };
  EXPECT_EQ(width("2020"), 366 * kDay);
  EXPECT_EQ(width("2020-02"), 29 * kDay);
  EXPECT_EQ(width("2020-12"), 31 * kDay);
  EXPECT_EQ(width("2020-02-29"), kDay);
  EXPECT_EQ(width("2020-01-01T10:00"), 60 * kSecond);
  EXPECT_EQ(width("2020-01-01T10:00:00Z"), kSecond);
  EXPECT_EQ(width("2020-01-01T10:00:00.1Z"), kSecond / 10);
  EXPECT_EQ(width("2020-01-01T10:00:00.123456Z"), 1);
  EXPECT_EQ(width("2020-01-01T10:00:00.1234567891Z"), 1);
}

TEST(TimeRange, CountsInUtc) {
  EXPECT_EQ(parse_time_range("1970-01-01T00:00:00Z")->low, 0);
  EXPECT_EQ(parse_time_range("1970-01-01")->low, 0);
  EXPECT_EQ(parse_time_range("1970-01-01T01:00:00+01:00")->low, 0);
  EXPECT_EQ(parse_time_range("1969-12-31T19:00:00-05:00")->low, 0);
  EXPECT_EQ(parse_time_range("1969-12-31T23:59:59.5Z")->low, -kSecond / 2);
  EXPECT_LT(parse_time_range("0001-01-01")->low, parse_time_range("9999-12-31")->low);
}

TEST(TimeRange, RefusesOtherTexts) {
  for (std::string_view text :
       {"", "20200101", "2020-1-1", "2020-01-01T", "2020-01-01T10", "2020-01-01T10:00:00z", "2020-01-01T10:00:00+1:00",
        "2020-01-01T10:00:00+15:00", "2020-01-01T10:00:00Zx", "2020-"}) {
    EXPECT_FALSE(parse_time_range(text)) << text;
  }
}

}  // namespace
}  // namespace vesta::fhir
