// Taking index rows of parameters away, in steps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_set>
#include <vector>

#include "base/mutex.h"
#include "store/sqlite/catalog.h"
#include "store/sqlite/connection.h"

namespace vesta::store::sqlite {

inline constexpr std::int64_t kMaxForgottenRows = 2'000;  // of one step: commits of others wait for it

inline constexpr std::size_t kMaxForgottenNumbers = 256;  // of one step, beside those that are asked for

std::vector<std::int64_t> numbers_of(const Catalog& catalog, const std::vector<search::ParameterId>& parameters);

// The numbers that the Registry has no parameter for, or a retired one. They stay in the catalog for good, so what has
// been found empty is remembered until the Registry's next generation: no commit puts rows in before that. Thread-safe.
class UnusedNumbers {
 public:
  // Appends those that may have rows, at most kMaxForgottenNumbers. False: there are more. `generation` is the
  // Registry's, read before.
  bool append(const Catalog& catalog, std::uint64_t generation, std::vector<std::int64_t>& numbers) EXCLUDES(mutex_);
  // Of those appended under `generation`; once it is committed.
  void set_empty(std::uint64_t generation, std::span<const std::int64_t> numbers) EXCLUDES(mutex_);

 private:
  Mutex mutex_;
  std::uint64_t generation_ GUARDED_BY(mutex_) = 0;
  std::unordered_set<std::int64_t> empty_ GUARDED_BY(mutex_);
};

// In the open transaction. How many of these have no rows left, from the first on.
Result<std::size_t> forget_rows(Connection& connection, const std::vector<std::int64_t>& numbers);

}  // namespace vesta::store::sqlite
