// The limit of rows: between resources and in the midst of one.
#include "views/row_feed.h"

#include <gtest/gtest.h>

#include "views/test_support.h"

namespace vesta::views::testing {
namespace {

// The rows of two Patients with two names each, in every format.
std::string feed(std::uint64_t max_rows, RowFormat format = RowFormat::ndjson) {
  const auto view = compile(fhir::r4(), patients(R"j({"forEach":"name","column":[{"name":"f","path":"family"}]})j"));
  RowFeed rows(**view, {format, CsvHeader::present, max_rows});
  fhir::JsonReader reader(fhir::r4());
  fhir::Arena arena;
  std::string out;
  rows.begin(out);
  for (const std::string family : {"A", "B"}) {
    const std::string text =
        R"({"resourceType":"Patient","name":[{"family":")" + family + R"(1"},{"family":")" + family + R"(2"}]})";
    const auto root = reader.read(text, arena);
    EXPECT_TRUE(rows.add(**root, arena, out).ok());
  }
  rows.end(out);
  return out;
}

TEST(ViewRowFeed, StopsAtTheLimit) {
  const std::string all = "{\"f\":\"A1\"}\n{\"f\":\"A2\"}\n{\"f\":\"B1\"}\n{\"f\":\"B2\"}\n";
  const std::size_t row = all.size() / 4;
  EXPECT_EQ(feed(kAllRows), all);
  EXPECT_EQ(feed(4), all);
  EXPECT_EQ(feed(3), all.substr(0, 3 * row));
  EXPECT_EQ(feed(1), all.substr(0, row));
  EXPECT_EQ(feed(0), "");
}

TEST(ViewRowFeed, NamesTheResourceThatFails) {
  const auto view = compile(fhir::r4(), patients(R"j({"column":[{"name":"g","path":"name.given"}]})j"));
  RowFeed rows(**view, {});
  fhir::JsonReader reader(fhir::r4());
  fhir::Arena arena;
  const std::string text = R"({"resourceType":"Patient","id":"p","name":[{"given":["x","y"]}]})";
  const auto root = reader.read(text, arena);
  std::string out;
  const Status added = rows.add(**root, arena, out);
  ASSERT_FALSE(added.ok());
  EXPECT_EQ(reason_of(added.error()),
            "ViewDefinition.select[0].column[0].path: several values in a column that is no collection, in Patient/p");
  EXPECT_EQ(out, "");
}

TEST(ViewRowFeed, HasTheTimeThatItIsGiven) {
  const auto view = compile(fhir::r4(), patients(R"j({"column":[{"name":"d","path":"today()"}]})j"));
  fhir::JsonReader reader(fhir::r4());
  fhir::Arena arena;
  const std::string text = R"({"resourceType":"Patient","id":"p"})";
  const auto root = reader.read(text, arena);
  std::string out;
  RowFeed timed(**view, {.now = Instant{1'767'225'600'000'000}});
  ASSERT_TRUE(timed.add(**root, arena, out).ok());
  EXPECT_EQ(out, "{\"d\":\"2026-01-01\"}\n");
  RowFeed timeless(**view, {});
  EXPECT_FALSE(timeless.add(**root, arena, out).ok());
}

TEST(ViewRowFeed, IsWholeInEveryFormat) {
  EXPECT_EQ(feed(1, RowFormat::csv), "f\r\nA1\r\n");
  EXPECT_EQ(feed(2, RowFormat::json), "[\n{\"f\":\"A1\"},\n{\"f\":\"A2\"}\n]\n");
  EXPECT_EQ(feed(0, RowFormat::json), "[\n]\n");
}

}  // namespace
}  // namespace vesta::views::testing
