// Keeping of counts.
#include "store/sqlite/value_counts.h"

#include <algorithm>
#include <functional>
#include <string_view>

#include "search/plan_text.h"

namespace vesta::store::sqlite {
namespace {

class Hash {
 public:
  Hash& add(std::int64_t part) {
    hash_ = (hash_ ^ static_cast<CountKey>(part)) * 0x9E3779B97F4A7C15 ^ hash_ >> 29;
    return *this;
  }
  Hash& add(std::string_view part) { return add(static_cast<std::int64_t>(std::hash<std::string_view>{}(part))); }
  CountKey get() const { return hash_; }

 private:
  CountKey hash_ = 0;
};

constexpr std::int64_t kRange = -1;  // where an equality has its table

}  // namespace

CountKey count_key_of(const Equality& equality) {
  Hash hash;
  hash.add(static_cast<std::int64_t>(equality.table)).add(equality.param).add(equality.target).add(equality.text);
  return hash.add(equality.system).add(equality.system_text).get();
}

// By its text: there are many kinds of matches, and a leaf is written down faster than some rows are read.
CountKey count_key_of(const search::Registry& registry, const RangeScan& range) {
  return Hash().add(kRange).add(range.param).add(range.type).add(search::to_text(*range.leaf, registry)).get();
}

std::optional<std::int64_t> ValueCounts::find(CountKey key, std::int64_t limit) const {
  const Shard& shard = shards_[key % kValueCountShards];
  const MutexLock lock(shard.mutex);
  const auto found = shard.counts.find(key);
  if (found == shard.counts.end() || found->second.until < written_.load(std::memory_order_relaxed)) return {};
  const Count& count = found->second;
  if (count.rows == count.limit && count.limit < limit) return {};  // not counted so far
  return std::min(count.rows, limit);
}

void ValueCounts::keep(CountKey key, std::int64_t rows, std::int64_t limit) {
  const std::uint64_t life = kMinCountLife + static_cast<std::uint64_t>(rows / kRowsPerLifeOfCount);
  Shard& shard = shards_[key % kValueCountShards];
  const MutexLock lock(shard.mutex);
  if (shard.counts.size() >= kMaxShardCounts && !shard.counts.contains(key)) shard.counts.clear();
  shard.counts[key] = {rows, limit, written_.load(std::memory_order_relaxed) + life};
}

}  // namespace vesta::store::sqlite
