// Statement: one use of a statement whose text is made at run time, names of tables say, so that it is not cached.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/check.h"
#include "base/result.h"
#include "sql/parameters.h"
#include "store/sqlite/connection.h"

namespace vesta::store::sqlite {

// Bind (from 1), step, read columns (from 0). Bound texts live until the next reset.
class Statement {
 public:
  static Result<Statement> prepare(Connection& connection, const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v2(connection.handle(), sql.c_str(), -1, &statement, nullptr);
    if (code != SQLITE_OK) return connection.error(code);
    return Statement(connection, statement);
  }
  Statement(Statement&& other) noexcept
      : connection_(other.connection_), statement_(std::exchange(other.statement_, nullptr)) {}
  Statement& operator=(Statement&&) = delete;
  ~Statement() { sqlite3_finalize(statement_); }

  Statement& text(int index, std::string_view value) {
    sqlite3_bind_text64(statement_, index, value.data() == nullptr ? "" : value.data(), value.size(), SQLITE_STATIC,
                        SQLITE_UTF8);
    return *this;
  }
  Statement& integer(int index, std::int64_t value) {
    sqlite3_bind_int64(statement_, index, value);
    return *this;
  }
  // All values of the statement, which stay until the next reset.
  Statement& bind(const sql::Parameters& parameters) {
    int index = 0;
    for (const sql::Value& value : parameters.values()) {
      ++index;
      std::visit(
          [&](const auto& each) {
            using Each = std::decay_t<decltype(each)>;
            if constexpr (std::is_same_v<Each, sql::Text>)
              text(index, each.value);
            else if constexpr (std::is_same_v<Each, sql::Bytes>)
              sqlite3_bind_blob64(statement_, index, each.value.data(), each.value.size(), SQLITE_STATIC);
            else if constexpr (std::is_same_v<Each, double>)
              sqlite3_bind_double(statement_, index, each);
            else if constexpr (std::is_same_v<Each, sql::Array>)
              CHECK(false && "SQLite has no arrays");
            else
              integer(index, each);
          },
          value);
    }
    return *this;
  }
  sqlite3_stmt* handle() { return statement_; }

  // Whether a row is there.
  Result<bool> step() {
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    return connection_.error(code);
  }
  // Runs it without rows, and makes it ready for other values.
  Status run() {
    const Result<bool> stepped = step();
    sqlite3_reset(statement_);
    if (!stepped.ok()) return stepped.error();
    return kOk;
  }
  std::int64_t integer_at(int column) const { return sqlite3_column_int64(statement_, column); }
  std::string text_at(int column) const {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return text == nullptr ? std::string()
                           : std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
  }

 private:
  Statement(Connection& connection, sqlite3_stmt* statement) : connection_(connection), statement_(statement) {}

  Connection& connection_;
  sqlite3_stmt* statement_;
};

}  // namespace vesta::store::sqlite
