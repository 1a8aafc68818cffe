// The file of views: a table for each, and one that says how far each has come.
#include "store/sqlite/view_tables.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <utility>

#include "base/mutex.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/statement.h"

namespace vesta::store::sqlite {
namespace {

constexpr std::int64_t kViewsApplicationId = 0x56535456;  // "VSTV"
constexpr std::int64_t kViewsVersion = 1;
constexpr std::size_t kMaxViewName = 255;

constexpr const char* kCreate =
    "CREATE TABLE _vesta_view(name TEXT PRIMARY KEY COLLATE NOCASE, definition TEXT NOT NULL, seq INTEGER NOT NULL,"
    " complete INTEGER NOT NULL, failure TEXT NOT NULL) WITHOUT ROWID;"
    "PRAGMA application_id = 1448301654; PRAGMA user_version = 1";
static_assert(kViewsApplicationId == 1448301654 && kViewsVersion == 1);

// What begins with '_' or "sqlite_" is not for views.
bool is_name(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto is_rest = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_'; };
  if (name.empty() || name.size() > kMaxViewName || !is_letter(name.front())) return false;
  std::string folded(name.substr(0, 7));
  for (char& c : folded) c = is_letter(c) ? static_cast<char>(c | 0x20) : c;
  return folded != "sqlite_" && std::ranges::all_of(name, is_rest);
}

std::string in_quotes(std::string_view name) {
  return "\"" + std::string(name) + "\"";
}
std::string in_the_making(std::string_view name) {
  return in_quotes("_new_" + std::string(name));
}

// Types as SQL names them; what they do to values: https://www.sqlite.org/datatype3.html
std::string_view type_of(ViewColumn::Kind kind) {
  switch (kind) {
    case ViewColumn::Kind::text:
      return " TEXT";
    case ViewColumn::Kind::integer:
      return " INTEGER";
    case ViewColumn::Kind::decimal:
      return " REAL";
    case ViewColumn::Kind::boolean:
      return " BOOLEAN";
    case ViewColumn::Kind::any:
      break;
  }
  return "";
}

void bind(Statement& statement, int index, const ViewValue& value) {
  switch (value.kind) {
    case ViewValue::Kind::null:
      sqlite3_bind_null(statement.handle(), index);
      return;
    case ViewValue::Kind::boolean:
      statement.integer(index, value.text == "true" ? 1 : 0);
      return;
    case ViewValue::Kind::integer:
    case ViewValue::Kind::decimal: {
      double number = 0;
      std::int64_t integer = 0;
      const char* const begin = value.text.data();
      const char* const end = begin + value.text.size();
      const auto is_whole = [end](std::from_chars_result read) { return read.ec == std::errc() && read.ptr == end; };
      if (value.kind == ViewValue::Kind::integer && is_whole(std::from_chars(begin, end, integer))) {
        statement.integer(index, integer);
        return;
      }
      if (is_whole(std::from_chars(begin, end, number))) {
        sqlite3_bind_double(statement.handle(), index, number);
        return;
      }
      break;  // beyond the range of a double: SQLite makes it infinite
    }
    case ViewValue::Kind::text:
      break;
  }
  statement.text(index, value.text);
}

// Undone at its end, if it was not committed.
class Transaction {
 public:
  explicit Transaction(Connection& connection) : connection_(connection) {}
  ~Transaction() {
    if (connection_.in_transaction()) connection_.rollback();
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  Status begin() { return connection_.run("BEGIN IMMEDIATE"); }
  Status commit() { return connection_.run("COMMIT"); }

 private:
  Connection& connection_;
};

class Tables final : public ViewTables {
 public:
  Tables(std::unique_ptr<EncryptedVfs> encryption, std::unique_ptr<Connection> connection)
      : encryption_(std::move(encryption)), connection_(std::move(connection)) {}

  Result<std::vector<ViewState>> states() override {
    const MutexLock lock(mutex_);
    return all_states();
  }

