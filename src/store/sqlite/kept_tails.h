// KeptTails: tails of versions that were read lately, as they are without compression.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "store/kept.h"

namespace vesta::store::sqlite {

inline constexpr std::size_t kMaxKeptTailBytes = 32 * 1024 * 1024;  // of all together, what finds them included
inline constexpr std::size_t kMaxKeptTail = 64 * 1024;              // a longer one is not kept

// OPTIMIZATION: half of a first page's time goes into decompression, and what is read once is often read again:
// patients by includes, pages of one patient. By seq, which tells a version for ever: nothing kept is ever wrong.
// Thread-safe.
class KeptTails {
 public:
  explicit KeptTails(std::size_t max_bytes = kMaxKeptTailBytes) : tails_(max_bytes) {}

  bool find(CommitSeq seq, std::string& tail) {
    std::optional<std::string> found = tails_.find(seq.value);
    if (found) tail = std::move(*found);
    return found.has_value();
  }
  void keep(CommitSeq seq, std::string_view tail) {
    if (tail.size() <= kMaxKeptTail) tails_.keep(seq.value, std::string(tail), tail.size());
  }
  // Of all together, as they count against the limit.
  std::size_t bytes() { return tails_.bytes(); }

 private:
  Kept<std::uint64_t, std::string> tails_;
};

}  // namespace vesta::store::sqlite
