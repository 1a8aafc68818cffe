// Tests of where statements end.
#include "sql/statements.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace vesta::sql {
namespace {

// Those that are not empty, without what ends them.
std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> all;
  while (!text.empty()) {
    const Statement statement = first_statement(text);
    if (!statement.is_empty) all.emplace_back(text.substr(0, statement.size - (statement.is_ended ? 1 : 0)));
    text.remove_prefix(statement.size);
  }
  return all;
}
using Statements = std::vector<std::string>;

TEST(Statements, EndBySemicolonsThatStandInNoTextAndNoComment) {
  EXPECT_EQ(split("a;b"), (Statements{"a", "b"}));
  for (const char* one :
       {"select ';'", "select 'it''s;'", "select E'\\';'", "select e'\\\\'';'", "select \"a;\"\"b;\"", "select $$a;b$$",
        "select $x$a;$$;$y$;$x$", "select 1 -- ;\n", "select /* ; /* ; */ ; */ 1", "select $1", "select a$b$"}) {
    EXPECT_EQ(split(std::string(one) + ";b"), (Statements{one, "b"}));
  }
  EXPECT_EQ(split("select 'a\\';b'"), (Statements{"select 'a\\'", "b'"})) << "a backslash is one";
  EXPECT_EQ(split("select name'\\';b"), (Statements{"select name'\\'", "b"})) << "a name before a string";
  EXPECT_EQ(split("select a$b$;$b$"), (Statements{"select a$b$", "$b$"})) << "a dollar in a name";
  EXPECT_EQ(split("select $1$;$1$"), (Statements{"select $1$", "$1$"})) << "a tag is no number";
}

TEST(Statements, OfNothingAreEmpty) {
  EXPECT_EQ(split(" ;;\n-- a\n;/* b */"), Statements{});
  EXPECT_EQ(first_statement("").size, 0u);
  EXPECT_TRUE(first_statement("-- a").is_empty);
  EXPECT_EQ(first_statement("/* a */ -- b\n c d;").begin, 14u);
}

TEST(Statements, AreCompleteBehindTheLastSemicolon) {
  for (const char* text : {"a;", "a; ", "a;b;", "a; -- c", "a; /* c */", ";"}) EXPECT_TRUE(is_complete(text)) << text;
  for (const char* text : {"", "a", "a;b", "a ';", "a \";", "a $$;", "a $b$;$$", "a; /* c", "a -- ;", "e'\\"}) {
    EXPECT_FALSE(is_complete(text)) << text;
  }
}

}  // namespace
}  // namespace vesta::sql
