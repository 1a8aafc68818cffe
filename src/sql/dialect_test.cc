// Tests of what each dialect writes.
#include "sql/dialect.h"

#include <gtest/gtest.h>

#include <string>

namespace vesta::sql {
namespace {

TEST(Dialect, NumbersBoundValues) {
  EXPECT_EQ(placeholder(Dialect::sqlite, 12), "?12");
  EXPECT_EQ(placeholder(Dialect::postgres, 12), "$12");
}

TEST(Dialect, ANameInQuotesIsThatNameAlone) {
  EXPECT_EQ(quoted_name("select"), "\"select\"");
  EXPECT_EQ(quoted_name("a\"; DROP TABLE b; --"), "\"a\"\"; DROP TABLE b; --\"");
  EXPECT_EQ(quoted_name("\""), "\"\"\"\"");
  EXPECT_EQ(quoted_name("a\\\"$1?1\n'Ä"), "\"a\\\"\"$1?1\n'Ä\"");
  EXPECT_DEATH(quoted_name(std::string("a\0b", 3)), "CHECK");
}

TEST(Dialect, ANameWithoutQuotesIsInSmallLettersInPostgresql) {
  EXPECT_EQ(unquoted_meaning(Dialect::postgres, "WeightsÄ_1"), "weightsÄ_1");
  EXPECT_EQ(unquoted_meaning(Dialect::sqlite, "WeightsÄ_1"), "WeightsÄ_1");
  EXPECT_EQ(max_name_bytes(Dialect::postgres), 63u);
  EXPECT_GT(max_name_bytes(Dialect::sqlite), 63u);
}

TEST(Dialect, NamesTypesAndFirstBytes) {
  EXPECT_EQ(type_name(Dialect::sqlite, Type::bigint), "INTEGER");
  EXPECT_EQ(type_name(Dialect::sqlite, Type::bytes), "BLOB");
  EXPECT_EQ(type_name(Dialect::postgres, Type::boolean), "boolean");
  EXPECT_EQ(type_name(Dialect::postgres, Type::real), "double precision");
  EXPECT_EQ(type_name(Dialect::postgres, Type::bytes), "bytea");
  EXPECT_EQ(first_bytes(Dialect::sqlite, "a.low", 64), "substr(a.low, 1, 64)");
  EXPECT_EQ(first_bytes(Dialect::postgres, "a.low", 64), "substring(a.low from 1 for 64)");
}

}  // namespace
}  // namespace vesta::sql
