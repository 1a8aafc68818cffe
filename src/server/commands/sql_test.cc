// Tests of `vesta sql`: formats, statements of an input, limits; what a statement may do, store/sqlite/view_tables_test
// holds.
#include "server/commands/sql.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

namespace vesta::server::commands {
namespace {

using store::ViewValue;

// Answers every statement with its text and two more values; "bad" is an error.
class Echo : public store::ViewQuery {
 public:
  Status run(std::string_view sql, const Columns& columns, const Row& row) override {
    if (sql.find("bad") != std::string_view::npos) return make_error(Category::invalid, "it is bad");
    const std::vector<std::string> names = {"text", "a,b", "none"};
    columns(names);
    const std::vector<ViewValue> values = {
        {ViewValue::Kind::text, std::string(sql)}, {ViewValue::Kind::decimal, "1.5"}, {}};
    row(values);
    return kOk;
  }
  bool is_complete(const std::string& sql) const override { return sql.find(';') != std::string::npos; }
  std::string tables_sql() const override { return "tables"; }
};

struct Ran {
  int code;
  std::string out, errors;
};

Ran run(const SqlOptions& options, const std::string& input = "") {
  Echo tables;
  std::istringstream in(input);
  std::ostringstream out, errors;
  const int code = run_sql(options, tables, in, out, errors);
  return {code, out.str(), errors.str()};
}

TEST(SqlCommand, PrintsCsvAndNdjson) {
  EXPECT_EQ(run({.statement = "a \"b\""}).out, "text,\"a,b\",none\r\n\"a \"\"b\"\"\",1.5,\r\n");
  EXPECT_EQ(run({.statement = "a \"b\"", .format = SqlFormat::ndjson}).out,
            "{\"text\":\"a \\\"b\\\"\",\"a,b\":1.5,\"none\":null}\n");
}

TEST(SqlCommand, SaysWhatIsWrong) {
  const Ran ran = run({.statement = "bad"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(ran.errors, "vesta: it is bad\n");
}

TEST(SqlCommand, RunsEachStatementOfItsInput) {
  const Ran ran = run({.statement = {}, .format = SqlFormat::ndjson}, "one\n two;\n\nbad;\nthree");
  EXPECT_EQ(ran.code, 2);
  EXPECT_EQ(ran.out,
            "{\"text\":\"one\\n two;\\n\",\"a,b\":1.5,\"none\":null}\n"
            "{\"text\":\"three\",\"a,b\":1.5,\"none\":null}\n");
  EXPECT_EQ(ran.errors, "vesta: it is bad\n");
  EXPECT_EQ(run({}, "").code, 0);
}

TEST(SqlCommand, PromptsATerminal) {
  const Ran ran = run({.statement = {}, .format = SqlFormat::ndjson, .is_terminal = true}, "a\n;\n");
  EXPECT_EQ(ran.out, "vesta>   ...> {\"text\":\"a\\n;\\n\",\"a,b\":1.5,\"none\":null}\nvesta> ");
}

TEST(SqlCommand, PrintsArraysAndTables) {
  EXPECT_EQ(run({.statement = "a", .format = SqlFormat::json}).out, "[{\"text\":\"a\",\"a,b\":1.5,\"none\":null}]\n");
  EXPECT_EQ(run({.statement = "é\x1b\n!", .format = SqlFormat::table}).out,
            "text  a,b  none\n----  ---  ----\né  !  1.5  \n");
  const std::string cell(kMaxTableCell, 'x');
  EXPECT_EQ(run({.statement = cell, .format = SqlFormat::table}).out.find("…"), std::string::npos);
  EXPECT_NE(run({.statement = cell + "y", .format = SqlFormat::table}).out.find("x…  1.5"), std::string::npos);
}

TEST(SqlPrinter, ATableHoldsSoManyRowsUntilItsWidthsAreKnown) {
  SqlPrinter printer(SqlFormat::table);
  std::string out;
  const std::vector<std::string> columns = {"a", "b"};
  const std::vector<ViewValue> values = {{ViewValue::Kind::text, "long"}, {ViewValue::Kind::integer, "1"}};
  printer.begin(columns, out);
  for (std::size_t i = 1; i < kMaxTableSample; ++i) printer.row(values, out);
  EXPECT_EQ(out, "");
  printer.row(values, out);
  EXPECT_TRUE(out.starts_with("a     b\n----  -\nlong  1\n"));
  out.clear();
  printer.row(values, out);
  EXPECT_EQ(out, "long  1\n");
  out.clear();
  printer.end(out);
  EXPECT_EQ(out, "");
}

TEST(SqlCommand, KnowsCommands) {
  const Ran ran =
      run({}, ".mode ndjson\none;\n.mode wild\n.nothing\n.tables x\n.schema a b\n.schema it\n.help\n.quit\ntwo;\n");
  EXPECT_EQ(ran.code, 2);
  EXPECT_TRUE(ran.out.starts_with("{\"text\":\"one;\\n\",\"a,b\":1.5,\"none\":null}\nselect")) << ran.out;
  EXPECT_EQ(ran.out.find("two"), std::string::npos);
  EXPECT_EQ(ran.errors,
            "vesta: the modes are csv, ndjson, json and table\n"
            "vesta: there is no command '.nothing' like this; .help lists them\n"
            "vesta: there is no command '.tables' like this; .help lists them\n"
            "vesta: .schema has more than one argument\n"
            "vesta: there is no table 'it'\n");
  EXPECT_EQ(run({}, ".quit").code, 0) << "without a line end";
}

TEST(SqlCommand, SaysThatItsOutputIsLost) {
  Echo tables;
  std::istringstream in("one;\ntwo;\n");
  std::ostringstream out, errors;
  out.setstate(std::ios::badbit);
  EXPECT_EQ(run_sql({}, tables, in, out, errors), 1);
  EXPECT_EQ(errors.str(), "vesta: Writing to the output failed.\n");
}

TEST(SqlCommand, AStatementHasALimit) {
  EXPECT_EQ(run({}, std::string(kMaxStatementBytes - 1, 'a') + ";").code, 0);
  const Ran over = run({}, std::string(kMaxStatementBytes, 'a') + ";");
  EXPECT_EQ(over.code, 2);
  EXPECT_NE(over.errors.find("kMaxStatementBytes"), std::string::npos);
}

}  // namespace
}  // namespace vesta::server::commands
