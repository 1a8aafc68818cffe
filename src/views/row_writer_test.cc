// The three formats of rows.
#include "views/row_writer.h"

#include <gtest/gtest.h>

#include "views/test_support.h"

namespace vesta::views::testing {
namespace {

const std::string kView = patients(
    R"({"column":[{"name":"id","path":"id"},{"name":"family","path":"name.family"},{"name":"active","path":"active"},)"
    R"j({"name":"given","path":"name.given","collection":true},{"name":"size","path":"name.given.count()"}]})j");
const std::string kQuotes =
    R"({"resourceType":"Patient","id":"a","active":false,"name":[{"family":"O\"Neil, \n Jr","given":["x,y","z"]}]})";
const std::string kPlain = R"({"resourceType":"Patient","id":"b"})";

TEST(RowWriter, WritesLinesOfObjects) {
  EXPECT_EQ(run(kView, {kQuotes, kPlain}),
            "{\"id\":\"a\",\"family\":\"O\\\"Neil, \\n Jr\",\"active\":false,\"given\":[\"x,y\",\"z\"],\"size\":2}\n"
            "{\"id\":\"b\",\"family\":null,\"active\":null,\"given\":[],\"size\":0}\n");
  EXPECT_EQ(run(kView, {}), "");
}

TEST(RowWriter, WritesAnArray) {
  const std::string view = patients(R"({"column":[{"name":"id","path":"id"}]})");
  EXPECT_EQ(run(view, {kQuotes, kPlain}, RowFormat::json), "[\n{\"id\":\"a\"},\n{\"id\":\"b\"}\n]\n");
  EXPECT_EQ(run(view, {}, RowFormat::json), "[\n]\n");
}

// https://www.rfc-editor.org/rfc/rfc4180#section-2
TEST(RowWriter, WritesCsv) {
  const std::string rows =
      "a,\"O\"\"Neil, \n Jr\",false,\"[\"\"x,y\"\",\"\"z\"\"]\",2\r\n"
      "b,,,[],0\r\n";
  EXPECT_EQ(run(kView, {kQuotes, kPlain}, RowFormat::csv), "id,family,active,given,size\r\n" + rows);
  EXPECT_EQ(run(kView, {kQuotes, kPlain}, RowFormat::csv, CsvHeader::absent), rows);
}

TEST(RowWriter, TellsAnEmptyTextFromNothing) {
  const std::string view = patients(R"({"column":[{"name":"a","path":"''"},{"name":"b","path":"{}"}]})");
  EXPECT_EQ(run(view, {kPlain}, RowFormat::csv), "a,b\r\n\"\",\r\n");
}

}  // namespace
}  // namespace vesta::views::testing
