// Statements and commands in, rows out.
#include "server/commands/sql.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace vesta::server::commands {
namespace {

using store::ViewValue;

constexpr int kExitUnwritten = 1;
constexpr int kExitBadStatement = 2;

constexpr std::string_view kHelp =
    "select …;           run a statement, which may go over several lines and ends with ';'\n"
    ".tables             the views, and whether they have a table\n"
    ".schema [TABLE]     the columns of a table, or of all\n"
    ".mode FORMAT        csv, ndjson, json or table\n"
    ".quit               end\n";
constexpr std::string_view kTables =
    "select name, case when failure <> '' then failure when complete then 'complete' else 'being made' end as state "
    "from _vesta_view order by name";

bool is_empty_text(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

// The word at the start, which is taken away with the space around it.
std::string_view take_word(std::string_view& text) {
  constexpr std::string_view kSpace = " \t\r\n;";
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(kSpace));
  text.remove_prefix(word.size());
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
  return word;
}

class SqlCommand {
 public:
  SqlCommand(const SqlOptions& options, store::ViewQuery& tables, std::ostream& out, std::ostream& errors)
      : options_(options), format_(options.format), tables_(tables), out_(out), errors_(errors) {}

  int run(std::string_view statement) {
    SqlPrinter printer(format_);
    bool is_begun = false;
    const auto end = [&] {
      std::string text;
      if (is_begun) printer.end(text);
      out_ << text;
    };
    const auto begin = [&](std::span<const std::string> names) {
      end();  // of the statement before
      is_begun = true;
      std::string text;
      printer.begin(names, text);
      out_ << text;
    };
    const auto row = [&](std::span<const ViewValue> values) {
      std::string text;
      printer.row(values, text);
      out_ << text;
      return out_.good();
    };
    const Status done = tables_.run(statement, begin, row);
    end();
    return finish(done);
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
      if (const auto ran = take_line(statement)) {
        if (*ran != 0) code = *ran;
        statement.clear();
      }
      if (code == kExitUnwritten || is_ended_) return code;
      prompt(statement.empty());
    }
    if (!is_empty_text(statement)) {
      if (const int failed = run_either(statement); failed != 0) code = failed;
    }
    return code;
  }

 private:
  // At the end of a line: the exit code, if what stands there was to be run; nothing if it goes on.
  std::optional<int> take_line(const std::string& statement) {
    if (is_empty_text(statement)) return 0;
    if (!is_command(statement) && !tables_.is_complete(statement)) return std::nullopt;
    return run_either(statement);
  }

  static bool is_command(std::string_view text) { return text.starts_with('.'); }
  int run_either(std::string_view text) { return is_command(text) ? run_command(text) : run(text); }

  int run_command(std::string_view line) {
    const std::string_view command = take_word(line);
    const std::string_view argument = take_word(line);
    if (!line.empty()) return fail(std::string(command) + " has more than one argument");
    if (command == ".tables" && argument.empty()) return run(kTables);
    if (command == ".schema") return print_schema(argument);
    if (command == ".mode") return set_mode(argument);
    if (command == ".help") return print(kHelp);
    is_ended_ = command == ".quit" || command == ".exit";
    return is_ended_ ? 0 : fail("there is no command '" + std::string(command) + "' like this; .help lists them");
  }

  int print_schema(std::string_view table) {
    bool is_found = table.empty();
    std::string text;
    const auto row = [&](std::span<const ViewValue> values) {
      if (!table.empty() && values[0].text != table) return true;
      is_found = true;
      text += values[1].text + ";\n";
      return true;
    };
    const Status done = tables_.run(tables_.tables_sql(), [](std::span<const std::string>) {}, row);
    if (done.ok() && !is_found) return fail("there is no table '" + std::string(table) + "'");
    out_ << text;
    return finish(done);
  }

  int set_mode(std::string_view name) {
    const auto mode = sql_formats().find(std::string(name));
    if (mode == sql_formats().end()) return fail("the modes are csv, ndjson, json and table");
    format_ = mode->second;
    return 0;
  }

  int print(std::string_view text) {
    out_ << text;
    return finish(kOk);
  }

  // What was printed is out, or cannot be.
  int finish(const Status& done) {
    out_.flush();
    if (!out_.good()) {
      errors_ << "vesta: Writing to the output failed.\n";
      return kExitUnwritten;
    }
    return done.ok() ? 0 : fail(done.error().message);
  }

  int fail(const std::string& message) {
    errors_ << "vesta: " << message << '\n';
    return kExitBadStatement;
  }

  void prompt(bool is_new) {
    if (options_.is_terminal) out_ << (is_new ? "vesta> " : "  ...> ") << std::flush;
  }

  const SqlOptions& options_;
  SqlFormat format_;
  store::ViewQuery& tables_;
  std::ostream& out_;
  std::ostream& errors_;
  bool is_ended_ = false;
};

}  // namespace

int run_sql(const SqlOptions& options, store::ViewQuery& tables, std::istream& input, std::ostream& out,
            std::ostream& errors) {
  SqlCommand command(options, tables, out, errors);
  return options.statement.empty() ? command.run_all(input) : command.run(options.statement);
}

}  // namespace vesta::server::commands
