// Reading of tables of views: what SQLite is asked for, and what it is not allowed.
#include "store/view_query.h"

#include <sqlite3.h>

#include <array>
#include <charconv>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sql/dialect.h"
#include "sql/table.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/view_tables.h"

namespace vesta::store::sqlite {
namespace {

// https://www.sqlite.org/c3ref/c_alter_table.html
int allow_reading(void*, int action, const char*, const char* name, const char*, const char*) {
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE:
      return SQLITE_OK;
    case SQLITE_FUNCTION:
      return name != nullptr && std::string_view(name) == "load_extension" ? SQLITE_DENY : SQLITE_OK;
    default:
      return SQLITE_DENY;
  }
}

// What is not the statement's fault is the disk's.
Error of_statement(Connection& connection, int code) {
  const std::string message = sqlite3_errmsg(connection.handle());
  if (code == SQLITE_AUTH || message.starts_with("not authorized")) {
    return make_error(Category::invalid, "a statement may read, and do nothing else");
  }
  if ((code & 0xFF) == SQLITE_ERROR) return make_error(Category::invalid, message);
  return connection.error(code);
}

// The shortest text that is the same number.
std::string number_text(double number) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  return std::string(digits.data(), end);
}

struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using StatementHandle = std::unique_ptr<sqlite3_stmt, Finalize>;

ViewValue value_at(sqlite3_stmt* statement, int column) {
  ViewValue value;
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_NULL:
      return value;
    case SQLITE_INTEGER:
      value.kind = ViewValue::Kind::integer;
      break;
    case SQLITE_FLOAT: {
      const double number = sqlite3_column_double(statement, column);
      value.kind = std::isfinite(number) ? ViewValue::Kind::decimal : ViewValue::Kind::text;
      value.text = number_text(number);
      return value;
    }
    default:
      value.kind = ViewValue::Kind::text;
  }
  const auto* const text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
  if (text != nullptr) value.text.assign(text, static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
  return value;
}

class TablesQuery final : public ViewQuery {
 public:
  TablesQuery(std::unique_ptr<EncryptedVfs> encryption, std::unique_ptr<Connection> connection)
      : encryption_(std::move(encryption)), connection_(std::move(connection)) {}

  Status run(std::string_view sql, const Columns& columns, const Row& row) override {
    while (!sql.empty()) {
      sqlite3_stmt* made = nullptr;
      const char* rest = nullptr;
      const int code =
          sqlite3_prepare_v2(connection_->handle(), sql.data(), static_cast<int>(sql.size()), &made, &rest);
      const StatementHandle statement(made);
      if (code != SQLITE_OK) return of_statement(*connection_, code);
      sql.remove_prefix(static_cast<std::size_t>(rest - sql.data()));
      if (statement != nullptr) VESTA_CHECK_OK(run_one(made, columns, row));  // else white space or a comment
    }
    return kOk;
  }

  bool is_complete(const std::string& sql) const override { return sqlite3_complete(sql.c_str()) != 0; }
  std::string tables_sql() const override { return std::string(sql::list_tables(sql::Dialect::sqlite)); }

 private:
  Status run_one(sqlite3_stmt* statement, const Columns& columns, const Row& row) {
    std::vector<std::string> names;
    for (int i = 0; i < sqlite3_column_count(statement); ++i) names.emplace_back(sqlite3_column_name(statement, i));
    columns(names);
    std::vector<ViewValue> values(names.size());
    while (true) {
      const int stepped = sqlite3_step(statement);
      if (stepped == SQLITE_DONE) return kOk;
      if (stepped != SQLITE_ROW) return of_statement(*connection_, stepped);
      for (std::size_t i = 0; i < values.size(); ++i) values[i] = value_at(statement, static_cast<int>(i));
      if (!row(values)) return kOk;
    }
  }

  const std::unique_ptr<EncryptedVfs> encryption_;  // of the connection; null: none
  const std::unique_ptr<Connection> connection_;
};

}  // namespace

Result<std::unique_ptr<ViewQuery>> open_view_query(const std::string& directory, const std::optional<DataKeys>& keys) {
  if (!has_view_tables(directory)) {
    return make_error(Category::not_found, "There are no tables of views in " + directory + ".");
  }
  std::unique_ptr<EncryptedVfs> encryption = make_views_encryption(keys);
  const std::string vfs = encryption == nullptr ? "" : encryption->name();
  VESTA_TRY(std::unique_ptr<Connection> connection,
            Connection::open(directory + "/" + kViewsFile, vfs, Connection::Role::reader));
  sqlite3_set_authorizer(connection->handle(), allow_reading, nullptr);
  return std::unique_ptr<ViewQuery>(std::make_unique<TablesQuery>(std::move(encryption), std::move(connection)));
}

}  // namespace vesta::store::sqlite
