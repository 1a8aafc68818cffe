// Reading of tables of views: a cursor for each statement, in a transaction that reads only.
#include "store/view_query.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "sql/dialect.h"
#include "sql/statements.h"
#include "sql/table.h"
#include "store/postgres/connection.h"
#include "store/postgres/parameters.h"
#include "store/postgres/view_schema.h"
#include "store/postgres/view_tables.h"

namespace vesta::store::postgres {
namespace {

constexpr const char* kBeginReading = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
// Behind the first statement that reads nobody can make it more than that.
constexpr const char* kFirstSnapshot = "SELECT count(*) FROM pg_namespace WHERE false";

// https://www.postgresql.org/docs/15/errcodes-appendix.html
constexpr std::string_view kReadOnly = "25006";
constexpr std::string_view kSyntax = "42601";

// Whether a text begins as what gives rows.
bool is_question(std::string_view text) {
  if (text.starts_with('(')) return true;
  for (const std::string_view word : {"select", "with", "values", "table"}) {
    const std::string begin = sql::unquoted_meaning(kDialect, text.substr(0, word.size()));
    if (begin == word) return true;
  }
  return false;
}

ViewValue::Kind kind_of(std::uint32_t type) {
  switch (type) {  // numbers in pg_type
    case 16:
      return ViewValue::Kind::boolean;
    case 20:
    case 21:
    case 23:
      return ViewValue::Kind::integer;
    case 700:
    case 701:
    case 1700:
      return ViewValue::Kind::decimal;
    default:
      return ViewValue::Kind::text;
  }
}

// A cell as text.
ViewValue value_at(const Rows& rows, int row, int column) {
  ViewValue value;
  if (rows.is_null(row, column)) return value;
  value.kind = kind_of(rows.type(column));
  value.text = rows.bytes(row, column);
  if (value.kind == ViewValue::Kind::boolean) value.text = value.text == "t" ? "true" : "false";
  const bool is_no_number = value.text.ends_with("NaN") || value.text.ends_with("Infinity");
  if (value.kind == ViewValue::Kind::decimal && is_no_number) value.kind = ViewValue::Kind::text;
  return value;
}

class TablesQuery final : public ViewQuery {
 public:
  TablesQuery(std::string schema, std::unique_ptr<Connection> connection)
      : schema_(std::move(schema)), connection_(std::move(connection)) {}

  Status run(std::string_view text, const Columns& columns, const Row& row) override {
    while (!text.empty()) {
      const sql::Statement statement = sql::first_statement(text);
      if (!statement.is_empty) {
        Status done = run_one(text.substr(statement.begin, statement.size - statement.begin), columns, row);
        if (!connection_->is_usable()) return done;
        const Result<Rows> ended = connection_->run("ROLLBACK");
        if (!done.ok()) return done;
        if (!ended.ok()) return ended.error();
      }
      text.remove_prefix(statement.size);
    }
    return kOk;
  }

  bool is_complete(const std::string& text) const override { return sql::is_complete(text); }
  std::string tables_sql() const override { return std::string(sql::list_tables(kDialect)); }

 private:
  // A cursor is of a statement that gives rows, and of no other.
  Status run_one(std::string_view statement, const Columns& columns, const Row& row) {
    connection_->send(kBeginReading);
    connection_->send("SET LOCAL search_path = " + sql::quoted_name(schema_));
    connection_->send(kFirstSnapshot);
    VESTA_CHECK_OK(connection_->sync());
    const Result<Rows> declared = connection_->run("DECLARE vesta_rows NO SCROLL CURSOR FOR " + std::string(statement),
                                                   {}, Connection::Keep::once);
    if (!declared.ok()) return of_statement(declared.error(), is_question(statement));
    const std::string fetch = "FETCH " + std::to_string(kFetchedRows) + " FROM vesta_rows";
    for (bool is_first = true;; is_first = false) {
      const Result<Rows> rows = connection_->run_as_text(fetch);
      if (!rows.ok()) return of_statement(rows.error(), true);
      if (is_first) columns(names_of(*rows));
      if (!give(*rows, row) || rows->size() < kFetchedRows) return kOk;
    }
  }

  static std::vector<std::string> names_of(const Rows& rows) {
    std::vector<std::string> names;
    for (int column = 0; column < rows.columns(); ++column) names.push_back(rows.name(column));
    return names;
  }

  // False: no more is wanted.
  static bool give(const Rows& rows, const Row& row) {
    std::vector<ViewValue> values(static_cast<std::size_t>(rows.columns()));
    for (int at = 0; at < rows.size(); ++at) {
      for (int column = 0; column < rows.columns(); ++column) {
        values[static_cast<std::size_t>(column)] = value_at(rows, at, column);
      }
      if (!row(values)) return false;
    }
    return true;
  }

  // What is not the database's fault is the statement's.
  Error of_statement(const Error& error, bool is_question) const {
    if (connection_->state() == kReadOnly || (connection_->state() == kSyntax && !is_question)) {
      return make_error(Category::invalid, "a statement may read, and do nothing else");
    }
    const bool is_the_databases = error.category == Category::unavailable || error.category == Category::busy;
    return is_the_databases ? error : make_error(Category::invalid, error.message);
  }

  const std::string schema_;
  const std::unique_ptr<Connection> connection_;
};

}  // namespace

Result<std::unique_ptr<ViewQuery>> open_view_query(const std::string& url) {
  VESTA_TRY(std::unique_ptr<Connection> connection, Connection::open(url));
  VESTA_TRY(const ViewSchema schema, find_view_schema(*connection));
  if (!schema.has_notes) return make_error(Category::not_found, "There are no tables of views in this database.");
  return std::unique_ptr<ViewQuery>(std::make_unique<TablesQuery>(schema.name, std::move(connection)));
}

}  // namespace vesta::store::postgres
