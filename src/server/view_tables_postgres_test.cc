// Tests of tables of views on PostgreSQL as the server and `vesta sql` open them.
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "server/commands/sql.h"
#include "server/config.h"
#include "server/store_setup.h"
#include "store/postgres/test_server.h"
#include "store/view_query.h"
#include "store/view_tables.h"

namespace vesta::server {
namespace {

TEST(ViewTablesOfPostgresql, AreMadeAndAskedBySql) {
  const store::postgres::test::TemporaryDatabase database;
  StoreConfig config;
  config.engine = database.url();
  EXPECT_EQ(open_view_query(config, {}).error().category, Category::not_found);
  const auto none = open_view_tables(config, {}, false);
  ASSERT_TRUE(none.ok()) << none.error().message;
  EXPECT_EQ(*none, nullptr);

  const auto tables = open_view_tables(config, {}, true);
  ASSERT_TRUE(tables.ok()) << tables.error().message;
  ASSERT_TRUE(*(*tables)->take());
  using store::ViewColumn;
  using store::ViewRows;
  using store::ViewValue;
  const store::ViewTable view{
      "Weights", "v1", {{"value", ViewColumn::Kind::decimal}, {"final", ViewColumn::Kind::boolean}}};
  ASSERT_TRUE((*tables)->begin(view).ok());
  const std::vector<ViewRows> rows = {{"a", {{ViewValue::Kind::decimal, "1.50"}, {ViewValue::Kind::boolean, "true"}}}};
  ASSERT_TRUE((*tables)->apply("Weights", rows, CommitSeq{1}).ok());
  ASSERT_TRUE((*tables)->complete("Weights", CommitSeq{1}).ok());

  const auto query = open_view_query(config, {});
  ASSERT_TRUE(query.ok()) << query.error().message;
  std::istringstream input(
      ".tables\n.schema weights\nselect value, final\nfrom weights;\n"
      ".mode json\nselect * from weights;\ndelete from weights;\n");
  std::ostringstream out, errors;
  EXPECT_EQ(commands::run_sql({}, **query, input, out, errors), 2);
  EXPECT_EQ(out.str(),
            "name,state\r\nWeights,complete\r\n"
            "CREATE TABLE weights(_key text, _row bigint, value double precision, final boolean);\n"
            "value,final\r\n1.5,true\r\n"
            "[{\"_key\":\"a\",\"_row\":0,\"value\":1.5,\"final\":true}]\n");
  EXPECT_EQ(errors.str(), "vesta: a statement may read, and do nothing else\n");
}

TEST(ViewTablesOfMemory, AreThereNone) {
  StoreConfig config;
  config.engine = "memory";
  EXPECT_EQ(open_view_query(config, {}).error().category, Category::unsupported);
  EXPECT_EQ(*open_view_tables(config, {}, true), nullptr);
}

}  // namespace
}  // namespace vesta::server
