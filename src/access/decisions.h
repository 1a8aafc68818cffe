// Decisions: which versions somebody was found to see, kept as long as all that it was decided by is as it was.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "base/ids.h"
#include "base/mutex.h"
#include "base/thread_annotations.h"
#include "search/plan.h"
#include "search/visibility.h"
#include "store/store.h"

namespace vesta::access {

inline constexpr std::size_t kMaxDecisions = 1 << 18;  // of all grants; one more takes the place of one of before

// Of all grants. Thread-safe; bounded: it is made as large as it will be.
class DecisionTable {
 public:
  // Who was found to see what, and in which state of the store.
  struct Decision {
    std::uint64_t grant = 0;
    std::uint64_t seq = 0;
    std::uint64_t state = 0;
    bool operator==(const Decision&) const = default;
  };

  DecisionTable() : slots_(kMaxDecisions) {}

  std::uint64_t next_grant() { return ++grants_; }
  bool has(const Decision& decision);
  void keep(const Decision& decision);

 private:
  static constexpr std::size_t kLocks = 64;

  static std::size_t slot_of(const Decision& decision);

  std::atomic<std::uint64_t> grants_{0};
  std::array<Mutex, kLocks> locks_;  // that of a slot: its number modulo kLocks
  std::vector<Decision> slots_;
};

// Of one grant. A version is known by its CommitSeq: what it says never changes, so that only what its guard asks of
// others can make a decision another one. Thread-safe.
class Decisions {
 public:
  // `visible`: for each type the guard that decides; it is not kept.
  Decisions(std::shared_ptr<DecisionTable> table, const search::Visibility& visible,
            const fhir::Definitions& definitions);

  // Another one after each commit that may change what the guard of the type decides of a version. Ask for it before
  // anything is decided that is to be kept with it.
  std::uint64_t state(store::Store& store, fhir::TypeId type) const;
  // Does the guard of the type lead to other resources? Else a version is decided by what it says itself.
  bool asks_others(fhir::TypeId type) const { return asked_.contains(type); }
  bool sees(const store::Version& version, std::uint64_t state) const;
  void saw(const store::Version& version, std::uint64_t state) const;

 private:
  std::shared_ptr<DecisionTable> table_;
  std::uint64_t grant_;
  std::map<fhir::TypeId, std::vector<fhir::TypeId>> asked_;  // by type: those that its guard leads to
};

}  // namespace vesta::access
