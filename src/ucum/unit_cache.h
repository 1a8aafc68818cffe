// UnitCache: canonical quantities for many calls, with the codes that were met kept evaluated.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/mutex.h"
#include "base/result.h"
#include "base/thread_annotations.h"
#include "ucum/ucum.h"

namespace vesta::ucum {

inline constexpr std::size_t kDefaultCachedCodes = 4096;

// Thread-safe. Holds at most so many codes, wrong ones too (data repeats its mistakes); what was not asked for since
// half of them came goes first.
class UnitCache {
 public:
  explicit UnitCache(std::size_t capacity = kDefaultCachedCodes);
  ~UnitCache();
  UnitCache(const UnitCache&) = delete;
  UnitCache& operator=(const UnitCache&) = delete;

  // As the function of that name in ucum.h, in well under a microsecond for a code that is held.
  Result<Quantity> canonical_quantity(std::string_view value, std::string_view code);

  std::size_t size() const;

 private:
  struct Entry;
  // Shared: another thread may push an entry out while this one computes with it.
  using EntryPointer = std::shared_ptr<const Entry>;
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  using Entries = std::unordered_map<std::string, EntryPointer, Hash, std::equal_to<>>;
  // Of two generations: what is asked for in the old one moves to the young one; a full young one replaces the old.
  struct Shard {
    mutable Mutex mutex;
    Entries young GUARDED_BY(mutex);
    Entries old GUARDED_BY(mutex);
  };
  static constexpr std::size_t kShards = 16;

  EntryPointer find_or_add(std::string_view code);
  void add(Shard& shard, std::string_view code, const EntryPointer& entry) REQUIRES(shard.mutex);

  const std::size_t generation_size_;
  std::array<Shard, kShards> shards_;
};

}  // namespace vesta::ucum
