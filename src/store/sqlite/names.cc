// Names: the tables in memory and their rows.
#include "store/sqlite/names.h"

#include <mutex>

#include "base/check.h"

namespace vesta::store::sqlite {
namespace {
constexpr Sql kSelectNames{"SELECT kind, number, text FROM name ORDER BY kind, number"};
constexpr Sql kInsertName{"INSERT INTO name(kind, number, text) VALUES(?1, ?2, ?3)"};
}  // namespace

Status Names::load(Connection& connection) {
  Cursor cursor(connection, kSelectNames);
  while (cursor.step()) {
    const auto kind = static_cast<std::size_t>(cursor.integer_at(0));
    if (kind >= kKinds) return make_error(Category::unavailable, "the store's table of names has an unknown kind");
    Table& table = tables_[kind];
    if (cursor.integer_at(1) != static_cast<std::int64_t>(table.texts.size()) + 1) {
      return make_error(Category::unavailable, "the store's table of names has a gap");
    }
    table.texts.emplace_back(cursor.bytes_at(2));
    table.numbers.emplace(table.texts.back(), static_cast<std::int64_t>(table.texts.size()));
    table.persisted = table.persisting = table.texts.size();
  }
  return cursor.status();
}

std::optional<std::int64_t> Names::find(NameKind kind, std::string_view text) const {
  const std::shared_lock lock(mutex_);
  const auto& numbers = table(kind).numbers;
  const auto found = numbers.find(text);
  if (found == numbers.end()) return std::nullopt;
  return found->second;
}

std::optional<std::int64_t> Names::intern(NameKind kind, std::string_view text, std::size_t limit) {
  if (const auto known = find(kind, text)) return known;
  const std::unique_lock lock(mutex_);
  Table& names = table(kind);
  const auto found = names.numbers.find(text);
  if (found != names.numbers.end()) return found->second;
  if (names.texts.size() >= limit) return std::nullopt;
  names.texts.emplace_back(text);
  const auto number = static_cast<std::int64_t>(names.texts.size());
  names.numbers.emplace(names.texts.back(), number);
  return number;
}

std::string_view Names::text(NameKind kind, std::int64_t number) const {
  const std::shared_lock lock(mutex_);
  const auto& texts = table(kind).texts;
  CHECK(number >= 1 && static_cast<std::size_t>(number) <= texts.size());
  return texts[static_cast<std::size_t>(number) - 1];
}

std::int64_t Names::count(NameKind kind) const {
  const std::shared_lock lock(mutex_);
  return static_cast<std::int64_t>(table(kind).texts.size());
}

Status Names::persist(Connection& connection) {
  const std::shared_lock lock(mutex_);
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    Table& names = tables_[kind];  // `persisted` and `persisting` belong to the writer alone
    for (std::size_t i = names.persisted; i < names.texts.size(); ++i) {
      Cursor insert(connection, kInsertName);
      insert.integer(1, static_cast<std::int64_t>(kind)).integer(2, static_cast<std::int64_t>(i) + 1);
      VESTA_CHECK_OK(insert.text(3, names.texts[i]).run());
    }
    names.persisting = names.texts.size();
  }
  return kOk;
}

void Names::committed() {
  for (Table& names : tables_) names.persisted = names.persisting;
}

}  // namespace vesta::store::sqlite
