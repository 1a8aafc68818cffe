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
