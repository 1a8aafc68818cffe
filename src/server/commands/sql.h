// `vesta sql`: statements over the tables of views, while the server runs or not.
#pragma once

#include <cstddef>
#include <istream>
#include <ostream>
#include <string>

#include "server/commands/sql_printer.h"
#include "store/view_query.h"

namespace vesta::server::commands {

inline constexpr std::size_t kMaxStatementBytes = 1 << 20;

struct SqlOptions {
  std::string statement;  // empty: the console: those of the input, run at the end of the line that completes them
  SqlFormat format = SqlFormat::csv;
  bool is_terminal = false;  // the input: it is prompted
};

// A line of the console that begins with a dot is a command (.help); the formats are for the rows of statements.
// Exit code: 0; 1 if the output cannot be written; 2 if a statement or a command failed, which does not end the
// console.
int run_sql(const SqlOptions& options, store::ViewQuery& tables, std::istream& input, std::ostream& out,
            std::ostream& errors);

}  // namespace vesta::server::commands
