// SharedPlans: which resources satisfy plans that many queries share, as searches have found it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "search/plan.h"
#include "store/kept.h"
#include "store/sqlite/catalog.h"
#include "store/sqlite/id_keys.h"
#include "store/sqlite/tuning.h"
#include "store/sqlite/value_stamps.h"

namespace vesta::store::sqlite {

// As rewritten, of all together; of one a 32nd of it.
inline constexpr std::size_t kMaxSharedPlanBytes = 256 * 1024 * 1024;
inline constexpr std::size_t kDecidedBlocks = 1 << 16;  // of all plans, 4 MB; one more takes the place of one of before
inline constexpr std::int64_t kKeysOfBlock = 64;

// A table of fixed size. Thread-safe.
// OPTIMIZATION: without locks, as a page asks for hundreds of keys. A slot's version is odd while it is written, and
// another one afterwards: whoever reads a slot that is written meanwhile takes nothing from it. Resources of one
// patient have neighbouring keys: a slot has the next ones too, for each look at another costs a line of memory.
class DecidedKeys {
 public:
  DecidedKeys() : slots_(kDecidedBlocks) {}

  // Does the resource satisfy the plan? Nothing: it was not decided, or is not known any more.
  std::optional<bool> find(std::uint64_t edition, std::int64_t key) const;
  void keep(std::uint64_t edition, std::int64_t key, bool is_match);

 private:
  struct alignas(64) Slot {
    std::atomic<std::uint64_t> version{0};
    std::atomic<std::uint64_t> edition{0};  // 0: empty
    std::atomic<std::int64_t> block{0};
    std::atomic<std::uint64_t> decided{0};  // a bit for each key of the block
    std::atomic<std::uint64_t> matches{0};
  };

  static std::size_t slot_of(std::uint64_t edition, std::int64_t block);

  std::vector<Slot> slots_;
};

// A shared plan of one type's resources, as some states of the store have it.
struct SharedPlan {
  std::shared_ptr<const search::Plan> plan;  // as rewritten
  std::string base_url;                      // of the queries
  IdKeys* ids = nullptr;                     // what it is bound with
  DecidedKeys* decided = nullptr;
  // What is decided is kept with it; 0: nothing is. What a resource says is known by its key as long as none that has a
  // key is written; what the plan asks of others, as long as none of their types is.
  std::uint64_t edition = 0;
  std::uint64_t state = 0;  // a group after which the edition holds
  // So many candidates it has at least, as was found out: about, for it is about what is fast and not about what is so.
  mutable std::atomic<std::int64_t> at_least{0};
  mutable std::atomic<std::int64_t> looked_at{0};  // how many resources there were when that was last looked at
  // Has it rows of its own, in the order of keys? False too as long as it was not bound.
  mutable std::atomic<bool> is_ordered{false};
  mutable std::atomic<std::uint32_t> asked{0};  // how often something was decided by it that had not been
};

// Plans are known by where they stand in memory, as long as they stand there. Thread-safe.
class SharedPlans {
 public:
  // What is handed in outlives it.
  SharedPlans(const search::Registry& registry, const Tuning& tuning, ValueStamps& stamps, IdKeys& ids)
      : registry_(registry), tuning_(tuning), stamps_(stamps), ids_(ids) {}

  // For a search whose snapshot has begun and is of `state` or a later group: see ValueStamps.
  std::shared_ptr<const SharedPlan> find(fhir::TypeId type, std::string_view base_url,
                                         const std::shared_ptr<const search::Plan>& plan, std::uint64_t state);

 private:
  struct Entry {
    std::weak_ptr<const search::Plan> plan;  // another one may come to its place in memory
    fhir::TypeId type = fhir::kNoType;
    std::vector<fhir::TypeId> linked;  // types of others that it asks something of
    std::shared_ptr<const SharedPlan> made;
  };

  std::uint64_t changed(const Entry& entry) const;

  const search::Registry& registry_;
  const Tuning& tuning_;
  ValueStamps& stamps_;
  IdKeys& ids_;
  DecidedKeys decided_;
  std::atomic<std::uint64_t> editions_{0};
  // OPTIMIZATION: a search shares what is kept, and copies nothing of it behind the lock.
  Kept<const search::Plan*, std::shared_ptr<const Entry>, PlaceHash> kept_{kMaxSharedPlanBytes};
};

}  // namespace vesta::store::sqlite
