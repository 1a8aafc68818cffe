// The functions of DuckDB's C interface that are used, as its documentation declares them, found in the library at run
// time. https://duckdb.org/docs/stable/clients/c/api
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.h"

namespace vesta::parquet {

using Handle = void*;  // duckdb_database, duckdb_connection, duckdb_appender
using State = int;     // duckdb_state
inline constexpr State kSuccess = 0;

// duckdb_result: six words, owned by the library.
struct QueryResult {
  std::uint64_t words[8] = {};
};

struct DuckDb {
  State (*open)(const char* path, Handle* database);
  void (*close)(Handle* database);
  State (*connect)(Handle database, Handle* connection);
  void (*disconnect)(Handle* connection);
  State (*query)(Handle connection, const char* sql, QueryResult* result);
  const char* (*result_error)(QueryResult* result);
  void (*destroy_result)(QueryResult* result);
  State (*appender_create)(Handle connection, const char* schema, const char* table, Handle* appender);
  const char* (*appender_error)(Handle appender);
  State (*appender_end_row)(Handle appender);
  State (*appender_destroy)(Handle* appender);  // flushes
  State (*append_bool)(Handle appender, bool value);
  State (*append_int64)(Handle appender, std::int64_t value);
  State (*append_double)(Handle appender, double value);
  State (*append_varchar_length)(Handle appender, const char* text, std::uint64_t bytes);
  State (*append_null)(Handle appender);

  // The library of this process, loaded once. Errors (unsupported): it is not here, or has other functions.
  static Result<const DuckDb*> load();
};

}  // namespace vesta::parquet
