// Tests of methods, headers, query strings and percent-encoding.
#include "http/message.h"

#include <gtest/gtest.h>

namespace vesta::http {
namespace {

TEST(MethodTest, NamesGoBothWays) {
  EXPECT_EQ(to_string(Method::delete_), "DELETE");
  EXPECT_EQ(parse_method("PATCH"), Method::patch);
  EXPECT_EQ(parse_method("get"), Method::other);  // case-sensitive
  EXPECT_EQ(parse_method("OTHER"), Method::other);
}

TEST(HeadersTest, NamesCompareWithoutCase) {
  Headers headers;
  headers.add("Content-Type", "a");
  headers.add("content-type", "b");
  ASSERT_NE(headers.find("CONTENT-TYPE"), nullptr);
  EXPECT_EQ(*headers.find("CONTENT-TYPE"), "a");
  EXPECT_EQ(headers.get("Content-Typ"), "");
  EXPECT_EQ(headers.find("x"), nullptr);
}

TEST(HeadersTest, SetReplacesAllOfTheNameInPlace) {
  Headers headers;
  headers.add("A", "1");
  headers.add("B", "2");
  headers.add("a", "3");
  headers.set("a", "4");
  headers.set("C", "5");
  ASSERT_EQ(headers.fields().size(), 3u);
  EXPECT_EQ(headers.fields()[0], (std::pair<std::string, std::string>("A", "4")));
  EXPECT_EQ(headers.fields()[1].second, "2");
  EXPECT_EQ(headers.fields()[2].first, "C");
}

TEST(QueryTest, SplitsAndDecodesInOrder) {
  const auto parameters = parse_query("name=J%C3%B6rg+A%2BB&&_id&empty=&eq=a=b");
  ASSERT_TRUE(parameters);
  ASSERT_EQ(parameters->size(), 4u);
  EXPECT_EQ((*parameters)[0].name, "name");
  EXPECT_EQ((*parameters)[0].value, "Jörg A+B");
  EXPECT_EQ((*parameters)[1].name, "_id");
  EXPECT_EQ((*parameters)[1].value, "");
  EXPECT_EQ((*parameters)[2].value, "");
  EXPECT_EQ((*parameters)[3].value, "a=b");
  EXPECT_TRUE(parse_query("")->empty());
}

TEST(QueryTest, RefusesBrokenEscapesBadUtf8AndNul) {
  for (const char* bad : {"a=%", "a=%4", "a=%4g", "a=%zz", "%=1", "a=%C3", "a=%ED%A0%80", "a=%C0%80", "a=%00"}) {
    EXPECT_FALSE(parse_query(bad)) << bad;
  }
  EXPECT_FALSE(parse_query(std::string_view("a=\0", 3)));
}

TEST(QueryTest, LimitOnParameters) {
  std::string query;
  for (std::size_t i = 0; i < kMaxQueryParameters; ++i) query += "a=1&";
  ASSERT_TRUE(parse_query(query));
  EXPECT_EQ(parse_query(query)->size(), kMaxQueryParameters);
  EXPECT_FALSE(parse_query(query + "b=2"));
  EXPECT_EQ(query_defect(query + "b=2"), "it has more than 256 parameters");
  EXPECT_TRUE(query_defect("&a=1&b%zz=2").starts_with("parameter 2 'b%zz' has"));
  EXPECT_TRUE(query_defect("\xFF=1").starts_with("parameter 1 has"));
  EXPECT_TRUE(query_defect(std::string(64, 'a') + "=%").starts_with("parameter 1 'aaa"));
  EXPECT_TRUE(query_defect(std::string(65, 'a') + "=%").starts_with("parameter 1 has"));
}

TEST(PercentTest, RoundTripsEveryCharacterButNul) {
  std::string text;
  for (int c = 1; c < 128; ++c) text.push_back(static_cast<char>(c));
  text += "Ωé€😀";
  EXPECT_EQ(percent_decode(percent_encode(text)), text);
  EXPECT_EQ(percent_encode("a b/ü~"), "a%20b%2F%C3%BC~");
  EXPECT_EQ(percent_decode("a+b%2f"), "a+b/");
  EXPECT_FALSE(percent_decode("%"));
}

}  // namespace
}  // namespace vesta::http