  Status begin(const ViewTable& table) override {
    if (!is_name(table.name)) {
      return make_error(Category::invalid, "'" + table.name + "' cannot be the name of a table of a view");
    }
    std::string columns = "_key TEXT NOT NULL, _row INTEGER NOT NULL";
    std::set<std::string> seen;
    for (const ViewColumn& column : table.columns) {
      std::string folded = column.name;
      for (char& c : folded) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
      if (!seen.insert(std::move(folded)).second) {
        return make_error(Category::invalid, "to SQL '" + column.name + "' is the name of another column too");
      }
      if (!is_name(column.name)) {
        return make_error(Category::invalid, "'" + column.name + "' cannot be the name of a column of a view");
      }
      columns += ", " + in_quotes(column.name);
      columns += column.is_list ? type_of(ViewColumn::Kind::text) : type_of(column.kind);
    }
    const MutexLock lock(mutex_);
    Transaction transaction(*connection_);
    VESTA_CHECK_OK(transaction.begin());
    const std::string fresh = in_the_making(table.name);
    VESTA_CHECK_OK(execute("DROP TABLE IF EXISTS " + fresh));
    VESTA_CHECK_OK(execute("CREATE TABLE " + fresh + "(" + columns + ", PRIMARY KEY(_key, _row)) WITHOUT ROWID"));
    VESTA_CHECK_OK(note(table.name, table.definition, 0, false, ""));
    return transaction.commit();
  }

  Status apply(std::string_view name, std::span<const ViewRows> rows, CommitSeq upto) override {
    const MutexLock lock(mutex_);
    Transaction transaction(*connection_);
    VESTA_CHECK_OK(transaction.begin());
    VESTA_TRY(const ViewState state, state_of(name));
    VESTA_CHECK_OK(replace_rows(state.is_complete ? in_quotes(name) : in_the_making(name), rows));
    VESTA_CHECK_OK(note(name, state.definition, upto.value, state.is_complete, ""));
    return transaction.commit();
  }

  Status complete(std::string_view name, CommitSeq upto) override {
    const MutexLock lock(mutex_);
    Transaction transaction(*connection_);
    VESTA_CHECK_OK(transaction.begin());
    VESTA_TRY(const ViewState state, state_of(name));
    if (!state.is_complete) {
      VESTA_CHECK_OK(execute("DROP TABLE IF EXISTS " + in_quotes(name)));
      VESTA_CHECK_OK(execute("ALTER TABLE " + in_the_making(name) + " RENAME TO " + in_quotes(name)));
    }
    VESTA_CHECK_OK(note(name, state.definition, upto.value, true, ""));
    return transaction.commit();
  }

  Status fail(std::string_view name, std::string_view definition, std::string_view failure) override {
    const MutexLock lock(mutex_);
    Transaction transaction(*connection_);
    VESTA_CHECK_OK(transaction.begin());
    VESTA_CHECK_OK(drop_tables(name));
    VESTA_CHECK_OK(note(name, definition, 0, false, failure));
    return transaction.commit();
  }

  Status drop(std::string_view name) override {
    const MutexLock lock(mutex_);
    Transaction transaction(*connection_);
    VESTA_CHECK_OK(transaction.begin());
    VESTA_CHECK_OK(drop_tables(name));
    VESTA_TRY(Statement statement, Statement::prepare(*connection_, "DELETE FROM _vesta_view WHERE name = ?1"));
    VESTA_CHECK_OK(statement.text(1, name).run());
    return transaction.commit();
  }

 private:
  Status execute(const std::string& sql) REQUIRES(mutex_) { return connection_->run(sql.c_str()); }

  Result<std::vector<ViewState>> all_states() REQUIRES(mutex_) {
    std::vector<ViewState> states;
    VESTA_TRY(Statement statement,
              Statement::prepare(*connection_, "SELECT name, definition, seq, complete, failure FROM _vesta_view"));
    while (true) {
      VESTA_TRY(const bool has_row, statement.step());
      if (!has_row) return states;
      states.push_back({statement.text_at(0), statement.text_at(1),
                        CommitSeq{static_cast<std::uint64_t>(statement.integer_at(2))}, statement.integer_at(3) != 0,
                        statement.text_at(4)});
    }
  }

  Result<ViewState> state_of(std::string_view name) REQUIRES(mutex_) {
    VESTA_TRY(const std::vector<ViewState> states, all_states());
    for (const ViewState& state : states) {
      if (state.name == name) return state;
    }
    return make_error(Category::internal, "there is no table of the view '" + std::string(name) + "'");
  }

