// Index rows: the rows of the index tables as values, made from index values, sorted, inserted and deleted.
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
  NameRef system;
  std::int64_t key;
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
// Span 0: a single value, and the column `high` is the number 0. Span 1: a range. Of quantities beside: a value in a
// canonical unit has its own numbers as spans 4 and 5, those in the canonical unit as 2 and 3: odd spans are ranges.
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

// `first` and `second`: what the first two components sort by (see sortable_component); `rest`: all components.
struct CompositeRow {
  std::int64_t param;
  std::string_view first;
  std::string_view second;
  std::int64_t key;
  std::string_view rest;
  auto operator<=>(const CompositeRow&) const = default;
};
struct PositionRow {
  std::int64_t param;
  double latitude;
  std::int64_t key;
  double longitude;
  auto operator<=>(const PositionRow&) const = default;
};
// All words of one resource, as tokens of the full text table with a space between them.
struct WordsRow {
  std::int64_t key;
  std::string_view words;
  auto operator<=>(const WordsRow&) const = default;
};

// A reference whose target's key is not known yet.
struct PendingReference {
  std::int64_t param;
  std::int64_t target_type;  // the store's number
  std::string_view target_id;
  bool is_new = true;  // the version before had it not
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
  std::vector<CompositeRow> composites;
  std::vector<PositionRow> positions;
  std::vector<WordsRow> words;

  void clear();
  bool empty() const;
  // Copies the rows of `other`, giving them this key.
  void append(const IndexRows& other, std::int64_t key);
  void sort();
};

// The rows of `values` with key 0, and the references apart. `texts` receives made-up texts.
void make_rows(Catalog& catalog, const search::IndexValues& values, IndexRows& rows,
               std::vector<PendingReference>& references, std::deque<std::string>& texts,
               Scope scope = Scope::resource);

// A word as a token of the full text table: the parameter's number, ':', and the word's bytes, those that the table's
// tokenizer would change or split at as '\\' and two hexadecimal digits.
void append_word_token(std::int64_t param, std::string_view word, std::string& out);

// What a composite's rows are looked up by: a span and bytes that compare as the component does. Equal components of a
// token, reference (by id), string or uri have equal bytes.
std::string sortable_component(const search::ComponentValue& component);
std::string sortable_component(std::size_t span, std::string_view low);
// Of a quantity in its canonical unit.
std::string sortable_canonical(const search::QuantityValue& quantity);

// Two quantities may be the same in the canonical unit, and so have a row in common: what changes is told by the rows.
std::vector<QuantityRow> make_quantities(Catalog& catalog, const std::vector<search::QuantityValue>& values,
                                         std::deque<std::string>& texts, Scope scope = Scope::resource);

// What `from` has and `without` has not; both sorted within each kind.
search::IndexValues difference(const search::IndexValues& from, const search::IndexValues& without);

Status insert_rows(Connection& connection, const IndexRows& rows);
Status delete_rows(Connection& connection, const IndexRows& rows);

// How many of `rows` are not there. (Words are not looked for one by one.)
Result<std::int64_t> missing_rows(Connection& connection, const IndexRows& rows);

}  // namespace vesta::store::sqlite
