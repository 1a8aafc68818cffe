// Rows into a table of DuckDB's, and that into the file.
#include "parquet/writer.h"

#include <charconv>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "parquet/duckdb.h"

namespace vesta::parquet {
namespace {

using store::ViewColumn;
using store::ViewValue;

constexpr const char* kSettings = "SET threads = 1; SET memory_limit = '256MB'; SET preserve_insertion_order = true";

std::string in_quotes(std::string_view name, char quote) {
  std::string text(1, quote);
  for (const char c : name) {
    if (c == quote) text += quote;
    text += c;
  }
  return text + quote;
}

std::string_view type_of(ViewColumn::Kind kind) {
  switch (kind) {
    case ViewColumn::Kind::integer:
      return "BIGINT";
    case ViewColumn::Kind::decimal:
      return "DOUBLE";
    case ViewColumn::Kind::boolean:
      return "BOOLEAN";
    case ViewColumn::Kind::text:
    case ViewColumn::Kind::any:
      break;
  }
  return "VARCHAR";
}

// A number that the column's type cannot hold is none.
template <class Number>
bool read_number(const std::string& text, Number& number) {
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  return read.ec == std::errc() && read.ptr == end;
}

}  // namespace

struct Writer::Impl {
  const DuckDb& library;
  std::string path;
  std::vector<ViewColumn> columns;
  Handle database = nullptr;
  Handle connection = nullptr;
  Handle appender = nullptr;

  std::string rows_path() const { return path + ".rows"; }

  Status run(const std::string& sql) const {
    QueryResult result;
    const State state = library.query(connection, sql.c_str(), &result);
    std::string message;
    if (state != kSuccess) {
      const char* const said = library.result_error(&result);
      message = said == nullptr ? "it is not said why" : said;
    }
    library.destroy_result(&result);
    if (state == kSuccess) return kOk;
    return make_error(Category::unavailable, "DuckDB: " + message);
  }

  Status open() {
    std::error_code ignored;
    std::filesystem::remove(rows_path(), ignored);
    if (library.open(rows_path().c_str(), &database) != kSuccess ||
        library.connect(database, &connection) != kSuccess) {
      return make_error(Category::unavailable, "cannot make " + rows_path());
    }
    VESTA_CHECK_OK(run(kSettings));
    std::string sql;
    for (const ViewColumn& column : columns) {
      sql += (sql.empty() ? "CREATE TABLE rows(" : ", ") + in_quotes(column.name, '"') + " ";
      sql += column.is_list ? "VARCHAR" : type_of(column.kind);
    }
    VESTA_CHECK_OK(run(sql + ")"));
    if (library.appender_create(connection, nullptr, "rows", &appender) == kSuccess) return kOk;
    return appender_error();
  }

  Error appender_error() const {
    const char* const said = appender == nullptr ? nullptr : library.appender_error(appender);
    return make_error(Category::unavailable, std::string("DuckDB: ") + (said == nullptr ? "no appender" : said));
  }

  State append(const ViewColumn& column, const ViewValue& value) const {
    if (value.kind == ViewValue::Kind::null) return library.append_null(appender);
    const auto kind = column.is_list ? ViewColumn::Kind::text : column.kind;
    if (kind == ViewColumn::Kind::boolean) return library.append_bool(appender, value.text == "true");
    if (kind == ViewColumn::Kind::integer) {
      std::int64_t number = 0;
      return read_number(value.text, number) ? library.append_int64(appender, number) : library.append_null(appender);
    }
    if (kind == ViewColumn::Kind::decimal) {
      double number = 0;
      return read_number(value.text, number) ? library.append_double(appender, number) : library.append_null(appender);
    }
    return library.append_varchar_length(appender, value.text.data(), value.text.size());
  }

  Status finish() {
    const State flushed = library.appender_destroy(&appender);
    if (flushed != kSuccess) return make_error(Category::unavailable, "DuckDB: the rows could not be kept");
    std::string selected;
    for (const ViewColumn& column : columns) {
      const std::string name = in_quotes(column.name, '"');
      selected += selected.empty() ? "SELECT " : ", ";
      selected += !column.is_list
                      ? name
                      : "from_json(" + name + ", '[\"" + std::string(type_of(column.kind)) + "\"]') AS " + name;
    }
    return run("COPY (" + selected + " FROM rows) TO " + in_quotes(path, '\'') + " (FORMAT parquet, COMPRESSION zstd)");
  }

  void close() {
    if (appender != nullptr) library.appender_destroy(&appender);
    if (connection != nullptr) library.disconnect(&connection);
    if (database != nullptr) library.close(&database);
    std::error_code ignored;
    std::filesystem::remove(rows_path(), ignored);
    std::filesystem::remove(rows_path() + ".wal", ignored);
  }
};

Writer::Writer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Writer::~Writer() {
  impl_->close();
}

Result<std::unique_ptr<Writer>> Writer::create(const std::string& path, std::span<const ViewColumn> columns) {
  VESTA_TRY(const DuckDb* const library, DuckDb::load());
  if (columns.empty()) return make_error(Category::invalid, "a Parquet file needs a column");
  auto impl = std::make_unique<Impl>(Impl{*library, path, {columns.begin(), columns.end()}});
  std::unique_ptr<Writer> writer(new Writer(std::move(impl)));
  VESTA_CHECK_OK(writer->impl_->open());
  return writer;
}

Status Writer::append(std::span<const ViewValue> values) {
  const std::size_t width = impl_->columns.size();
  for (std::size_t begin = 0; begin < values.size(); begin += width) {
    for (std::size_t i = 0; i < width; ++i) {
      if (impl_->append(impl_->columns[i], values[begin + i]) != kSuccess) return impl_->appender_error();
    }
    if (impl_->library.appender_end_row(impl_->appender) != kSuccess) return impl_->appender_error();
  }
  return kOk;
}

Status Writer::finish() {
  return impl_->finish();
}

}  // namespace vesta::parquet