  Status note(std::string_view name, std::string_view definition, std::uint64_t seq, bool is_complete,
              std::string_view failure) REQUIRES(mutex_) {
    VESTA_TRY(Statement statement,
              Statement::prepare(*connection_, "REPLACE INTO _vesta_view VALUES(?1, ?2, ?3, ?4, ?5)"));
    statement.text(1, name).text(2, definition).integer(3, static_cast<std::int64_t>(seq));
    return statement.integer(4, is_complete ? 1 : 0).text(5, failure).run();
  }

  Status drop_tables(std::string_view name) REQUIRES(mutex_) {
    if (!is_name(name)) return kOk;  // it never had one
    VESTA_CHECK_OK(execute("DROP TABLE IF EXISTS " + in_the_making(name)));
    return execute("DROP TABLE IF EXISTS " + in_quotes(name));
  }

  Status replace_rows(const std::string& table, std::span<const ViewRows> rows) REQUIRES(mutex_) {
    if (rows.empty()) return kOk;
    VESTA_TRY(Statement remove, Statement::prepare(*connection_, "DELETE FROM " + table + " WHERE _key = ?1"));
    VESTA_TRY(Statement any, Statement::prepare(*connection_, "SELECT * FROM " + table + " LIMIT 0"));
    const int columns = sqlite3_column_count(any.handle());
    std::string places = "?1";
    for (int i = 2; i <= columns; ++i) places += ", ?" + std::to_string(i);
    VESTA_TRY(Statement insert, Statement::prepare(*connection_, "INSERT INTO " + table + " VALUES(" + places + ")"));
    const auto width = static_cast<std::size_t>(columns) - 2;
    for (const ViewRows& each : rows) {
      VESTA_CHECK_OK(remove.text(1, each.key).run());
      for (std::size_t begin = 0; width > 0 && begin < each.values.size(); begin += width) {
        insert.text(1, each.key).integer(2, static_cast<std::int64_t>(begin / width));
        for (std::size_t i = 0; i < width; ++i) bind(insert, static_cast<int>(i) + 3, each.values[begin + i]);
        VESTA_CHECK_OK(insert.run());
      }
    }
    return kOk;
  }

  const std::unique_ptr<EncryptedVfs> encryption_;  // of the connection; null: none
  Mutex mutex_;
  const std::unique_ptr<Connection> connection_ PT_GUARDED_BY(mutex_);
};

Result<std::int64_t> number_of(Connection& connection, const std::string& sql) {
  VESTA_TRY(Statement statement, Statement::prepare(connection, sql));
  VESTA_TRY(const bool has_row, statement.step());
  return has_row ? statement.integer_at(0) : 0;
}

}  // namespace

bool has_view_tables(const std::string& directory) {
  std::error_code ignored;
  return std::filesystem::exists(std::filesystem::path(directory) / kViewsFile, ignored);
}

std::unique_ptr<EncryptedVfs> make_views_encryption(const std::optional<DataKeys>& keys) {
  return keys.has_value() ? std::make_unique<EncryptedVfs>("", *keys, kViewsFile) : nullptr;
}

Result<std::unique_ptr<ViewTables>> open_view_tables(const std::string& directory,
                                                     const std::optional<DataKeys>& keys) {
  const std::string path = directory + "/" + kViewsFile;
  std::unique_ptr<EncryptedVfs> encryption = make_views_encryption(keys);
  const std::string vfs = encryption == nullptr ? "" : encryption->name();
  VESTA_TRY(std::unique_ptr<Connection> connection, Connection::open(path, vfs, Connection::Role::writer));
  VESTA_TRY(const std::int64_t tables, number_of(*connection, "SELECT count(*) FROM sqlite_schema"));
  if (tables == 0) {
    VESTA_CHECK_OK(connection->run(("BEGIN;" + std::string(kCreate) + ";COMMIT").c_str()));
  } else {
    VESTA_TRY(const std::int64_t application, number_of(*connection, "PRAGMA application_id"));
    VESTA_TRY(const std::int64_t version, number_of(*connection, "PRAGMA user_version"));
    if (application != kViewsApplicationId || version != kViewsVersion) {
      return make_error(Category::unavailable, path + " is no file of views that this program can write");
    }
  }
  return std::unique_ptr<ViewTables>(std::make_unique<Tables>(std::move(encryption), std::move(connection)));
}

}  // namespace vesta::store::sqlite
