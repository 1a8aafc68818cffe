// Where statements end in a text, as PostgreSQL reads it. SQLite tells that itself.
#pragma once

#include <cstddef>
#include <string_view>

namespace vesta::sql {

struct Statement {
  std::size_t begin = 0;     // of its first word; behind white space and comments
  std::size_t size = 0;      // in the text, with its ';'
  bool is_empty = true;      // white space and comments alone
  bool is_ended = false;     // by a ';'
  bool is_unclosed = false;  // the text ends in a comment, a string or a name
};

// The first one. https://www.postgresql.org/docs/15/sql-syntax-lexical.html; strings are standard ones.
Statement first_statement(std::string_view text);

// Whether statements end here: behind the last ';' is nothing more.
bool is_complete(std::string_view text);

}  // namespace vesta::sql
