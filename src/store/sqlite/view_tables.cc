// The file of views: a table for each, and one that says how far each has come.
#include "store/sqlite/view_tables.h"

#include <charconv>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "sql/dialect.h"
#include "sql/parameters.h"
#include "sql/table.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/statement.h"
#include "store/view_shapes.h"

namespace vesta::store::sqlite {
namespace {

constexpr std::int64_t kViewsApplicationId = 0x56535456;  // "VSTV"
constexpr std::int64_t kViewsVersion = 1;
constexpr sql::Dialect kDialect = sql::Dialect::sqlite;

constexpr const char* kMark = "PRAGMA application_id = 1448301654; PRAGMA user_version = 1;";
static_assert(kViewsApplicationId == 1448301654 && kViewsVersion == 1);

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

  // One process has the file's folder.
  Result<bool> take() override { return true; }

  Status begin(const ViewTable& table) override {
    VESTA_TRY(const sql::Table fresh, view_with_columns(kDialect, table, {}));
    const MutexLock lock(mutex_);
    Transaction transaction(*connection_);
    VESTA_CHECK_OK(transaction.begin());
    VESTA_CHECK_OK(execute(sql::drop_table(kDialect, fresh)));
    VESTA_CHECK_OK(execute(sql::create_table(kDialect, fresh)));
    VESTA_CHECK_OK(note({table.name, table.definition, {}, false, ""}));
    return transaction.commit();
  }

  Status apply(std::string_view name, std::span<const ViewRows> rows, CommitSeq upto) override {
    const MutexLock lock(mutex_);
    Transaction transaction(*connection_);
    VESTA_CHECK_OK(transaction.begin());
    VESTA_TRY(const ViewState state, state_of(name));
    VESTA_CHECK_OK(replace_rows(
        state.is_complete ? view_table(kDialect, name, {}) : view_in_the_making(kDialect, name, {}), rows));
    VESTA_CHECK_OK(note({state.name, state.definition, upto, state.is_complete, ""}));
    return transaction.commit();
  }

  Status complete(std::string_view name, CommitSeq upto) override {
    const MutexLock lock(mutex_);
    Transaction transaction(*connection_);
    VESTA_CHECK_OK(transaction.begin());
    VESTA_TRY(const ViewState state, state_of(name));
    if (!state.is_complete) {
      const sql::Table table = view_table(kDialect, name, {});
      VESTA_CHECK_OK(execute(sql::drop_table(kDialect, table)));
      VESTA_CHECK_OK(execute(sql::rename_table(view_in_the_making(kDialect, name, {}), table.name)));
    }
    VESTA_CHECK_OK(note({state.name, state.definition, upto, true, ""}));
    return transaction.commit();
  }

  Status fail(std::string_view name, std::string_view definition, std::string_view failure) override {
    const MutexLock lock(mutex_);
    Transaction transaction(*connection_);
    VESTA_CHECK_OK(transaction.begin());
    VESTA_CHECK_OK(drop_tables(name));
    VESTA_CHECK_OK(note({std::string(name), std::string(definition), {}, false, std::string(failure)}));
    return transaction.commit();
  }

  Status drop(std::string_view name) override {
    const MutexLock lock(mutex_);
    Transaction transaction(*connection_);
    VESTA_CHECK_OK(transaction.begin());
    VESTA_CHECK_OK(drop_tables(name));
    VESTA_TRY(Statement statement,
              Statement::prepare(*connection_, sql::delete_rows(kDialect, view_notes({}), "name")));
    VESTA_CHECK_OK(statement.text(1, name).run());
    return transaction.commit();
  }

 private:
  Status execute(const std::string& sql) REQUIRES(mutex_) { return connection_->run(sql.c_str()); }

  Result<std::vector<ViewState>> all_states() REQUIRES(mutex_) {
    std::vector<ViewState> states;
    VESTA_TRY(Statement statement, Statement::prepare(*connection_, sql::select_rows(kDialect, view_notes({}))));
    while (true) {
      VESTA_TRY(const bool has_row, statement.step());
      if (!has_row) return states;
      states.push_back({statement.text_at(0), statement.text_at(1),
                        CommitSeq{static_cast<std::uint64_t>(statement.integer_at(2))}, statement.integer_at(3) != 0,
                        statement.text_at(4)});
    }
  }

  Result<ViewState> state_of(std::string_view name) REQUIRES(mutex_) {
    VESTA_TRY(std::vector<ViewState> states, all_states());
    return store::state_of(std::move(states), name);
  }

  Status note(const ViewState& state) REQUIRES(mutex_) {
    sql::Parameters values(kDialect);
    add_note(state, values);
    VESTA_TRY(Statement statement, Statement::prepare(*connection_, sql::upsert_row(kDialect, view_notes({}))));
    return statement.bind(values).run();
  }

  Status drop_tables(std::string_view name) REQUIRES(mutex_) {
    if (!is_view_name(kDialect, name)) return kOk;  // it never had one
    VESTA_CHECK_OK(execute(sql::drop_table(kDialect, view_in_the_making(kDialect, name, {}))));
    return execute(sql::drop_table(kDialect, view_table(kDialect, name, {})));
  }

  Status replace_rows(sql::Table table, std::span<const ViewRows> rows) REQUIRES(mutex_) {
    if (rows.empty()) return kOk;
    VESTA_TRY(Statement any, Statement::prepare(*connection_, columns_of_table(table)));
    for (int i = 0; i < sqlite3_column_count(any.handle()); ++i) {
      table.columns.push_back({sqlite3_column_name(any.handle(), i), std::nullopt});
    }
    VESTA_TRY(Statement remove, Statement::prepare(*connection_, sql::delete_rows(kDialect, table, kViewKey)));
    VESTA_TRY(Statement insert, Statement::prepare(*connection_, sql::insert_row(kDialect, table)));
    const std::size_t width = table.columns.size() - 2;
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
    VESTA_CHECK_OK(
        connection->run(("BEGIN;" + sql::create_table(kDialect, view_notes({})) + kMark + "COMMIT").c_str()));
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
