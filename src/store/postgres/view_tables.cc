// Keeping of tables of views: a transaction for each call, on a connection that holds the lock of who keeps them.
#include "store/postgres/view_tables.h"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/mutex.h"
#include "base/thread_annotations.h"
#include "sql/dialect.h"
#include "sql/parameters.h"
#include "sql/table.h"
#include "store/postgres/connection.h"
#include "store/postgres/parameters.h"
#include "store/postgres/view_schema.h"
#include "store/view_shapes.h"

namespace vesta::store::postgres {
namespace {

// Any number, and the schema. PostgreSQL frees the lock when the connection is gone, however that ended.
constexpr const char* kTakeViews = "SELECT pg_try_advisory_lock(8241003, hashtext($1))";
constexpr const char* kCreateViewsLock = "SELECT pg_advisory_xact_lock(8241004)";

Error not_of_type(const std::string& text) {
  return make_error(Category::invalid, "'" + text + "' is beyond what a column of its type holds");
}

Status add_number(const std::string& text, sql::Array& column) {
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  if (column.type() == sql::Type::bigint) {
    std::int64_t number = 0;
    const auto [at, error] = std::from_chars(begin, end, number);
    if (error != std::errc() || at != end) return not_of_type(text);
    column.add(number);
    return kOk;
  }
  double number = 0;
  const auto [at, error] = std::from_chars(begin, end, number);
  if (at != end || error == std::errc::invalid_argument) return not_of_type(text);
  if (error == std::errc::result_out_of_range) number = std::strtod(text.c_str(), nullptr);  // infinite, or 0
  column.add_real(number);
  return kOk;
}

Status add_cell(const ViewValue& value, sql::Array& column) {
  if (value.kind == ViewValue::Kind::null) {
    column.add_null();
  } else if (column.is_of_texts()) {
    column.borrow(value.text);
  } else if (column.type() == sql::Type::boolean) {
    column.add(value.text == "true" ? 1 : 0);
  } else {
    return add_number(value.text, column);
  }
  return kOk;
}

class Tables final : public ViewTables {
 public:
  Tables(std::string url, std::string schema, std::unique_ptr<Connection> connection)
      : url_(std::move(url)), schema_(std::move(schema)), connection_(std::move(connection)) {}

  Result<bool> take() override {
    const MutexLock lock(mutex_);
    if (!connection_->is_usable()) {
      is_taken_ = false;
      VESTA_TRY(connection_, Connection::open(url_));
    }
    if (is_taken_) return true;
    Parameters schema;
    schema.text(schema_);
    VESTA_TRY(const Rows rows, connection_->run(kTakeViews, schema));
    is_taken_ = rows.boolean(0, 0);
    return is_taken_;
  }

  Result<std::vector<ViewState>> states() override {
    std::vector<ViewState> states;
    VESTA_CHECK_OK(in_transaction([&](Connection& connection) -> Status {
      VESTA_TRY(states, all_states(connection));
      return kOk;
    }));
    return states;
  }

  Status begin(const ViewTable& table) override {
    VESTA_TRY(const sql::Table fresh, view_with_columns(kDialect, table, schema_));
    return in_transaction([&](Connection& connection) -> Status {
      VESTA_CHECK_OK(execute(connection, sql::drop_table(kDialect, fresh)));
      VESTA_CHECK_OK(execute(connection, sql::create_table(kDialect, fresh)));
      return note(connection, {table.name, table.definition, {}, false, ""});
    });
  }

  Status apply(std::string_view name, std::span<const ViewRows> rows, CommitSeq upto) override {
    return in_transaction([&](Connection& connection) -> Status {
      VESTA_TRY(const ViewState state, state_of(connection, name));
      VESTA_CHECK_OK(replace_rows(connection, state.is_complete ? table(name) : in_the_making(name), rows));
      return note(connection, {state.name, state.definition, upto, state.is_complete, ""});
    });
  }

  Status complete(std::string_view name, CommitSeq upto) override {
    return in_transaction([&](Connection& connection) -> Status {
      VESTA_TRY(const ViewState state, state_of(connection, name));
      if (!state.is_complete) {
        VESTA_CHECK_OK(execute(connection, sql::drop_table(kDialect, table(name))));
        VESTA_CHECK_OK(execute(connection, sql::rename_table(in_the_making(name), table(name).name)));
      }
      return note(connection, {state.name, state.definition, upto, true, ""});
    });
  }

  Status fail(std::string_view name, std::string_view definition, std::string_view failure) override {
    return in_transaction([&](Connection& connection) -> Status {
      VESTA_CHECK_OK(drop_tables(connection, name));
      return note(connection, {std::string(name), std::string(definition), {}, false, std::string(failure)});
    });
  }

  Status drop(std::string_view name) override {
    return in_transaction([&](Connection& connection) -> Status {
      VESTA_CHECK_OK(drop_tables(connection, name));
      Parameters given;
      given.text(name);
      return execute(connection, sql::delete_rows(kDialect, view_notes(schema_), "name"), given);
    });
  }

 private:
  using Work = std::function<Status(Connection&)>;

  sql::Table table(std::string_view name) const { return view_table(kDialect, name, schema_); }
  sql::Table in_the_making(std::string_view name) const { return view_in_the_making(kDialect, name, schema_); }

