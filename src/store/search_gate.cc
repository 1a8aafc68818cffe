// SearchGate: a queue of threads, each with a condition of its own.
#include "store/search_gate.h"

#include <algorithm>
#include <thread>

#include "base/deadline.h"

namespace vesta::store {

std::size_t places_of_processors(double each) {
  return std::max<std::size_t>(static_cast<std::size_t>(each * std::thread::hardware_concurrency()), 2);
}

SearchGate::SearchGate(std::size_t places, std::chrono::milliseconds max_wait, std::chrono::milliseconds max_place)
    : places_(places), max_wait_(max_wait), max_place_(max_place) {}

std::uint64_t SearchGate::admit(Time now) {
  running_.emplace(++last_ticket_, now);
  return last_ticket_;
}

bool SearchGate::has_place(Time now) {
  if (running_.size() < places_) return true;
  const auto oldest = running_.begin();
  if (now - oldest->second < max_place_) return false;
  running_.erase(oldest);
  return true;
}

void SearchGate::admit_waiting(Time now) {
  while (!waiting_.empty() && has_place(now)) {
    Waiter& next = *waiting_.front();
    waiting_.pop_front();
    next.ticket = admit(now);
    next.called.notify_one();
  }
}

Result<SearchGate::Pass> SearchGate::enter() {
  Time now = std::chrono::steady_clock::now();
  const Time deadline = deadline_within(max_wait_);
  const MutexLock lock(mutex_);
  if (waiting_.empty() && has_place(now)) return Pass(*this, admit(now));
  Waiter self;
  waiting_.push_back(&self);
  while (self.ticket == 0 && now < deadline) {
    // Who has lost its place meanwhile tells nobody.
    self.called.wait_until(mutex_, std::min(deadline, now + max_place_));
    now = std::chrono::steady_clock::now();
    admit_waiting(now);
  }
  if (self.ticket != 0) return Pass(*this, self.ticket);
  std::erase(waiting_, &self);
  return make_error(Category::busy, "too many searches at the same time");
}

std::size_t SearchGate::waiting() {
  const MutexLock lock(mutex_);
  return waiting_.size();
}

void SearchGate::leave(std::uint64_t ticket) {
  const MutexLock lock(mutex_);
  running_.erase(ticket);
  admit_waiting(std::chrono::steady_clock::now());
}

}  // namespace vesta::store
