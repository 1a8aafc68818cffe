// `vesta sql`: statements over the tables of views, while the server runs or not.
#pragma once

#include <cstdint>
#include <istream>
#include <ostream>
#include <string>

#include "store/view_query.h"

namespace vesta::server::commands {

enum class SqlFormat : std::uint8_t { csv, ndjson };

inline constexpr std::size_t kMaxStatementBytes = 1 << 20;

struct SqlOptions {
  std::string statement;  // empty: those of the input, run at the end of the line that completes them
  SqlFormat format = SqlFormat::csv;
  bool is_terminal = false;  // the input: it is prompted
};

// Exit code: 0; 1 if the output cannot be written; 2 if a statement failed, which does not end those of the input.
int run_sql(const SqlOptions& options, store::ViewQuery& tables, std::istream& input, std::ostream& out,
            std::ostream& errors);

}  // namespace vesta::server::commands
