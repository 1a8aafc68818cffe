// Index rows: the rows of the seven index tables as values, made from index values, sorted, inserted and deleted.
#pragma once

#include <compare>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "search/index_value.h"
#include "store/sqlite/catalog.h"
#include "store/sqlite/connection.h"

namespace vesta::store::sqlite {

// A text by its number in Names, or, once those are full, the text itself (number < 0). Number 0: the empty text.
struct NameRef {
  std::int64_t number = 0;
  std::string_view text;
  auto operator<=>(const NameRef&) const = default;
};

// Members in the order of the primary keys, so that sorted rows go to neighbouring places of the B-trees.
struct TokenRow {
  std::int64_t param;
  std::string_view code;
  std::int64_t key;
  NameRef system;
  auto operator<=>(const TokenRow&) const = default;
};
struct ReferenceRow {
  std::int64_t param;
  std::int64_t target;
  std::int64_t key;
  auto operator<=>(const ReferenceRow&) const = default;
};
struct UriRow {
  std::int64_t param;
  std::string_view uri;
  std::int64_t key;
  auto operator<=>(const UriRow&) const = default;
};
struct StringRow {
  std::int64_t param;
  std::string_view folded;
  std::int64_t key;
  bool is_exact_folded;  // then the column `exact` is the number 0
  std::string_view exact;
  auto operator<=>(const StringRow&) const = default;
};
struct DateRow {
  std::int64_t param;
  std::int64_t span;
  std::int64_t low;
  std::int64_t key;
  std::int64_t width;  // 0 where the span has one width only
  auto operator<=>(const DateRow&) const = default;
};
// Span 0: a single value, and the column `high` is the number 0. Span 1: a range.
struct NumberRow {
  std::int64_t param;
  std::int64_t span;
  std::string_view low;
  std::int64_t key;
  std::string_view high;
  auto operator<=>(const NumberRow&) const = default;
};
struct QuantityRow {
  std::int64_t param;
  std::int64_t span;
  std::string_view low;
  std::int64_t key;
  std::string_view high;
  NameRef unit;
  auto operator<=>(const QuantityRow&) const = default;
};

// A reference whose target's key is not known yet.
struct PendingReference {
  std::int64_t param;
  std::int64_t target_type;  // the store's number
  std::string_view target_id;
};

// The rows of one resource or of a whole group. Texts are views into index values, Names or `texts`.
struct IndexRows {
  std::vector<TokenRow> tokens;
  std::vector<ReferenceRow> references;
  std::vector<UriRow> uris;
  std::vector<StringRow> strings;
  std::vector<DateRow> dates;
  std::vector<NumberRow> numbers;
  std::vector<QuantityRow> quantities;

  void clear();
  bool empty() const;
  // Copies the rows of `other`, giving them this key.
  void append(const IndexRows& other, std::int64_t key);
  void sort();
};

// The rows of `values` with key 0, and the references apart. `texts` receives made-up texts (joined units beyond
// kMaxNames).
void make_rows(Catalog& catalog, const search::IndexValues& values, IndexRows& rows,
               std::vector<PendingReference>& references, std::deque<std::string>& texts);

// What `from` has and `without` has not; both sorted within each kind.
search::IndexValues difference(const search::IndexValues& from, const search::IndexValues& without);

Status insert_rows(Connection& connection, const IndexRows& rows);
Status delete_rows(Connection& connection, const IndexRows& rows);

}  // namespace vesta::store::sqlite
