// ValueCounts: how many index rows values and ranges have, kept between searches, to choose between ways.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <unordered_map>

#include "base/mutex.h"
#include "base/thread_annotations.h"
#include "store/sqlite/leaves.h"

namespace vesta::store::sqlite {

inline constexpr std::size_t kValueCountShards = 16;
inline constexpr std::size_t kMaxShardCounts = 2'048;   // kept in one shard; then it begins anew: some 2 MB in all
inline constexpr std::uint64_t kMinCountLife = 16;      // a count is used until so many resources were written,
inline constexpr std::int64_t kRowsPerLifeOfCount = 4;  // and one more for so many rows that it has

// What a value or a range is remembered by. Two that have the same share a count, which decides how a search runs,
// never what it finds.
using CountKey = std::uint64_t;
CountKey count_key_of(const Equality& equality);
CountKey count_key_of(const search::Registry& registry, const RangeScan& range);

// Rows are counted once, up to a limit, and again when as many resources were written as a quarter of them, and at
// least kMinCountLife. Thread-safe.
class ValueCounts {
 public:
  // The number of rows, or `limit` if there are at least so many; nullopt: not known any more.
  std::optional<std::int64_t> find(CountKey key, std::int64_t limit) const;
  // They were counted up to `limit`.
  void keep(CountKey key, std::int64_t rows, std::int64_t limit);
  // So many resources were written.
  void note_writes(std::uint64_t resources) { written_.fetch_add(resources, std::memory_order_relaxed); }

 private:
  struct Count {
    std::int64_t rows = 0;
    std::int64_t limit = 0;
    std::uint64_t until = 0;  // `written_` that ends its life
  };
  struct Shard {
    mutable Mutex mutex;
    std::unordered_map<CountKey, Count> counts GUARDED_BY(mutex);
  };

  std::array<Shard, kValueCountShards> shards_;
  std::atomic<std::uint64_t> written_{0};
};

}  // namespace vesta::store::sqlite
