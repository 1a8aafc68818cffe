// Changes: when resources changed last, as far as a node has seen them change.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "fhir/definitions.h"

namespace vesta::store::postgres {

inline constexpr std::size_t kChangeSlots = 1 << 20;  // 8 MiB

// Of any number of resources in the same memory: those that share a slot have the newer one's seq, so that it may say
// too new, never too old. Not thread-safe.
class Changes {
 public:
  explicit Changes(std::size_t slots) : slots_(slots, 0) {}

  // From now on all changes after `floor` are noted; what was before is not known.
  void begin(std::int64_t floor) {
    floor_ = floor;
    std::fill(slots_.begin(), slots_.end(), 0);
  }
  void note(fhir::TypeId type, std::string_view id, std::int64_t seq) {
    if (slots_.empty()) return;
    std::int64_t& newest = slots_[slot_of(type, id)];
    newest = std::max(newest, seq);
  }
  // What was current as of this seq has not changed since, up to the last change that was noted.
  bool is_unchanged_since(fhir::TypeId type, std::string_view id, std::int64_t as_of) const {
    return !slots_.empty() && as_of >= floor_ && slots_[slot_of(type, id)] <= as_of;
  }

 private:
  std::size_t slot_of(fhir::TypeId type, std::string_view id) const {
    return (std::hash<std::string_view>{}(id) * 31 + type) % slots_.size();
  }

  std::int64_t floor_ = 0;
  std::vector<std::int64_t> slots_;
};

}  // namespace vesta::store::postgres
