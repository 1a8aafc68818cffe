// RowCounts: about how many index rows ranges have, kept between searches, to choose what a search begins with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/kept.h"
#include "store/postgres/catalog.h"
#include "store/postgres/conditions.h"
#include "store/postgres/connection.h"
#include "store/postgres/newest.h"

namespace vesta::store::postgres {

inline constexpr std::size_t kRowCountBytes = 2 << 20;     // of all counts that are kept
inline constexpr std::int64_t kMinRowCountLife = 16;       // a count is used until so many versions came,
inline constexpr std::int64_t kRowsPerLifeOfRowCount = 4;  // and one more for so many rows that it has

// Thread-safe.
class RowCounts {
 public:
  // They outlive it.
  RowCounts(const NewestWatch& newest, std::int64_t max_walked) : newest_(newest), max_walked_(max_walked) {}

  std::int64_t max_walked() const { return max_walked_; }
  // Of the ranges of each criterion, up to max_walked(): as many also where there are none.
  Result<std::vector<std::int64_t>> of(Connection& connection, Catalog& catalog, std::span<const Ranges> criteria);

 private:
  struct Count {
    std::int64_t rows = 0;  // at most max_walked_
    std::int64_t until = 0;
  };

  const NewestWatch& newest_;
  const std::int64_t max_walked_;
  Kept<std::string, Count> counts_{kRowCountBytes};
};

}  // namespace vesta::store::postgres
