// Connection and Cursor: one SQLite connection with its cached statements, and one use of a statement.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"

namespace vesta::store::sqlite {

class ValueStamps;

// Before anything else of SQLite is used; any number of times.
void configure_library();

// The text of a statement. Always a constant with static storage: its address is the key of the statement cache.
struct Sql {
  const char* text;
};

// What was found out about all of a snapshot, and is asked for by most searches.
struct SnapshotFacts {
  std::optional<std::int64_t> last_key;            // of a resource
  std::unordered_map<std::string, bool> has_uris;  // by parameter and beginning, see has_uris_below
};
inline constexpr std::size_t kMaxUriFacts = 1'000;  // of one snapshot

// Not thread-safe: one thread at a time. Statements stay prepared until the connection dies.
class Connection {
 public:
  enum class Role { writer, reader };

  // `vfs`: name of a registered SQLite VFS; empty for the default one.
  static Result<std::unique_ptr<Connection>> open(const std::string& path, const std::string& vfs, Role role);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Runs statements without parameters or results: schema, pragmas, transactions.
  Status run(const char* text);
  // Rolls back what is open, if SQLite has not done so itself.
  void rollback();
  bool in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }
  // Has anything been read in the present transaction?
  bool has_snapshot() const { return sqlite3_txn_state(handle_, "main") != SQLITE_TXN_NONE; }
  // Of the present snapshot, and of later ones as long as nobody commits. Null: what this connection sees is not only
  // what was committed (it writes), or it has not read yet.
  SnapshotFacts* facts();
  sqlite3* handle() { return handle_; }
  // Who is told of all index rows that are written on this connection; null: nobody.
  ValueStamps* stamps() const { return stamps_; }
  void tell(ValueStamps& stamps) { stamps_ = &stamps; }
  // The last error of this connection. Category: unavailable for disks, memory and locks, internal for the rest.
  Error error(int code) const;

 private:
  friend class Cursor;
  Connection(sqlite3* handle, Role role) : handle_(handle), role_(role) {}
  Result<sqlite3_stmt*> prepare(const Sql& sql);

  sqlite3* handle_;
  const Role role_;
  SnapshotFacts facts_;
  unsigned facts_version_ = 0;  // SQLite's number of the state that they are of
  ValueStamps* stamps_ = nullptr;
  std::unordered_map<const Sql*, sqlite3_stmt*> statements_;
};

// One execution of a cached statement: bind (from 1), step, read columns (from 0). Resets the statement when it dies.
// Bound texts must live until then. No two cursors of one statement at the same time.
class Cursor {
 public:
  Cursor(Connection& connection, const Sql& sql);
  ~Cursor() { sqlite3_reset(statement_); }
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;

  Cursor& integer(int index, std::int64_t value) {
    sqlite3_bind_int64(statement_, index, value);
    return *this;
  }
  Cursor& real(int index, double value) {
    sqlite3_bind_double(statement_, index, value);
    return *this;
  }
  Cursor& text(int index, std::string_view value) {
    sqlite3_bind_text64(statement_, index, value.data() == nullptr ? "" : value.data(), value.size(), SQLITE_STATIC,
                        SQLITE_UTF8);
    return *this;
  }
  Cursor& blob(int index, std::string_view value) {
    sqlite3_bind_blob64(statement_, index, value.data() == nullptr ? "" : value.data(), value.size(), SQLITE_STATIC);
    return *this;
  }
  Cursor& null(int index) {
    sqlite3_bind_null(statement_, index);
    return *this;
  }

  // True: a row is there. False: the end, or an error: see status().
  bool step() {
    if (code_ != SQLITE_OK && code_ != SQLITE_ROW) return false;
    code_ = sqlite3_step(statement_);
    return code_ == SQLITE_ROW;
  }
  // Runs a statement that gives no rows.
  Status run() {
    step();
    return status();
  }
  // For another execution with other values.
  void reset() {
    sqlite3_reset(statement_);
    if (code_ == SQLITE_ROW || code_ == SQLITE_DONE) code_ = SQLITE_OK;
  }
  Status status() const;

  std::int64_t integer_at(int column) const { return sqlite3_column_int64(statement_, column); }
  double real_at(int column) const { return sqlite3_column_double(statement_, column); }
  int type_at(int column) const { return sqlite3_column_type(statement_, column); }
  // Valid until the next step.
  std::string_view bytes_at(int column) const {
    const void* data = sqlite3_column_blob(statement_, column);
    const int size = sqlite3_column_bytes(statement_, column);
    return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
  }

 private:
  Connection& connection_;
  sqlite3_stmt* statement_ = nullptr;
  int code_ = SQLITE_OK;
};

}  // namespace vesta::store::sqlite
