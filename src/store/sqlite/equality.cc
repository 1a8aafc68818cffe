// Equality leaves: statements over the primary keys of token, reference and uri, and over the words.
#include <algorithm>

#include "base/check.h"
#include "store/sqlite/leaves.h"

namespace vesta::store::sqlite {
namespace {

// The statements of one table: the keys in a range in both directions, a bounded count of rows, a count of keys, and
// one key.
struct Statements {
  Sql forward, backward, rows, count, one;
};
#define VESTA_EQUALITY_OF(TABLE, KEY, WHERE)                                                                       \
  {{"SELECT " KEY " FROM " TABLE " WHERE " WHERE " AND " KEY " > ?4 AND " KEY " <= ?5 ORDER BY " KEY " LIMIT ?6"}, \
   {"SELECT " KEY " FROM " TABLE " WHERE " WHERE " AND " KEY " < ?4 AND " KEY " >= ?5 ORDER BY " KEY               \
    " DESC LIMIT ?6"},                                                                                             \
   {"SELECT count(*) FROM (SELECT 1 FROM " TABLE " WHERE " WHERE " LIMIT ?6)"},                                    \
   {"SELECT count(*) FROM " TABLE " WHERE " WHERE},                                                                \
   {"SELECT 1 FROM " TABLE " WHERE " WHERE " AND " KEY " = ?4 LIMIT 1"}}
#define VESTA_EQUALITY(TABLE, WHERE) VESTA_EQUALITY_OF(TABLE, "key", WHERE)

// In the order of Equality::Table.
constexpr Statements kStatements[] = {
    VESTA_EQUALITY("token", "param = ?1 AND code = ?2 AND system = ?3"),
    VESTA_EQUALITY("reference", "param = ?1 AND target = ?2"),
    VESTA_EQUALITY("uri", "param = ?1 AND uri = ?2"),
    VESTA_EQUALITY_OF("word", "rowid", "word MATCH ?2"),
};

constexpr Sql kSystems{
    "WITH RECURSIVE each(system) AS ("
    " SELECT min(system) FROM token WHERE param = ?1 AND code = ?2"
    " UNION ALL SELECT (SELECT min(system) FROM token WHERE param = ?1 AND code = ?2 AND system > each.system)"
    " FROM each WHERE each.system IS NOT NULL"
    ") SELECT system FROM each WHERE system IS NOT NULL LIMIT ?3"};

const Statements& statements_of(const Equality& equality) {
  return kStatements[static_cast<std::size_t>(equality.table)];
}

void bind(Cursor& cursor, const Equality& equality) {
  cursor.integer(1, equality.param);
  if (equality.table == Equality::Table::reference)
    cursor.integer(2, equality.target);
  else
    cursor.text(2, equality.text);
  if (equality.table != Equality::Table::token) return;
  if (equality.system < 0)
    cursor.text(3, equality.system_text);
  else
    cursor.integer(3, equality.system);
}

}  // namespace

Result<std::vector<Equality>> of_each_system(Connection& connection, const Equality& code, std::size_t limit) {
  std::vector<Equality> each;
  Cursor cursor(connection, kSystems);
  cursor.integer(1, code.param).text(2, code.text).integer(3, static_cast<std::int64_t>(limit));
  while (cursor.step()) {
    Equality& equality = each.emplace_back(code);
    if (cursor.type_at(0) == SQLITE_INTEGER) {
      equality.system = cursor.integer_at(0);
    } else {
      equality.system_text = cursor.bytes_at(0);
    }
  }
  VESTA_CHECK_OK(cursor.status());
  return each;
}

Result<KeyPage> equality_keys(Connection& connection, const Equality& equality, const KeyRange& range) {
  const bool is_forward = range.direction == Direction::forward;
  const Statements& statements = statements_of(equality);
  Cursor cursor(connection, is_forward ? statements.forward : statements.backward);
  bind(cursor, equality);
  cursor.integer(4, range.from).integer(5, range.to).integer(6, range.limit);
  KeyPage page;
  std::int64_t rows = 0;
  for (; cursor.step(); ++rows) {
    const std::int64_t key = cursor.integer_at(0);
    if (page.keys.empty() || page.keys.back() != key) page.keys.push_back(key);
  }
  VESTA_CHECK_OK(cursor.status());
  page.upto = rows < range.limit ? end_of(range.direction) : page.keys.back();
  if (!is_forward) std::reverse(page.keys.begin(), page.keys.end());
  return page;
}

Result<std::int64_t> equality_rows(Connection& connection, const Equality& equality, std::int64_t limit) {
  Cursor cursor(connection, statements_of(equality).rows);
  bind(cursor, equality);
  cursor.integer(6, limit);
  const std::int64_t rows = cursor.step() ? cursor.integer_at(0) : 0;
  VESTA_CHECK_OK(cursor.status());
  return rows;
}

Result<std::uint64_t> equality_count(Connection& connection, const Equality& equality) {
  Cursor cursor(connection, statements_of(equality).count);
  bind(cursor, equality);
  const std::int64_t count = cursor.step() ? cursor.integer_at(0) : 0;
  VESTA_CHECK_OK(cursor.status());
  return static_cast<std::uint64_t>(count);
}

Status equality_look_up(Connection& connection, const Equality& equality, std::span<const std::int64_t> keys,
                        Keys& found) {
  Cursor cursor(connection, statements_of(equality).one);
  bind(cursor, equality);
  for (const std::int64_t key : keys) {
    cursor.integer(4, key);
    if (cursor.step()) found.push_back(key);
    VESTA_CHECK_OK(cursor.status());
    cursor.reset();
  }
  return kOk;
}

}  // namespace vesta::store::sqlite
