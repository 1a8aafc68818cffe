// The ceiling of creates: the same rows by a bare SQLite loop; and the latency of fsync.
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <memory>
#include <vector>

#include "bench/ceilings.h"
#include "store/sqlite/connection.h"

namespace vesta::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;
using store::sqlite::Connection;

struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;
struct FreeValue {
  void operator()(sqlite3_value* value) const { sqlite3_value_free(value); }
};
using Value = std::unique_ptr<sqlite3_value, FreeValue>;

struct Row {
  std::uint64_t group = 0;
  std::vector<Value> values;
};
struct Table {
  std::string name;
  int columns = 0;
  std::vector<Row> rows;  // in the order in which they are written
  std::size_t next = 0;
};

Error sqlite_error(Connection& connection) {
  return make_error(Category::unavailable, sqlite3_errmsg(connection.handle()));
}

Result<Statement> prepare(Connection& connection, const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(connection.handle(), sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) {
    return sqlite_error(connection);
  }
  return Statement(statement);
}

Result<std::int64_t> integer(Connection& connection, const std::string& sql) {
  VESTA_TRY(const Statement statement, prepare(connection, sql));
  if (sqlite3_step(statement.get()) != SQLITE_ROW) return sqlite_error(connection);
  return sqlite3_column_int64(statement.get(), 0);
}

// The tables whose rows carry the key of a resource.
Result<std::vector<Table>> find_tables(Connection& connection) {
  VESTA_TRY(const Statement statement, prepare(connection,
                                               "SELECT m.name, (SELECT count(*) FROM pragma_table_info(m.name)) FROM "
                                               "sqlite_schema m WHERE m.type='table' AND "
                                               "m.name NOT LIKE 'sqlite_%' AND m.name <> 'property' AND EXISTS (SELECT "
                                               "1 FROM pragma_table_info(m.name) WHERE "
                                               "name='key') ORDER BY m.name = 'resource' DESC, m.name"));
  std::vector<Table> tables;
  while (sqlite3_step(statement.get()) == SQLITE_ROW) {
    Table table;
    table.name = reinterpret_cast<const char*>(sqlite3_column_text(statement.get(), 0));
    table.columns = sqlite3_column_int(statement.get(), 1);
    tables.push_back(std::move(table));
  }
  return tables;
}

// The table's rows of the keys above `first`, by group and then in the order of its columns, as the engine sorts them.
Status read_rows(Connection& connection, Table& table, std::int64_t first, std::int64_t last,
                 std::uint64_t group_size) {
  std::string sql = "SELECT (key - ?1 - 1) / ?3, * FROM " + table.name + " WHERE key > ?1 AND key <= ?2 ORDER BY 1";
  for (int i = 2; i <= table.columns + 1; ++i) sql += ", " + std::to_string(i);
  VESTA_TRY(const Statement statement, prepare(connection, sql));
  sqlite3_bind_int64(statement.get(), 1, first);
  sqlite3_bind_int64(statement.get(), 2, last);
  sqlite3_bind_int64(statement.get(), 3, static_cast<std::int64_t>(group_size));
  int code = 0;
  while ((code = sqlite3_step(statement.get())) == SQLITE_ROW) {
    Row row;
    row.group = static_cast<std::uint64_t>(sqlite3_column_int64(statement.get(), 0));
    for (int i = 1; i <= table.columns; ++i) {
      row.values.emplace_back(sqlite3_value_dup(sqlite3_column_value(statement.get(), i)));
    }
    table.rows.push_back(std::move(row));
  }
  return code == SQLITE_DONE ? Status(kOk) : Status(sqlite_error(connection));
}

Status write_group(Connection& connection, std::vector<Table>& tables, std::vector<Statement>& inserts,
                   std::uint64_t group, double& commit_ms) {
  VESTA_CHECK_OK(connection.run("BEGIN IMMEDIATE"));
  for (std::size_t i = 0; i < tables.size(); ++i) {
    Table& table = tables[i];
    sqlite3_stmt* insert = inserts[i].get();
    for (; table.next < table.rows.size() && table.rows[table.next].group == group; ++table.next) {
      const Row& row = table.rows[table.next];
      for (int column = 0; column < table.columns; ++column) {
        sqlite3_bind_value(insert, column + 1, row.values[static_cast<std::size_t>(column)].get());
      }
      if (sqlite3_step(insert) != SQLITE_DONE) return sqlite_error(connection);
      sqlite3_reset(insert);
    }
  }
  VESTA_CHECK_OK(connection.run("UPDATE type_count SET resources = resources + 1, versions = versions + 1"));
  const auto begin = SteadyClock::now();
  const Status committed = connection.run("COMMIT");
  commit_ms += std::chrono::duration<double, std::milli>(SteadyClock::now() - begin).count();
  if (!committed.ok()) return sqlite_error(connection);
  return kOk;
}

