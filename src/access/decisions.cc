// A table of fixed size, in which later decisions take the places of earlier ones.
#include "access/decisions.h"

#include <bit>
#include <set>
#include <utility>

#include "access/state_of.h"
#include "search/links.h"

namespace vesta::access {

std::size_t DecisionTable::slot_of(const Decision& decision) {
  // Fibonacci hashing, by the highest bits: neighbouring seqs of one grant go to slots far from each other.
  constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15;
  static_assert(std::has_single_bit(kMaxDecisions));
  return (decision.seq + decision.grant * kGolden) * kGolden >> (64 - std::countr_zero(kMaxDecisions));
}

bool DecisionTable::has(const Decision& decision) {
  const std::size_t slot = slot_of(decision);
  MutexLock lock(locks_[slot % kLocks]);
  return slots_[slot] == decision;
}

void DecisionTable::keep(const Decision& decision) {
  const std::size_t slot = slot_of(decision);
  MutexLock lock(locks_[slot % kLocks]);
  slots_[slot] = decision;
}

Decisions::Decisions(std::shared_ptr<DecisionTable> table, const search::Visibility& visible,
                     const fhir::Definitions& definitions)
    : table_(std::move(table)), grant_(table_->next_grant()) {
  for (fhir::TypeId type = 0; type < definitions.types().size(); ++type) {
    const std::set<fhir::TypeId> asked = search::linked_types(visible.guard(type));
    if (!asked.empty()) asked_.emplace(type, std::vector(asked.begin(), asked.end()));
  }
}

std::uint64_t Decisions::state(store::Store& store, fhir::TypeId type) const {
  const auto found = asked_.find(type);
  return found == asked_.end() ? 0 : state_of(store, found->second);
}

bool Decisions::sees(const store::Version& version, std::uint64_t state) const {
  return table_->has({grant_, version.seq.value, state});
}

void Decisions::saw(const store::Version& version, std::uint64_t state) const {
  table_->keep({grant_, version.seq.value, state});
}

}  // namespace vesta::access
