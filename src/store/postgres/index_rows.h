// IndexRows: the index values of one resource as rows of the index tables.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "search/index_value.h"
#include "store/postgres/catalog.h"
#include "store/postgres/connection.h"
#include "store/postgres/tables.h"

namespace vesta::store::postgres {

// Longer texts are indexed as their first bytes and a SHA-256 of all; so equal ones, and only those, have equal forms,
// and the form begins as the text does.
inline constexpr std::size_t kMaxIndexedBytes = 512;
inline constexpr std::size_t kIndexedPrefix = kMaxIndexedBytes - 32;
std::string indexed_form(std::string_view text);

// A row is its cells but `key`, each with its length in front as in an array of the protocol. Equal rows have equal
// bytes, so rows of the database are compared with rows that are made anew.
struct IndexRows {
  std::array<std::vector<std::string>, kTables> tables;
  std::vector<std::int32_t> present;  // ascending

  std::vector<std::string>& of(Table table) { return tables[static_cast<std::size_t>(table)]; }
  const std::vector<std::string>& of(Table table) const { return tables[static_cast<std::size_t>(table)]; }
  // Calls `visit` with the parameter of each row of a table that has one.
  void each_parameter(Table table, const std::function<void(std::int32_t parameter)>& visit) const;
  std::size_t bytes() const;
  void sort();
  // Takes away what is of parameters for which `is_kept` says no.
  void filter(const std::function<bool(std::int32_t parameter)>& is_kept);
  bool operator==(const IndexRows&) const = default;
};

Result<IndexRows> make_rows(Catalog& catalog, const search::IndexValues& values);
// Those of a current resource, sorted.
Result<IndexRows> read_rows(Connection& connection, std::int64_t key);

// Adds rows of several resources to the pipeline, those of one parameter beside each other.
class RowInserts {
 public:
  // `rows` stay until `send`.
  void add(std::int64_t key, const IndexRows& rows);
  void send(Connection& connection);

 private:
  struct Row {
    const std::string* cells;
    std::int64_t key;
  };
  std::array<std::vector<Row>, kTables> tables_;
};

// "{1,2}": an integer[] as text, and back.
std::string list_text(const std::vector<std::int32_t>& numbers);

}  // namespace vesta::store::postgres
