// Index rows: the statements that write them and look for them.
#include "store/sqlite/index_rows.h"

#include <algorithm>
#include <iterator>

#include "store/sqlite/value_stamps.h"

namespace vesta::store::sqlite {
namespace {

// OR IGNORE: a caller that hands over a wrong `removed` must not make the commits of others fail; verify() finds it.
constexpr Sql kInsertToken{"INSERT OR IGNORE INTO token VALUES(?1, ?2, ?3, ?4)"};
constexpr Sql kInsertReference{"INSERT OR IGNORE INTO reference VALUES(?1, ?2, ?3)"};
constexpr Sql kInsertUri{"INSERT OR IGNORE INTO uri VALUES(?1, ?2, ?3)"};
constexpr Sql kInsertString{"INSERT OR IGNORE INTO string VALUES(?1, ?2, ?3, ?4)"};
constexpr Sql kInsertDate{"INSERT OR IGNORE INTO date VALUES(?1, ?2, ?3, ?4, ?5)"};
constexpr Sql kInsertNumber{"INSERT OR IGNORE INTO number VALUES(?1, ?2, ?3, ?4, ?5)"};
constexpr Sql kInsertQuantity{"INSERT OR IGNORE INTO quantity VALUES(?1, ?2, ?3, ?4, ?5, ?6)"};
constexpr Sql kInsertComposite{"INSERT OR IGNORE INTO composite VALUES(?1, ?2, ?3, ?4, ?5)"};
constexpr Sql kInsertPosition{"INSERT OR IGNORE INTO position VALUES(?1, ?2, ?3, ?4)"};
constexpr Sql kInsertWords{"INSERT INTO word(rowid, words) VALUES(?1, ?2)"};

constexpr Sql kDeleteToken{"DELETE FROM token WHERE param = ?1 AND code = ?2 AND system = ?3 AND key = ?4"};
constexpr Sql kDeleteReference{"DELETE FROM reference WHERE param = ?1 AND target = ?2 AND key = ?3"};
constexpr Sql kDeleteUri{"DELETE FROM uri WHERE param = ?1 AND uri = ?2 AND key = ?3"};
constexpr Sql kDeleteString{"DELETE FROM string WHERE param = ?1 AND folded = ?2 AND key = ?3 AND exact = ?4"};
constexpr Sql kDeleteDate{"DELETE FROM date WHERE param = ?1 AND span = ?2 AND low = ?3 AND key = ?4 AND width = ?5"};
constexpr Sql kDeleteNumber{
    "DELETE FROM number WHERE param = ?1 AND span = ?2 AND low = ?3 AND key = ?4 AND high = ?5"};
constexpr Sql kDeleteQuantity{
    "DELETE FROM quantity WHERE param = ?1 AND span = ?2 AND low = ?3 AND key = ?4 AND high = ?5 AND unit = ?6"};
constexpr Sql kDeleteComposite{
    "DELETE FROM composite WHERE param = ?1 AND first = ?2 AND second = ?3 AND key = ?4 AND rest = ?5"};
constexpr Sql kDeletePosition{
    "DELETE FROM position WHERE param = ?1 AND latitude = ?2 AND key = ?3 AND longitude = ?4"};
constexpr Sql kDeleteWords{"INSERT INTO word(word, rowid, words) VALUES('delete', ?1, ?2)"};

constexpr Sql kHasToken{"SELECT 1 FROM token WHERE param = ?1 AND code = ?2 AND system = ?3 AND key = ?4"};
constexpr Sql kHasReference{"SELECT 1 FROM reference WHERE param = ?1 AND target = ?2 AND key = ?3"};
constexpr Sql kHasUri{"SELECT 1 FROM uri WHERE param = ?1 AND uri = ?2 AND key = ?3"};
constexpr Sql kHasString{"SELECT 1 FROM string WHERE param = ?1 AND folded = ?2 AND key = ?3 AND exact = ?4"};
constexpr Sql kHasDate{"SELECT 1 FROM date WHERE param = ?1 AND span = ?2 AND low = ?3 AND key = ?4 AND width = ?5"};
constexpr Sql kHasNumber{"SELECT 1 FROM number WHERE param = ?1 AND span = ?2 AND low = ?3 AND key = ?4 AND high = ?5"};
constexpr Sql kHasQuantity{
    "SELECT 1 FROM quantity WHERE param = ?1 AND span = ?2 AND low = ?3 AND key = ?4 AND high = ?5 AND unit = ?6"};
constexpr Sql kHasComposite{
    "SELECT 1 FROM composite WHERE param = ?1 AND first = ?2 AND second = ?3 AND key = ?4 AND rest = ?5"};
constexpr Sql kHasPosition{"SELECT 1 FROM position WHERE param = ?1 AND latitude = ?2 AND key = ?3 AND longitude = ?4"};

void bind_name(Cursor& cursor, int index, const NameRef& name) {
  if (name.number < 0)
    cursor.text(index, name.text);
  else
    cursor.integer(index, name.number);
}
void bind_high(Cursor& cursor, int index, std::int64_t span, std::string_view high) {
  if (span % 2 == 0)
    cursor.integer(index, 0);
  else
    cursor.blob(index, high);
}

void bind(Cursor& cursor, const TokenRow& row) {
  cursor.integer(1, row.param).text(2, row.code).integer(4, row.key);
  bind_name(cursor, 3, row.system);
}
void bind(Cursor& cursor, const ReferenceRow& row) {
  cursor.integer(1, row.param).integer(2, row.target).integer(3, row.key);
}
void bind(Cursor& cursor, const UriRow& row) {
  cursor.integer(1, row.param).text(2, row.uri).integer(3, row.key);
}
void bind(Cursor& cursor, const StringRow& row) {
  cursor.integer(1, row.param).text(2, row.folded).integer(3, row.key);
  if (row.is_exact_folded)
    cursor.integer(4, 0);
  else
    cursor.text(4, row.exact);
}
void bind(Cursor& cursor, const DateRow& row) {
  cursor.integer(1, row.param).integer(2, row.span).integer(3, row.low).integer(4, row.key).integer(5, row.width);
}
void bind(Cursor& cursor, const NumberRow& row) {
  cursor.integer(1, row.param).integer(2, row.span).blob(3, row.low).integer(4, row.key);
  bind_high(cursor, 5, row.span, row.high);
}
void bind(Cursor& cursor, const QuantityRow& row) {
  cursor.integer(1, row.param).integer(2, row.span).blob(3, row.low).integer(4, row.key);
  bind_high(cursor, 5, row.span, row.high);
  bind_name(cursor, 6, row.unit);
}
void bind(Cursor& cursor, const CompositeRow& row) {
  cursor.integer(1, row.param).blob(2, row.first).blob(3, row.second).integer(4, row.key).blob(5, row.rest);
}
void bind(Cursor& cursor, const PositionRow& row) {
  cursor.integer(1, row.param).real(2, row.latitude).integer(3, row.key).real(4, row.longitude);
}
void bind(Cursor& cursor, const WordsRow& row) {
  cursor.integer(1, row.key).text(2, row.words);
}

template <class Row>
Status write_rows(Connection& connection, const Sql& sql, const std::vector<Row>& rows) {
  if (rows.empty()) return kOk;
  Cursor cursor(connection, sql);
  for (const Row& row : rows) {
    bind(cursor, row);
    cursor.step();
    VESTA_CHECK_OK(cursor.status());
    cursor.reset();
  }
  return kOk;
}

template <class Row>
Status count_missing(Connection& connection, const Sql& sql, const std::vector<Row>& rows, std::int64_t& missing) {
  Cursor cursor(connection, sql);
  for (const Row& row : rows) {
    bind(cursor, row);
    if (!cursor.step()) ++missing;
    VESTA_CHECK_OK(cursor.status());
    cursor.reset();
  }
  return kOk;
}

// Calls `visit` with each vector of `rows`, and of `more` beside it.
template <class Visit>
void each_table(IndexRows& rows, const IndexRows& more, const Visit& visit) {
  visit(rows.tokens, more.tokens);
  visit(rows.references, more.references);
  visit(rows.uris, more.uris);
  visit(rows.strings, more.strings);
  visit(rows.dates, more.dates);
  visit(rows.numbers, more.numbers);
  visit(rows.quantities, more.quantities);
  visit(rows.composites, more.composites);
  visit(rows.positions, more.positions);
  visit(rows.words, more.words);
}

template <class Value>
std::vector<Value> minus(const std::vector<Value>& from, const std::vector<Value>& without) {
  std::vector<Value> out;
  std::set_difference(from.begin(), from.end(), without.begin(), without.end(), std::back_inserter(out));
  return out;
}

}  // namespace

void IndexRows::clear() {
  each_table(*this, *this, [](auto& rows, const auto&) { rows.clear(); });
}

bool IndexRows::empty() const {
  return tokens.empty() && references.empty() && uris.empty() && strings.empty() && dates.empty() && numbers.empty() &&
         quantities.empty() && composites.empty() && positions.empty() && words.empty();
}

void IndexRows::append(const IndexRows& other, std::int64_t key) {
  each_table(*this, other, [key](auto& rows, const auto& more) {
    const std::size_t before = rows.size();
    rows.insert(rows.end(), more.begin(), more.end());
    for (std::size_t i = before; i < rows.size(); ++i) rows[i].key = key;
  });
}

void IndexRows::sort() {
  each_table(*this, *this, [](auto& rows, const auto&) { std::sort(rows.begin(), rows.end()); });
}

search::IndexValues difference(const search::IndexValues& from, const search::IndexValues& without) {
  search::IndexValues out;
  out.tokens = minus(from.tokens, without.tokens);
  out.strings = minus(from.strings, without.strings);
  out.references = minus(from.references, without.references);
  out.dates = minus(from.dates, without.dates);
  out.numbers = minus(from.numbers, without.numbers);
  out.quantities = minus(from.quantities, without.quantities);
  out.uris = minus(from.uris, without.uris);
  out.composites = minus(from.composites, without.composites);
  out.positions = minus(from.positions, without.positions);
  out.words = minus(from.words, without.words);
  return out;
}

Status insert_rows(Connection& connection, const IndexRows& rows) {
  if (connection.stamps() != nullptr) connection.stamps()->touch(rows);
  VESTA_CHECK_OK(write_rows(connection, kInsertToken, rows.tokens));
  VESTA_CHECK_OK(write_rows(connection, kInsertReference, rows.references));
  VESTA_CHECK_OK(write_rows(connection, kInsertUri, rows.uris));
  VESTA_CHECK_OK(write_rows(connection, kInsertString, rows.strings));
  VESTA_CHECK_OK(write_rows(connection, kInsertDate, rows.dates));
  VESTA_CHECK_OK(write_rows(connection, kInsertNumber, rows.numbers));
  VESTA_CHECK_OK(write_rows(connection, kInsertQuantity, rows.quantities));
  VESTA_CHECK_OK(write_rows(connection, kInsertComposite, rows.composites));
  VESTA_CHECK_OK(write_rows(connection, kInsertPosition, rows.positions));
  return write_rows(connection, kInsertWords, rows.words);
}

Status delete_rows(Connection& connection, const IndexRows& rows) {
  if (connection.stamps() != nullptr) connection.stamps()->touch(rows);
  VESTA_CHECK_OK(write_rows(connection, kDeleteToken, rows.tokens));
  VESTA_CHECK_OK(write_rows(connection, kDeleteReference, rows.references));
  VESTA_CHECK_OK(write_rows(connection, kDeleteUri, rows.uris));
  VESTA_CHECK_OK(write_rows(connection, kDeleteString, rows.strings));
  VESTA_CHECK_OK(write_rows(connection, kDeleteDate, rows.dates));
  VESTA_CHECK_OK(write_rows(connection, kDeleteNumber, rows.numbers));
  VESTA_CHECK_OK(write_rows(connection, kDeleteQuantity, rows.quantities));
  VESTA_CHECK_OK(write_rows(connection, kDeleteComposite, rows.composites));
  VESTA_CHECK_OK(write_rows(connection, kDeletePosition, rows.positions));
  return write_rows(connection, kDeleteWords, rows.words);
}

Result<std::int64_t> missing_rows(Connection& connection, const IndexRows& rows) {
  std::int64_t missing = 0;
  VESTA_CHECK_OK(count_missing(connection, kHasToken, rows.tokens, missing));
  VESTA_CHECK_OK(count_missing(connection, kHasReference, rows.references, missing));
  VESTA_CHECK_OK(count_missing(connection, kHasUri, rows.uris, missing));
  VESTA_CHECK_OK(count_missing(connection, kHasString, rows.strings, missing));
  VESTA_CHECK_OK(count_missing(connection, kHasDate, rows.dates, missing));
  VESTA_CHECK_OK(count_missing(connection, kHasNumber, rows.numbers, missing));
  VESTA_CHECK_OK(count_missing(connection, kHasQuantity, rows.quantities, missing));
  VESTA_CHECK_OK(count_missing(connection, kHasComposite, rows.composites, missing));
  VESTA_CHECK_OK(count_missing(connection, kHasPosition, rows.positions, missing));
  return missing;
}

}  // namespace vesta::store::sqlite
