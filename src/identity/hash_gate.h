// HashGate: how many passwords are hashed at the same time, so that a flood of sign-ins has a bound in memory and time.
#pragma once

#include <chrono>
#include <cstddef>
#include <utility>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"

namespace vesta::identity {

inline constexpr std::size_t kMaxRunningHashes = 4;   // times kPasswordParameters.memory_kib: 128 MiB
inline constexpr std::size_t kMaxWaitingHashes = 16;  // workers that a flood holds up: fewer than a server has
inline constexpr std::chrono::seconds kMaxHashWait{5};

struct HashGateLimits {
  std::size_t running = kMaxRunningHashes;
  std::size_t waiting = kMaxWaitingHashes;
  std::chrono::steady_clock::duration wait = kMaxHashWait;
};

// Thread-safe. Outlives its passes.
class HashGate {
 public:
  // The right to hash, until it is destroyed.
  class Pass {
   public:
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Pass& operator=(Pass&&) = delete;
    ~Pass() {
      if (gate_ != nullptr) gate_->leave();
    }

   private:
    friend class HashGate;
    explicit Pass(HashGate& gate) : gate_(&gate) {}
    HashGate* gate_;
  };

  // `clock` must outlive it.
  explicit HashGate(Clock& clock, HashGateLimits limits = {}) : clock_(clock), limits_(limits) {}

  // Waits for its turn. Errors (busy): too many wait already, or the wait was too long.
  Result<Pass> enter();

  std::size_t waiting();

 private:
  void leave();

  Clock& clock_;
  const HashGateLimits limits_;
  Mutex mutex_;
  CondVar left_;
  std::size_t running_ GUARDED_BY(mutex_) = 0;
  std::size_t waiting_ GUARDED_BY(mutex_) = 0;
};

}  // namespace vesta::identity
