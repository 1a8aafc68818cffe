// ValueStamps: which of the writer's groups changed the index rows of a value last, or added some behind all that there
// were, and which groups searches can see.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

#include "store/sqlite/index_rows.h"
#include "store/sqlite/leaves.h"

namespace vesta::store::sqlite {

inline constexpr std::size_t kValueStamps = 16'384;  // values share stamps: one may seem changed that is not
inline constexpr std::size_t kTypeStamps = 256;      // and so may types, of which R4 has fewer

// Groups have numbers in the order of their commits. Who loads `ended` before its snapshot begins and `begun` after it
// has begun, sees a state between the two, both included. The stamps of a group are there before it is begun. So a
// value whose stamp is not above a state has the same rows in each state from that one to the snapshot's.
//
// The writer's thread calls what changes anything; all else is thread-safe.
class ValueStamps {
 public:
  ValueStamps() : stamps_(kValueStamps) {}

  // The group at work gives keys from here on: above those of all groups before it.
  void begin_keys(std::int64_t next_key) { next_key_ = next_key; }
  // The group at work writes or takes away these rows.
  void touch(const IndexRows& rows);
  // The group at work writes a resource of the type; `had_row`: one that had a row before.
  void touch(fhir::TypeId type, bool had_row);
  // The group at work may change the rows of any value, and any resource.
  void touch_all() { all_.store(group(), std::memory_order_release); }
  // From now on snapshots may have the group.
  void begin() { begun_.store(group(), std::memory_order_seq_cst); }
  // Snapshots that begin from now on have it, or none ever will.
  void end();

  std::uint64_t ended() const { return ended_.load(std::memory_order_seq_cst); }
  std::uint64_t begun() const { return begun_.load(std::memory_order_seq_cst); }
  // The last group that may have changed the rows of the value.
  std::uint64_t changed(const Equality& equality) const { return last(&Stamp::changed, equality); }
  std::uint64_t changed(const TargetSet& set) const;
  std::uint64_t changed(const DecidedValue& decided) const { return changed(decided.equality); }
  // The last one that may have done more than to add some of new keys.
  std::uint64_t rewritten(const Equality& equality) const { return last(&Stamp::rewritten, equality); }
  // The last group that may have written a resource of the type at all, or one that had a row before.
  std::uint64_t written(fhir::TypeId type) const;
  std::uint64_t rewritten(fhir::TypeId type) const;
  // Before anything is kept: until then the writer spares itself the single stamps.
  void use() { is_used_.store(true, std::memory_order_relaxed); }

 private:
  struct Stamp {
    std::atomic<std::uint64_t> changed{0}, rewritten{0};
  };
  using Which = std::atomic<std::uint64_t> Stamp::*;

  std::uint64_t group() const { return ended_.load(std::memory_order_relaxed) + 1; }
  void touch(std::size_t hash, std::int64_t key);
  std::uint64_t last(Which which, std::size_t hash) const {
    return (stamps_[hash % kValueStamps].*which).load(std::memory_order_acquire);
  }
  std::uint64_t last(Which which, const Equality& equality) const;

  std::int64_t next_key_ = INT64_MAX;  // before the group at work; until it is known, none is new
  std::vector<Stamp> stamps_;          // of values, by their hash
  std::array<std::atomic<std::uint64_t>, kTypeStamps> written_{}, rewritten_{};  // of types
  std::atomic<std::uint64_t> all_{0}, begun_{0}, ended_{0};
  std::atomic<bool> is_used_{false};
};

}  // namespace vesta::store::sqlite
