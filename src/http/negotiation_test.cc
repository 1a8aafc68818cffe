// Tests of media types, Accept headers, dates, entity tags and preferences.
#include <gtest/gtest.h>

#include <array>

#include "http/date.h"
#include "http/entity_tag.h"
#include "http/media_type.h"
#include "http/prefer.h"

namespace vesta::http {
namespace {

constexpr std::array<std::string_view, 3> kOffers = {"application/fhir+json", "application/json", "text/html"};

TEST(MediaTypeTest, ParsesTypeAndParameters) {
  const auto type = parse_media_type(" Application/FHIR+json; Charset=\"utf-8\"; fhirVersion=4.0 ");
  ASSERT_TRUE(type);
  EXPECT_EQ(type->essence(), "application/fhir+json");
  EXPECT_EQ(type->parameter("charset"), "utf-8");
  EXPECT_EQ(type->parameter("fhirversion"), "4.0");
  EXPECT_EQ(content_charset("text/plain;charset=UTF-8"), "utf-8");
  EXPECT_EQ(content_charset("text/plain"), "");
}

TEST(MediaTypeTest, RefusesMalformed) {
  for (const char* bad : {"", "json", "a/", "/b", "a/b/c", "a/b; charset", "a/b; =x", "a/b; c=\"d", "*/*", "a/*",
                          "a b/c", ";a=b", "a/b; c=\"d\"e"}) {
    EXPECT_FALSE(parse_media_type(bad)) << bad;
  }
  EXPECT_FALSE(content_charset("nonsense"));
}

TEST(AcceptTest, ChoosesByQualityThenByOffer) {
  EXPECT_EQ(choose_media_type("", kOffers), 0u);
  EXPECT_EQ(choose_media_type("*/*", kOffers), 0u);
  EXPECT_EQ(choose_media_type("application/json", kOffers), 1u);
  EXPECT_EQ(choose_media_type("application/json;q=0.5, text/html;q=0.9", kOffers), 2u);
  EXPECT_EQ(choose_media_type("text/*, application/*;q=0.999", kOffers), 2u);
  EXPECT_EQ(choose_media_type("image/png", kOffers), std::nullopt);
  EXPECT_EQ(choose_media_type("application/json;q=0", kOffers), std::nullopt);
  EXPECT_EQ(choose_media_type("application/fhir+json;fhirVersion=4.0", kOffers), 0u);
}

TEST(AcceptTest, TheMostSpecificRangeDecides) {
  EXPECT_EQ(choose_media_type("*/*, application/fhir+json;q=0", kOffers), 1u);
  EXPECT_EQ(choose_media_type("application/*;q=0.1, application/json, */*;q=0.5", kOffers), 1u);
  EXPECT_EQ(choose_media_type("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", kOffers), 2u);
}

TEST(AcceptTest, IgnoresMalformedRanges) {
  EXPECT_EQ(choose_media_type("garbage, text/html", kOffers), 2u);
  EXPECT_EQ(choose_media_type("garbage", kOffers), 0u);
  EXPECT_EQ(choose_media_type("text/html;q=2, application/json;q=0.1", kOffers), 1u);
}

TEST(AcceptTest, FurtherRangesAreIgnored) {
  std::string accept;
  for (std::size_t i = 1; i < kMaxAcceptRanges; ++i) accept += "image/png, ";
  EXPECT_EQ(choose_media_type(accept + "text/html", kOffers), 2u);
  EXPECT_EQ(choose_media_type(accept + "image/png, text/html", kOffers), std::nullopt);
}

TEST(AcceptEncodingTest, HonoursQualitiesAndWildcards) {
  EXPECT_TRUE(accepts_encoding("gzip", "gzip"));
  EXPECT_TRUE(accepts_encoding("deflate, GZIP;q=0.5", "gzip"));
  EXPECT_TRUE(accepts_encoding("*", "gzip"));
  EXPECT_FALSE(accepts_encoding("", "gzip"));
  EXPECT_FALSE(accepts_encoding("br", "gzip"));
  EXPECT_FALSE(accepts_encoding("gzip;q=0", "gzip"));
  EXPECT_FALSE(accepts_encoding("gzip; q=0.000, *", "gzip"));
}

constexpr Instant kExample{784'111'777'000'000};  // 1994-11-06T08:49:37Z
constexpr Instant kNow{1'700'000'000'000'000};    // 2023

TEST(DateTest, FormatsImfFixdate) {
  EXPECT_EQ(format_date(kExample), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(format_date(Instant{kExample.value + 999'999}), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(format_date(Instant{0}), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(format_date(Instant{-1}), "Wed, 31 Dec 1969 23:59:59 GMT");
}

TEST(DateTest, ParsesAllThreeForms) {
  EXPECT_EQ(parse_date("Sun, 06 Nov 1994 08:49:37 GMT", kNow), kExample);
  EXPECT_EQ(parse_date("Sunday, 06-Nov-94 08:49:37 GMT", kNow), kExample);
  EXPECT_EQ(parse_date("Sun Nov  6 08:49:37 1994", kNow), kExample);
  for (std::int64_t day = -30'000; day < 60'000; day += 7) {
    const Instant instant{day * 86'400'000'000 + 12'345'000'000};
    ASSERT_EQ(parse_date(format_date(instant), kNow), instant) << day;
  }
}

TEST(DateTest, RefusesTheRest) {
  for (const char* bad :
       {"", "yesterday", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, -6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT "}) {
    EXPECT_FALSE(parse_date(bad, kNow)) << bad;
  }
}

TEST(EntityTagTest, GoesBothWays) {
  EXPECT_EQ(format_entity_tag({true, "3"}), "W/\"3\"");
  EXPECT_EQ(parse_entity_tag("W/\"3\""), (EntityTag{true, "3"}));
  EXPECT_EQ(parse_entity_tag("\"\""), (EntityTag{false, ""}));
  for (const char* bad : {"", "3", "w/\"3\"", "\"3", "W/3", "\"a b\"", "\"3\"x"})
    EXPECT_FALSE(parse_entity_tag(bad)) << bad;
}

TEST(EntityTagTest, ListsCompareWeakly) {
  const auto list = parse_entity_tags("\"1\", W/\"2\" ,,\"a,b\"");
  ASSERT_TRUE(list);
  ASSERT_EQ(list->tags.size(), 3u);
  EXPECT_TRUE(list->matches("2"));
  EXPECT_TRUE(list->matches("a,b"));
  EXPECT_FALSE(list->matches("3"));
  EXPECT_TRUE(parse_entity_tags(" * ")->matches("anything"));
  for (const char* bad : {"", ",", "\"1\" \"2\"", "\"1\", *", "1"}) EXPECT_FALSE(parse_entity_tags(bad)) << bad;
}

TEST(EntityTagTest, LimitOnBothSides) {
  std::string text;
  for (std::size_t i = 0; i < kMaxEntityTags; ++i) text += "\"1\",";
  EXPECT_TRUE(parse_entity_tags(text));
  EXPECT_FALSE(parse_entity_tags(text + "\"1\""));
}

TEST(PreferTest, FirstOfANameCounts) {
  const auto preferences =
      Preferences::parse("Return=minimal; x=y, respond-async, handling = \"lenient\", return=representation,=,");
  EXPECT_TRUE(preferences.is("return", "minimal"));
  EXPECT_TRUE(preferences.is("handling", "lenient"));
  EXPECT_EQ(preferences.get("respond-async"), "");
  EXPECT_EQ(preferences.get("wait"), std::nullopt);
}

TEST(PreferTest, FurtherOnesAreIgnored) {
  std::string prefer;
  for (std::size_t i = 1; i < kMaxPreferences; ++i) prefer += "p" + std::to_string(i) + ", ";
  EXPECT_TRUE(Preferences::parse(prefer + "return=minimal").is("return", "minimal"));
  EXPECT_FALSE(Preferences::parse(prefer + "more, return=minimal").get("return"));
}

}  // namespace
}  // namespace vesta::http
