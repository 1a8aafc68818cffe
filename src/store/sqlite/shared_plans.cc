// Rewriting shared plans once, and keeping what was decided by them between the states of snapshots.
#include "store/sqlite/shared_plans.h"

#include <algorithm>
#include <bit>
#include <set>
#include <utility>

#include "search/chains.h"
#include "search/links.h"
#include "search/rewrite/rewrite.h"

namespace vesta::store::sqlite {

namespace {

std::uint64_t bit_of(std::int64_t key) {
  return std::uint64_t{1} << (key % kKeysOfBlock);
}

}  // namespace

std::size_t DecidedKeys::slot_of(std::uint64_t edition, std::int64_t block) {
  // Fibonacci hashing, by the highest bits: neighbouring blocks go to slots far from each other.
  constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15;
  static_assert(std::has_single_bit(kDecidedBlocks));
  return (static_cast<std::uint64_t>(block) + edition * kGolden) * kGolden >> (64 - std::countr_zero(kDecidedBlocks));
}

// What was written behind an odd version is read behind it, and so is the version then: it is another one than before.
std::optional<bool> DecidedKeys::find(std::uint64_t edition, std::int64_t key) const {
  const std::int64_t block = key / kKeysOfBlock;
  const Slot& slot = slots_[slot_of(edition, block)];
  const std::uint64_t version = slot.version.load(std::memory_order_acquire);
  const bool is_it =
      slot.edition.load(std::memory_order_acquire) == edition && slot.block.load(std::memory_order_acquire) == block;
  const std::uint64_t decided = slot.decided.load(std::memory_order_acquire);
  const std::uint64_t matches = slot.matches.load(std::memory_order_acquire);
  const bool is_whole = version % 2 == 0 && slot.version.load(std::memory_order_relaxed) == version;
  if (!is_whole || !is_it || (decided & bit_of(key)) == 0) return std::nullopt;
  return (matches & bit_of(key)) != 0;
}

// Of two that come at once for a slot one is kept.
void DecidedKeys::keep(std::uint64_t edition, std::int64_t key, bool is_match) {
  const std::int64_t block = key / kKeysOfBlock;
  Slot& slot = slots_[slot_of(edition, block)];
  std::uint64_t version = slot.version.load(std::memory_order_relaxed);
  if (version % 2 == 1 || !slot.version.compare_exchange_strong(version, version + 1, std::memory_order_acquire))
    return;
  const bool is_it =
      slot.edition.load(std::memory_order_relaxed) == edition && slot.block.load(std::memory_order_relaxed) == block;
  const std::uint64_t decided = is_it ? slot.decided.load(std::memory_order_relaxed) : 0;
  const std::uint64_t matches = is_it ? slot.matches.load(std::memory_order_relaxed) & ~bit_of(key) : 0;
  slot.edition.store(edition, std::memory_order_release);
  slot.block.store(block, std::memory_order_release);
  slot.decided.store(decided | bit_of(key), std::memory_order_release);
  slot.matches.store(is_match ? matches | bit_of(key) : matches, std::memory_order_release);
  slot.version.store(version + 2, std::memory_order_release);
}

namespace {

// OPTIMIZATION: takes no count of the plan's owners, which all threads that search would contend for.
bool is_owned_by(const std::weak_ptr<const search::Plan>& known, const std::shared_ptr<const search::Plan>& plan) {
  return !known.owner_before(plan) && !plan.owner_before(known);
}

}  // namespace

std::uint64_t SharedPlans::changed(const Entry& entry) const {
  stamps_.begun();  // so that the stamps of all groups in the snapshot are seen
  std::uint64_t changed = stamps_.rewritten(entry.type);
  for (const fhir::TypeId type : entry.linked) changed = std::max(changed, stamps_.written(type));
  return changed;
}

std::shared_ptr<const SharedPlan> SharedPlans::find(fhir::TypeId type, std::string_view base_url,
                                                    const std::shared_ptr<const search::Plan>& plan,
                                                    std::uint64_t state) {
  std::shared_ptr<const Entry> known = kept_.find(plan.get()).value_or(nullptr);
  const bool is_it =
      known != nullptr && is_owned_by(known->plan, plan) && known->type == type && known->made->base_url == base_url;
  if (!is_it) {
    const std::set<fhir::TypeId> linked = search::linked_types(*plan);
    known = std::make_shared<const Entry>(Entry{plan, type, {linked.begin(), linked.end()}, nullptr});
  }
  // Where nothing was changed since the earlier of the two, the edition's states and the snapshot's agree.
  const std::uint64_t changed = this->changed(*known);
  const SharedPlan* const last = known->made.get();
  if (last != nullptr && last->edition != 0 && changed <= std::min(last->state, state)) {
    return {std::move(known), last};
  }
  stamps_.use();
  auto made = std::make_shared<SharedPlan>();
  if (last != nullptr) {
    made->plan = last->plan;
  } else {
    auto rewritten = std::make_shared<search::Plan>(*plan);
    search::rewrite(registry_, type, tuning_.rewrites_off, *rewritten);
    made->plan = std::move(rewritten);
  }
  made->base_url = base_url;
  made->ids = &ids_;
  made->decided = &decided_;
  made->state = state;
  if (last != nullptr) {
    made->looked_at = last->looked_at.load();  // which is written behind the other
    made->at_least = last->at_least.load();
    made->is_ordered = last->is_ordered.load();
  }
  if (changed <= state) made->edition = ++editions_;
  if (made->edition == 0 && last != nullptr && last->edition != 0 && last->state > state) return made;  // it is late
  const std::size_t bytes = sizeof(Entry) + search::count_nodes(*made->plan) * sizeof(search::Plan);
  kept_.keep(plan.get(), std::make_shared<const Entry>(Entry{plan, type, known->linked, made}), bytes);
  return made;
}

}  // namespace vesta::store::sqlite
