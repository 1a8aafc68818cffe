// Index rows: from values to rows, and the statements that write them.
#include "store/sqlite/index_rows.h"

#include <algorithm>
#include <iterator>

#include "store/sqlite/date_span.h"
#include "store/sqlite/ranges.h"

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

constexpr Sql kDeleteToken{"DELETE FROM token WHERE param = ?1 AND code = ?2 AND key = ?3 AND system = ?4"};
constexpr Sql kDeleteReference{"DELETE FROM reference WHERE param = ?1 AND target = ?2 AND key = ?3"};
constexpr Sql kDeleteUri{"DELETE FROM uri WHERE param = ?1 AND uri = ?2 AND key = ?3"};
constexpr Sql kDeleteString{"DELETE FROM string WHERE param = ?1 AND folded = ?2 AND key = ?3 AND exact = ?4"};
constexpr Sql kDeleteDate{"DELETE FROM date WHERE param = ?1 AND span = ?2 AND low = ?3 AND key = ?4 AND width = ?5"};
constexpr Sql kDeleteNumber{
    "DELETE FROM number WHERE param = ?1 AND span = ?2 AND low = ?3 AND key = ?4 AND high = ?5"};
constexpr Sql kDeleteQuantity{
    "DELETE FROM quantity WHERE param = ?1 AND span = ?2 AND low = ?3 AND key = ?4 AND high = ?5 AND unit = ?6"};

void bind_name(Cursor& cursor, int index, const NameRef& name) {
  if (name.number < 0)
    cursor.text(index, name.text);
  else
    cursor.integer(index, name.number);
}
void bind_high(Cursor& cursor, int index, std::int64_t span, std::string_view high) {
  if (span == 0)
    cursor.integer(index, 0);
  else
    cursor.blob(index, high);
}

void bind(Cursor& cursor, const TokenRow& row) {
  cursor.integer(1, row.param).text(2, row.code).integer(3, row.key);
  bind_name(cursor, 4, row.system);
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
}

NameRef name_ref(Catalog& catalog, NameKind kind, std::string_view text) {
  if (text.empty()) return {};
  const auto number = catalog.names().intern(kind, text);
  return number ? NameRef{*number, {}} : NameRef{-1, text};
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
         quantities.empty();
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

void make_rows(Catalog& catalog, const search::IndexValues& values, IndexRows& rows,
               std::vector<PendingReference>& references, std::deque<std::string>& texts) {
  for (const auto& value : values.tokens) {
    rows.tokens.push_back(
        {catalog.parameter_number(value.parameter), value.code, 0, name_ref(catalog, NameKind::system, value.system)});
  }
  for (const auto& value : values.references) {
    references.push_back({catalog.parameter_number(value.parameter), catalog.type_number(value.type), value.id});
  }
  for (const auto& value : values.uris) {
    rows.uris.push_back({catalog.parameter_number(value.parameter), value.uri, 0});
  }
  for (const auto& value : values.strings) {
    const bool same = value.exact == value.folded;
    rows.strings.push_back(
        {catalog.parameter_number(value.parameter), value.folded, 0, same, same ? std::string_view() : value.exact});
  }
  for (const auto& value : values.dates) {
    const std::size_t span = span_of(value.low, value.high);
    rows.dates.push_back({catalog.parameter_number(value.parameter), static_cast<std::int64_t>(span), value.low, 0,
                          kSpans[span].is_constant ? 0 : value.high - value.low});
  }
  for (const auto& value : values.numbers) {
    rows.numbers.push_back(
        {catalog.parameter_number(value.parameter), value.low == value.high ? 0 : 1, value.low, 0, value.high});
  }
  for (const auto& value : values.quantities) {
    NameRef unit = name_ref(catalog, NameKind::unit, texts.emplace_back(join_unit(value)));
    rows.quantities.push_back(
        {catalog.parameter_number(value.parameter), value.low == value.high ? 0 : 1, value.low, 0, value.high, unit});
  }
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
  return out;
}

Status insert_rows(Connection& connection, const IndexRows& rows) {
  VESTA_CHECK_OK(write_rows(connection, kInsertToken, rows.tokens));
  VESTA_CHECK_OK(write_rows(connection, kInsertReference, rows.references));
  VESTA_CHECK_OK(write_rows(connection, kInsertUri, rows.uris));
  VESTA_CHECK_OK(write_rows(connection, kInsertString, rows.strings));
  VESTA_CHECK_OK(write_rows(connection, kInsertDate, rows.dates));
  VESTA_CHECK_OK(write_rows(connection, kInsertNumber, rows.numbers));
  return write_rows(connection, kInsertQuantity, rows.quantities);
}

Status delete_rows(Connection& connection, const IndexRows& rows) {
  VESTA_CHECK_OK(write_rows(connection, kDeleteToken, rows.tokens));
  VESTA_CHECK_OK(write_rows(connection, kDeleteReference, rows.references));
  VESTA_CHECK_OK(write_rows(connection, kDeleteUri, rows.uris));
  VESTA_CHECK_OK(write_rows(connection, kDeleteString, rows.strings));
  VESTA_CHECK_OK(write_rows(connection, kDeleteDate, rows.dates));
  VESTA_CHECK_OK(write_rows(connection, kDeleteNumber, rows.numbers));
  return write_rows(connection, kDeleteQuantity, rows.quantities);
}

}  // namespace vesta::store::sqlite
