// The two dialects, side by side.
#include "sql/dialect.h"

#include <array>

#include "base/check.h"

namespace vesta::sql {
namespace {

constexpr std::size_t kMaxPostgresName = 63;            // NAMEDATALEN - 1, of a server as it is packaged
constexpr std::size_t kMaxSqliteStatement = 1'000'000;  // SQLITE_MAX_SQL_LENGTH

constexpr std::array<std::string_view, 6> kSqliteTypes = {"BOOLEAN", "INTEGER", "INTEGER", "REAL", "TEXT", "BLOB"};
constexpr std::array<std::string_view, 6> kPostgresTypes = {"boolean",          "integer", "bigint",
                                                            "double precision", "text",    "bytea"};

}  // namespace

std::string placeholder(Dialect dialect, std::size_t number) {
  return (dialect == Dialect::sqlite ? "?" : "$") + std::to_string(number);
}

std::string quoted_name(std::string_view name) {
  std::string made = "\"";
  for (const char c : name) {
    CHECK(c != '\0');
    if (c == '"') made += '"';
    made += c;
  }
  return made + '"';
}

std::string unquoted_meaning(Dialect dialect, std::string_view name) {
  std::string made(name);
  if (dialect == Dialect::sqlite) return made;
  for (char& c : made) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
  return made;
}

std::size_t max_name_bytes(Dialect dialect) {
  return dialect == Dialect::sqlite ? kMaxSqliteStatement : kMaxPostgresName;
}

std::string_view type_name(Dialect dialect, Type type) {
  return (dialect == Dialect::sqlite ? kSqliteTypes : kPostgresTypes)[static_cast<std::size_t>(type)];
}

std::string first_bytes(Dialect dialect, std::string_view expression, std::size_t bytes) {
  const std::string of(expression), count = std::to_string(bytes);
  return dialect == Dialect::sqlite ? "substr(" + of + ", 1, " + count + ")"
                                    : "substring(" + of + " from 1 for " + count + ")";
}

}  // namespace vesta::sql
