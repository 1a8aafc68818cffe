// KeptValues: what values of the index hold, as counted or read before: exact, or not there.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "store/kept.h"
#include "store/sqlite/value_counts.h"
#include "store/sqlite/value_stamps.h"

namespace vesta::store::sqlite {

inline constexpr std::size_t kMaxKeptValueBytes = 32 * 1024 * 1024;  // of all together, what finds them included

inline constexpr std::size_t kMaxKeptSetBytes = 64 * 1024 * 1024;  // the same of sets of targets

inline constexpr std::size_t kMaxDecidedCountBytes = 16 * 1024 * 1024;  // the same of counts behind shared plans

// Of keys that one search holds on to, kept or not; what would be more is read from the index.
inline constexpr std::size_t kMaxHeldKeyBytes = 8 * 1024 * 1024;

// Of a code of one system, a reference's target, a uri, or a set of targets.
struct KeptValue {
  std::optional<std::uint64_t> count;  // of its keys
  std::shared_ptr<const Keys> keys;    // all of them; immutable, so that searches share them; null: they were not read
  std::int64_t last_key = 0;           // of any resource then; keys that are given later are above
  // What searches have spent on reading it in parts, in rows, and how much that was when it was last thought about
  // reading the whole.
  std::int64_t spent = 0;
  std::int64_t considered = 0;
};

// Found by the whole value, not by a hash of it. Thread-safe.
class KeptValues {
 public:
  explicit KeptValues(std::size_t max_bytes = kMaxKeptValueBytes) : values_(max_bytes) {}

  ValueStamps& stamps() { return stamps_; }
  std::size_t bytes() { return values_.bytes() + sets_.bytes() + decided_.bytes(); }

 private:
  friend class ValueView;
  struct Stated {
    KeptValue value;
    std::uint64_t state = 0;  // a group after which it was so
  };
  struct Hash {
    std::size_t operator()(const Equality& equality) const { return count_key_of(equality); }
    std::size_t operator()(const TargetSet& set) const;
    std::size_t operator()(const DecidedValue& decided) const;
  };

  ValueStamps stamps_;
  Kept<Equality, Stated, Hash> values_;
  Kept<TargetSet, Stated, Hash> sets_{kMaxKeptSetBytes};
  Kept<DecidedValue, Stated, Hash> decided_{kMaxDecidedCountBytes};
};

// What one search may use of what is kept, and keep.
class ValueView {
 public:
  // Before the snapshot of the search begins. All else: once it has begun.
  explicit ValueView(KeptValues& values, std::size_t max_held_bytes = kMaxHeldKeyBytes)
      : values_(values), state_(values.stamps_.ended()), room_(max_held_bytes) {}

  std::uint64_t state() const { return state_; }
  static bool can_keep(const Equality& equality) { return equality.table != Equality::Table::word; }
  // What is not known is not there, nor are keys that there is no room for.
  struct Found {
    KeptValue value;
    bool has_grown = false;   // as it was before some that got keys later came to it
    bool lacks_room = false;  // for keys that others may use
  };
  Found find(const Equality& equality);
  // Is there room for so many keys more, which the search will hold? Then it is taken.
  bool hold(std::size_t keys);
  KeptValue find(const TargetSet& set);  // as it is in the snapshot
  Found find(const DecidedValue& decided);
  // `value` was read in the snapshot.
  void keep(const Equality& equality, KeptValue value) const;
  void keep(const TargetSet& set, KeptValue value) const;
  void keep(const DecidedValue& decided, KeptValue value) const;

 private:
  template <class Of, class Map>
  Found find_in(Map& map, const Of& of);
  template <class Of>
  bool may_keep(const Of& of) const;
  bool has_only_grown(const Equality& equality, std::uint64_t since) const;
  static bool has_only_grown(const TargetSet&, std::uint64_t) { return false; }  // which of them did is not told
  bool has_only_grown(const DecidedValue& decided, std::uint64_t since) const {
    return has_only_grown(decided.equality, since);
  }

  KeptValues& values_;
  const std::uint64_t state_;  // the first that the snapshot can have
  std::size_t room_;           // bytes that may still be held
};

}  // namespace vesta::store::sqlite