  // A connection that is lost has lost the lock too, and maybe to another node.
  Status in_transaction(const Work& work) {
    const MutexLock lock(mutex_);
    if (!is_taken_) return make_error(Category::unavailable, "the tables of views are not this node's");
    connection_->send("BEGIN");
    connection_->send("SET LOCAL lock_timeout = " + std::to_string(kMaxViewLockWait.count()));
    Result<std::vector<Rows>> begun = connection_->sync();
    Status done = begun.ok() ? work(*connection_) : Status(begun.error());
    if (done.ok()) done = execute(*connection_, "COMMIT");
    if (!connection_->is_usable())
      is_taken_ = false;
    else if (!connection_->is_idle() && !connection_->run("ROLLBACK").ok())
      is_taken_ = false;
    return done;
  }

  // Tables come and go: none of it is prepared.
  static Status execute(Connection& connection, const std::string& sql, const Parameters& given = {}) {
    VESTA_CHECK_OK(connection.run(sql, given, Connection::Keep::once));
    return kOk;
  }

  Result<std::vector<ViewState>> all_states(Connection& connection) const {
    VESTA_TRY(const Rows rows,
              connection.run(sql::select_rows(kDialect, view_notes(schema_)), {}, Connection::Keep::once));
    std::vector<ViewState> states;
    for (int row = 0; row < rows.size(); ++row) {
      states.push_back({std::string(rows.bytes(row, 0)), std::string(rows.bytes(row, 1)),
                        CommitSeq{static_cast<std::uint64_t>(rows.integer(row, 2))}, rows.boolean(row, 3),
                        std::string(rows.bytes(row, 4))});
    }
    return states;
  }

  Result<ViewState> state_of(Connection& connection, std::string_view name) const {
    VESTA_TRY(std::vector<ViewState> states, all_states(connection));
    return store::state_of(std::move(states), name);
  }

  Status note(Connection& connection, const ViewState& state) const {
    Parameters values;
    add_note(state, values);
    return execute(connection, sql::upsert_row(kDialect, view_notes(schema_)), values);
  }

  Status drop_tables(Connection& connection, std::string_view name) const {
    if (!is_view_name(kDialect, name)) return kOk;  // it never had one
    VESTA_CHECK_OK(execute(connection, sql::drop_table(kDialect, in_the_making(name))));
    return execute(connection, sql::drop_table(kDialect, table(name)));
  }

  static Status replace_rows(Connection& connection, sql::Table table, std::span<const ViewRows> rows) {
    if (rows.empty()) return kOk;
    VESTA_TRY(const Rows none, connection.run(columns_of_table(table), {}, Connection::Keep::once));
    std::vector<sql::Array> columns;
    for (int i = 0; i < none.columns(); ++i) {
      table.columns.push_back({none.name(i), type_of_number(none.type(i)).value_or(sql::Type::text)});
      columns.emplace_back(*table.columns.back().type);
    }
    const std::size_t width = columns.size() - 2;
    sql::Array keys(sql::Type::text);
    for (const ViewRows& each : rows) {
      keys.borrow(each.key);
      for (std::size_t begin = 0; width > 0 && begin < each.values.size(); begin += width) {
        columns[0].borrow(each.key);
        columns[1].add(static_cast<std::int64_t>(begin / width));
        for (std::size_t i = 0; i < width; ++i) VESTA_CHECK_OK(add_cell(each.values[begin + i], columns[i + 2]));
      }
    }
    Parameters removed, inserted;
    removed.array(std::move(keys));
    for (sql::Array& column : columns) inserted.array(std::move(column));
    connection.send(sql::delete_any(table, kViewKey), removed, Connection::Keep::once);
    connection.send(sql::insert_rows(table), inserted, Connection::Keep::once);
    VESTA_CHECK_OK(connection.sync());
    return kOk;
  }

  const std::string url_;
  const std::string schema_;
  Mutex mutex_;
  std::unique_ptr<Connection> connection_ GUARDED_BY(mutex_);
  bool is_taken_ GUARDED_BY(mutex_) = false;
};

// Behind a lock: several nodes may begin at once.
Status create_notes(Connection& connection, const ViewSchema& schema) {
  VESTA_CHECK_OK(connection.run(kCreateViewsLock, {}, Connection::Keep::once));
  VESTA_TRY(const ViewSchema found, find_view_schema(connection));
  if (found.has_notes) return kOk;
  // A schema that is there is one that this role need not be allowed to make.
  const std::string made = found.is_there ? "" : "CREATE SCHEMA " + sql::quoted_name(schema.name) + ";";
  return connection.script(made + sql::create_table(kDialect, view_notes(schema.name)));
}

}  // namespace

Result<std::unique_ptr<ViewTables>> open_view_tables(const std::string& url, bool may_create) {
  VESTA_TRY(std::unique_ptr<Connection> connection, Connection::open(url));
  VESTA_TRY(const ViewSchema schema, find_view_schema(*connection));
  if (!schema.has_notes && !may_create) return std::unique_ptr<ViewTables>();
  if (schema.has_others) {
    return make_error(Category::unavailable, "the schema '" + schema.name + "' has tables that are not of views");
  }
  if (!schema.has_notes) {
    VESTA_CHECK_OK(connection->run("BEGIN", {}, Connection::Keep::once));
    VESTA_CHECK_OK(create_notes(*connection, schema));
    VESTA_CHECK_OK(connection->run("COMMIT", {}, Connection::Keep::once));
  }
  return std::unique_ptr<ViewTables>(std::make_unique<Tables>(url, schema.name, std::move(connection)));
}

}  // namespace vesta::store::postgres
