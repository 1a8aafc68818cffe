// Takes away what the row has too much, puts in all that should be there, and counts what that changed.
#include "store/sqlite/replace_index.h"

#include <algorithm>
#include <deque>
#include <iterator>
#include <string>

#include "store/sqlite/shared_statements.h"

namespace vesta::store::sqlite {
namespace {

constexpr Sql kHasWord{"SELECT 1 FROM word WHERE word MATCH ?1 AND rowid = ?2"};

// As a phrase of FTS5's query language.
std::string phrase(std::string_view token) {
  std::string text = "\"";
  for (const char c : token) {
    text.push_back(c);
    if (c == '"') text.push_back('"');
  }
  return text += '"';
}

Result<bool> has_word(Connection& connection, std::string_view words, std::int64_t key) {
  const std::string first = phrase(words.substr(0, words.find(' ')));
  Cursor cursor(connection, kHasWord);
  const bool found = cursor.text(1, first).integer(2, key).step();
  VESTA_CHECK_OK(cursor.status());
  return found;
}

bool is_in(const std::vector<StoredReference>& references, const StoredReference& wanted) {
  return std::any_of(references.begin(), references.end(), [&wanted](const StoredReference& each) {
    return each.param == wanted.param && each.target == wanted.target;
  });
}

// The rows of `before` that are not wanted. Texts are views into `before` and `texts`.
Result<IndexRows> rows_too_much(Catalog& catalog, const Replacement& wanted, std::string_view before,
                                std::deque<std::string>& texts) {
  search::IndexValues old;
  std::vector<StoredReference> old_references;
  if (!decode_values(catalog, before, 0, 0, old) || !decode_references(catalog, before, 0, old_references)) {
    return make_error(Category::unavailable, "the index values of " + std::string(wanted.name) + " are damaged");
  }
  IndexRows rows;
  std::vector<PendingReference> none;
  make_rows(catalog, difference(old, wanted.values), rows, none, texts, wanted.scope);
  const std::vector<QuantityRow> was = make_quantities(catalog, old.quantities, texts, wanted.scope);
  const std::vector<QuantityRow> is = make_quantities(catalog, wanted.values.quantities, texts, wanted.scope);
  rows.quantities.clear();
  std::set_difference(was.begin(), was.end(), is.begin(), is.end(), std::back_inserter(rows.quantities));
  IndexRows keyed;
  keyed.append(rows, wanted.key);
  for (const StoredReference& each : old_references) {
    if (!is_in(wanted.references, each)) keyed.references.push_back({each.param, each.target, wanted.key});
  }
  return keyed;
}

}  // namespace

Result<bool> replace_index(Connection& connection, Catalog& catalog, const Replacement& wanted) {
  std::string before;
  {
    Cursor cursor(connection, kSelectIndexed);
    if (cursor.integer(1, wanted.key).step()) before = cursor.bytes_at(0);
    VESTA_CHECK_OK(cursor.status());
  }
  std::deque<std::string> texts;
  VESTA_TRY(const IndexRows gone, rows_too_much(catalog, wanted, before, texts));
  IndexRows rows;
  rows.append(wanted.rows, wanted.key);
  std::string indexed(wanted.indexed);
  for (const StoredReference& reference : wanted.references) {
    rows.references.push_back({reference.param, reference.target, wanted.key});
    append_reference(reference, indexed);
  }
  if (!rows.words.empty()) {
    VESTA_TRY(const bool has_words, has_word(connection, rows.words.front().words, wanted.key));
    if (has_words) rows.words.clear();
  }
  const auto changes = [&connection] { return sqlite3_total_changes64(connection.handle()); };
  const auto count = changes();
  VESTA_CHECK_OK(delete_rows(connection, gone));
  VESTA_CHECK_OK(insert_rows(connection, rows));
  if (before != indexed) {
    Cursor cursor(connection, kSetIndexed);
    VESTA_CHECK_OK(cursor.integer(1, wanted.key).blob(2, indexed).run());
  }
  return changes() != count;
}

}  // namespace vesta::store::sqlite
