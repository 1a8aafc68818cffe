// SearchGate: how many searches run at the same time. First come, first served.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <utility>

#include "base/mutex.h"
#include "base/result.h"

namespace vesta::store {

// `each` for a processor of this machine, two at least.
std::size_t places_of_processors(double each);

inline constexpr std::chrono::milliseconds kMaxSearchWait{10'000};  // or current_deadline(); then busy
inline constexpr std::chrono::milliseconds kMaxSearchPlace{50};     // a longer search no longer counts

// Searches are bound by the processors, here or of the database. When all threads of a server search at the same time,
// they take the processors from each other in the middle of their work, and most end late; one after the other, most
// end early. A search that takes long loses its place, though not its run: the next ones do not wait for it.
//
// Thread-safe. A thread that holds a pass must not ask for a second one.
class SearchGate {
 public:
  // `places`: how many may run.
  explicit SearchGate(std::size_t places, std::chrono::milliseconds max_wait = kMaxSearchWait,
                      std::chrono::milliseconds max_place = kMaxSearchPlace);

  // The right to run, for its life.
  class Pass {
   public:
    Pass(SearchGate& gate, std::uint64_t ticket) : gate_(&gate), ticket_(ticket) {}
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)), ticket_(other.ticket_) {}
    Pass& operator=(Pass&&) = delete;
    ~Pass() {
      if (gate_ != nullptr) gate_->leave(ticket_);
    }

   private:
    SearchGate* gate_;
    std::uint64_t ticket_;
  };
  Result<Pass> enter() EXCLUDES(mutex_);

  // How many wait for their turn.
  std::size_t waiting() EXCLUDES(mutex_);

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Waiter {
    CondVar called;
    std::uint64_t ticket = 0;  // not yet admitted
  };

  std::uint64_t admit(Time now) REQUIRES(mutex_);
  // Those whose turn it is.
  void admit_waiting(Time now) REQUIRES(mutex_);
  bool has_place(Time now) REQUIRES(mutex_);
  void leave(std::uint64_t ticket) EXCLUDES(mutex_);

  const std::size_t places_;
  const std::chrono::milliseconds max_wait_;
  const std::chrono::milliseconds max_place_;
  Mutex mutex_;
  std::map<std::uint64_t, Time> running_ GUARDED_BY(mutex_);  // by ticket: the oldest first
  std::deque<Waiter*> waiting_ GUARDED_BY(mutex_);
  std::uint64_t last_ticket_ GUARDED_BY(mutex_) = 0;
};

}  // namespace vesta::store
