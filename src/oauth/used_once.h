// UsedOnce: what may be used once only (assertions of clients), remembered durably until it expires by itself.
// Format: docs/formats/used-once.md
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "store/store.h"

namespace vesta::oauth {

inline constexpr std::size_t kUsedMinutes = 16;           // how far ahead something may expire
inline constexpr std::size_t kMaxUsedPerMinute = 10'000;  // things that expire in the same minute

// Thread-safe. One process at a time works on a store: the memory is loaded once, and written before an answer.
class UsedOnce {
 public:
  // They outlive it.
  UsedOnce(store::Store& store, Clock& clock) : store_(store), clock_(clock) {}
  // Before the first use.
  Status load();

  // True: this is the first time; it stays so when the server falls. `until`: after it the thing is refused as expired,
  // at most kUsedMinutes - 1 minutes from now, else this is not the first time. Errors: busy (kMaxUsedPerMinute), those
  // of Store::commit.
  Result<bool> use(std::string_view thing, Instant until);

 private:
  // What expires in one minute; its place is the minute modulo kUsedMinutes.
  struct Minute {
    std::int64_t minute = -1;
    std::set<std::string, std::less<>> digests;
  };

  Status write(const Minute& minute);

  store::Store& store_;
  Clock& clock_;
  Mutex mutex_;
  std::array<Minute, kUsedMinutes> minutes_ GUARDED_BY(mutex_);
};

}  // namespace vesta::oauth
