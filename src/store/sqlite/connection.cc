// Connection: opening with the pragmas of its role, statement cache, and SQLite's codes as errors.
#include "store/sqlite/connection.h"

#include <mutex>

#include "base/check.h"
#include "store/sqlite/encrypted_files.h"
#include "store/sqlite/encrypted_vfs.h"
#include "store/sqlite/mapping_vfs.h"

namespace vesta::store::sqlite {
namespace {

constexpr int kBusyTimeoutMs = 5000;

// docs/formats/store.md says why these.
const char* pragmas_of(Connection::Role role) {
  if (role == Connection::Role::writer) {
    return "PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536;"
           "PRAGMA wal_autocheckpoint=4000; PRAGMA journal_size_limit=67108864; PRAGMA secure_delete=FAST;"
           "PRAGMA mmap_size=1073741824;";
  }
  return "PRAGMA query_only=1; PRAGMA cache_size=-2048; PRAGMA mmap_size=8589934592;";
}

// What an encrypted file asks for besides. Its trailers stand in bytes that SQLite leaves alone, which it must know
// before it makes the first page. Freed pages are written too: so each page of the file opens, and one that does not is
// damage. Pages cannot be mapped: what a reader keeps is decrypted once.
constexpr const char* kEncryptedWriter = "PRAGMA secure_delete=ON;";
constexpr const char* kEncryptedReader = "PRAGMA cache_size=-16384;";

Status prepare_encrypted(Connection& connection, Connection::Role role) {
  int reserved = static_cast<int>(kTrailerBytes);
  const int code = sqlite3_file_control(connection.handle(), "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved);
  if (code != SQLITE_OK) return connection.error(code);
  if (role == Connection::Role::writer) return kOk;
  // A last checkpoint would be written under the data key that this process has read, which others may not have yet.
  sqlite3_db_config(connection.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  return kOk;
}

std::string with_damage(const std::string& message, int code) {
  return code == SQLITE_IOERR_DATA ? message + ": " + last_damage() : message;
}

}  // namespace

// Counting every allocation under one global mutex costs more than the allocation; nobody reads the counts.
void configure_library() {
  static std::once_flag once;
  std::call_once(once, [] {
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_initialize();
  });
}

Result<std::unique_ptr<Connection>> Connection::open(const std::string& path, const std::string& vfs, Role role) {
  configure_library();
  sqlite3* handle = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (role == Role::writer ? SQLITE_OPEN_CREATE : 0);
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, vfs.empty() ? mapping_vfs() : vfs.c_str());
  std::unique_ptr<Connection> connection(new Connection(handle, role));
  if (code != SQLITE_OK) {
    const int detailed = sqlite3_extended_errcode(handle);
    return make_error(Category::unavailable,
                      with_damage("cannot open " + path + ": " + sqlite3_errstr(code), detailed));
  }
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  const bool is_encrypted = EncryptedVfs::is_one(vfs);
  if (is_encrypted) VESTA_CHECK_OK(prepare_encrypted(*connection, role));
  VESTA_CHECK_OK(connection->run(pragmas_of(role)));
  if (is_encrypted) VESTA_CHECK_OK(connection->run(role == Role::writer ? kEncryptedWriter : kEncryptedReader));
  return connection;
}

Connection::~Connection() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(handle_);
}

Status Connection::run(const char* text) {
  const int code = sqlite3_exec(handle_, text, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error(code);
  return kOk;
}

void Connection::rollback() {
  if (in_transaction()) sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
}

SnapshotFacts* Connection::facts() {
  unsigned version = 0;
  if (role_ != Role::reader || !has_snapshot()) return nullptr;
  if (sqlite3_file_control(handle_, "main", SQLITE_FCNTL_DATA_VERSION, &version) != SQLITE_OK) return nullptr;
  if (version != facts_version_) facts_ = {};
  facts_version_ = version;
  return &facts_;
}

Error Connection::error(int code) const {
  const std::string message =
      with_damage(std::string("store: ") + sqlite3_errmsg(handle_) + " (" + sqlite3_errstr(code) + ")", code);
  switch (code & 0xFF) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_NOMEM:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_PROTOCOL:
    case SQLITE_INTERRUPT:
      return make_error(Category::unavailable, message);
    default:
      return make_error(Category::internal, message);
  }
}

Result<sqlite3_stmt*> Connection::prepare(const Sql& sql) {
  sqlite3_stmt*& cached = statements_[&sql];
  if (cached == nullptr) {
    const int code = sqlite3_prepare_v3(handle_, sql.text, -1, SQLITE_PREPARE_PERSISTENT, &cached, nullptr);
    if (code != SQLITE_OK) {
      cached = nullptr;
      return error(code);
    }
  }
  CHECK(sqlite3_stmt_busy(cached) == 0);
  return cached;
}

Cursor::Cursor(Connection& connection, const Sql& sql) : connection_(connection) {
  Result<sqlite3_stmt*> prepared = connection.prepare(sql);
  if (prepared.ok())
    statement_ = *prepared;
  else
    code_ = sqlite3_extended_errcode(connection.handle());
}

Status Cursor::status() const {
  if (code_ == SQLITE_OK || code_ == SQLITE_ROW || code_ == SQLITE_DONE) return kOk;
  return connection_.error(code_);
}

}  // namespace vesta::store::sqlite
