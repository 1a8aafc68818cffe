// Writer: rows into a Parquet file. (Library: DuckDB, loaded when it is needed first.)
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "store/view_tables.h"

namespace vesta::parquet {

// Where DuckDB's library is: the variable's value, else the folder of the program, else where the system looks.
inline constexpr const char* kLibraryVariable = "VESTA_DUCKDB";
inline constexpr const char* kLibraryName = "libduckdb.so";

// The rows stand in a file of their own beside the one that is made, until they are written from there: so memory is
// bounded, however many they are. A column of a list holds JSON arrays. Not thread-safe.
class Writer {
 public:
  // `path` ends in no quote or NUL. Errors: unsupported: DuckDB's library is not here; unavailable: the file cannot be
  // made.
  static Result<std::unique_ptr<Writer>> create(const std::string& path, std::span<const store::ViewColumn> columns);
  ~Writer();  // without finish() nothing is left
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Rows, one behind the other.
  Status append(std::span<const store::ViewValue> values);
  Status finish();

 private:
  struct Impl;
  explicit Writer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace vesta::parquet
