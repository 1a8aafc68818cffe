// Deletes stretches of the index tables: each begins with the parameter's number.
#include "store/sqlite/forget.h"

#include <algorithm>
#include <array>
#include <optional>

namespace vesta::store::sqlite {
namespace {

#define VESTA_FORGET(table, columns)                                                                \
  Sql{"DELETE FROM " table " WHERE param = ?1 AND (" columns ") IN (SELECT " columns " FROM " table \
      " WHERE param = ?1 LIMIT ?2)"}

constexpr std::array<Sql, 9> kForget = {
    VESTA_FORGET("token", "code, system, key"),
    VESTA_FORGET("reference", "target, key"),
    VESTA_FORGET("uri", "uri, key"),
    VESTA_FORGET("string", "folded, key, exact"),
    VESTA_FORGET("date", "span, low, key, width"),
    VESTA_FORGET("number", "span, low, key, high"),
    VESTA_FORGET("quantity", "span, low, key, high, unit"),
    VESTA_FORGET("composite", "first, second, key, rest"),
    VESTA_FORGET("position", "latitude, key, longitude"),
};

}  // namespace

std::vector<std::int64_t> numbers_of(const Catalog& catalog, const std::vector<search::ParameterId>& parameters) {
  std::vector<std::int64_t> numbers;
  if (parameters.empty()) return numbers;
  for (std::int64_t number = 1; number <= catalog.parameter_count(); ++number) {
    const std::optional<NumberedName> name = catalog.name_of(number);
    if (name && std::ranges::find(parameters, name->parameter) != parameters.end()) numbers.push_back(number);
  }
  return numbers;
}

bool UnusedNumbers::append(const Catalog& catalog, std::uint64_t generation, std::vector<std::int64_t>& numbers) {
  const MutexLock lock(mutex_);
  if (generation != generation_) empty_.clear();
  generation_ = generation;
  std::size_t appended = 0;
  for (std::int64_t number = 1; number <= catalog.parameter_count(); ++number) {
    if (empty_.contains(number) || catalog.name_of(number)) continue;
    if (appended++ == kMaxForgottenNumbers) return false;
    numbers.push_back(number);
  }
  return true;
}

void UnusedNumbers::set_empty(std::uint64_t generation, std::span<const std::int64_t> numbers) {
  const MutexLock lock(mutex_);
  if (generation == generation_) empty_.insert(numbers.begin(), numbers.end());
}

Result<std::size_t> forget_rows(Connection& connection, const std::vector<std::int64_t>& numbers) {
  std::int64_t left = kMaxForgottenRows;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    for (const Sql& sql : kForget) {
      Cursor cursor(connection, sql);
      VESTA_CHECK_OK(cursor.integer(1, numbers[i]).integer(2, left).run());
      left -= sqlite3_changes64(connection.handle());
      if (left <= 0) return i;
    }
  }
  return numbers.size();
}

}  // namespace vesta::store::sqlite