// A copy that is not on disk yet would be written by the first commits' fsyncs, and make the ceiling too low.
Status copy_durably(const std::string& from, const std::string& to) {
  std::error_code error;
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(to + suffix, error);
  std::filesystem::copy_file(from, to, error);
  if (error) return make_error(Category::unavailable, "cannot copy " + from + ": " + error.message());
  const int file = ::open(to.c_str(), O_RDWR | O_CLOEXEC);
  const bool synced = file >= 0 && ::fsync(file) == 0;
  if (file >= 0) ::close(file);
  return synced ? Status(kOk) : Status(make_error(Category::unavailable, "cannot sync " + to));
}

}  // namespace

Result<ReplayResult> replay_creates(const std::string& before, const std::string& after, const std::string& copy,
                                    std::uint64_t group_size, std::uint64_t max_resources) {
  VESTA_CHECK_OK(copy_durably(before, copy));
  VESTA_TRY(const auto target, Connection::open(copy, "", Connection::Role::writer));
  VESTA_TRY(const std::int64_t first, integer(*target, "SELECT max(key) FROM resource"));
  std::vector<Table> tables;
  std::int64_t last = 0;
  {
    VESTA_TRY(const auto source, Connection::open(after, "", Connection::Role::reader));
    VESTA_TRY(tables, find_tables(*source));
    VESTA_TRY(const std::int64_t end, integer(*source, "SELECT max(key) FROM resource"));
    last = std::min(end, first + static_cast<std::int64_t>(max_resources));
    for (Table& table : tables) VESTA_CHECK_OK(read_rows(*source, table, first, last, group_size));
  }
  std::vector<Statement> inserts;
  for (const Table& table : tables) {
    std::string sql = "INSERT INTO " + table.name + " VALUES(?";
    for (int i = 1; i < table.columns; ++i) sql += ",?";
    VESTA_TRY(Statement insert, prepare(*target, sql + ")"));
    inserts.push_back(std::move(insert));
  }
  const auto begin = SteadyClock::now();
  const std::uint64_t resources = static_cast<std::uint64_t>(std::max<std::int64_t>(last - first, 0));
  double commit_ms = 0;
  std::uint64_t groups = 0;
  for (std::uint64_t group = 0; group * group_size < resources; ++group) {
    VESTA_CHECK_OK(write_group(*target, tables, inserts, group, commit_ms));
    ++groups;
  }
  const double seconds = std::chrono::duration<double>(SteadyClock::now() - begin).count();
  return ReplayResult{seconds > 0 ? static_cast<double>(resources) / seconds : 0, resources,
                      groups > 0 ? commit_ms / static_cast<double>(groups) : 0};
}

Result<FsyncLatency> measure_fsync(const std::string& folder) {
  constexpr int kRounds = 200;
  const std::string path = folder + "/fsync.tmp";
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return make_error(Category::unavailable, "cannot write " + path);
  const std::array<char, 8192> block{};
  std::vector<double> times;
  for (int i = 0; i < kRounds; ++i) {
    const auto begin = SteadyClock::now();
    const bool written = ::write(file, block.data(), block.size()) == static_cast<ssize_t>(block.size());
    if (!written || ::fsync(file) != 0) break;
    times.push_back(std::chrono::duration<double, std::milli>(SteadyClock::now() - begin).count());
  }
  ::close(file);
  ::unlink(path.c_str());
  if (times.size() < kRounds) return make_error(Category::unavailable, "cannot fsync " + path);
  std::sort(times.begin(), times.end());
  return FsyncLatency{times[times.size() / 2], times[times.size() * 99 / 100]};
}

}  // namespace vesta::bench
