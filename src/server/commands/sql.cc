// Statements in, rows out.
#include "server/commands/sql.h"

#include <span>
#include <string_view>
#include <vector>

#include "json/tokens.h"
#include "views/row_writer.h"

namespace vesta::server::commands {
namespace {

using store::ViewValue;

constexpr int kExitUnwritten = 1;
constexpr int kExitBadStatement = 2;

void append_csv(std::span<const ViewValue> values, std::string& out) {
  for (const ViewValue& value : values) {
    if (&value != values.data()) out += ',';
    if (value.kind != ViewValue::Kind::null) views::append_csv_field(value.text, out);
  }
  out += "\r\n";
}

void append_object(std::span<const std::string> columns, std::span<const ViewValue> values, std::string& out) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    out += i == 0 ? '{' : ',';
    json::append_string(columns[i], out);
    out += ':';
    if (values[i].kind == ViewValue::Kind::null) {
      out += "null";
    } else if (values[i].kind == ViewValue::Kind::text) {
      json::append_string(values[i].text, out);
    } else {
      out += values[i].text;
    }
  }
  out += "}\n";
}

class SqlCommand {
 public:
  SqlCommand(const SqlOptions& options, store::ViewQuery& tables, std::ostream& out, std::ostream& errors)
      : options_(options), tables_(tables), out_(out), errors_(errors) {}

  int run(std::string_view statement) {
    std::vector<std::string> columns;
    const auto begin = [&](std::span<const std::string> names) {
      columns.assign(names.begin(), names.end());
      if (options_.format != SqlFormat::csv) return;
      std::string line;
      for (const std::string& column : columns) {
        if (&column != columns.data()) line += ',';
        views::append_csv_field(column, line);
      }
      out_ << line << "\r\n";
    };
    const auto row = [&](std::span<const ViewValue> values) {
      std::string line;
      if (options_.format == SqlFormat::csv) {
        append_csv(values, line);
      } else {
        append_object(columns, values, line);
      }
      out_ << line;
      return out_.good();
    };
    const Status done = tables_.run(statement, begin, row);
    out_.flush();
    if (!out_.good()) {
      errors_ << "vesta: Writing to the output failed.\n";
      return kExitUnwritten;
    }
    if (done.ok()) return 0;
    errors_ << "vesta: " << done.error().message << '\n';
    return kExitBadStatement;
  }

  int run_all(std::istream& input) {
    int code = 0;
    std::string statement;
    prompt(true);
    for (char c = '\0'; input.get(c);) {
      statement += c;
      if (statement.size() > kMaxStatementBytes) {
        errors_ << "vesta: a statement has more than kMaxStatementBytes (" << kMaxStatementBytes << ") bytes\n";
        return kExitBadStatement;
      }
      if (c != '\n') continue;
      const bool is_blank = statement.find_first_not_of(" \t\r\n") == std::string::npos;
      if (!is_blank && tables_.is_complete(statement)) {
        if (const int failed = run(statement); failed != 0) code = failed;
        if (code == kExitUnwritten) return code;
        statement.clear();
      }
      if (is_blank) statement.clear();
      prompt(statement.empty());
    }
    if (statement.find_first_not_of(" \t\r\n") != std::string::npos) {
      if (const int failed = run(statement); failed != 0) code = failed;
    }
    return code;
  }

 private:
  void prompt(bool is_new) {
    if (options_.is_terminal) out_ << (is_new ? "vesta> " : "  ...> ") << std::flush;
  }

  const SqlOptions& options_;
  store::ViewQuery& tables_;
  std::ostream& out_;
  std::ostream& errors_;
};

}  // namespace

int run_sql(const SqlOptions& options, store::ViewQuery& tables, std::istream& input, std::ostream& out,
            std::ostream& errors) {
  SqlCommand command(options, tables, out, errors);
  return options.statement.empty() ? command.run_all(input) : command.run(options.statement);
}

}  // namespace vesta::server::commands
