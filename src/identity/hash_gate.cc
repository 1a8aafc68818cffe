// Counting those who hash and those who wait.
#include "identity/hash_gate.h"

namespace vesta::identity {

Result<HashGate::Pass> HashGate::enter() {
  const auto deadline = clock_.monotonic() + limits_.wait;
  MutexLock lock(mutex_);
  if (running_ >= limits_.running) {
    if (waiting_ >= limits_.waiting) return make_error(Category::busy, "too many are signing in");
    ++waiting_;
    bool in_time = true;
    while (running_ >= limits_.running && in_time) in_time = left_.wait_until(mutex_, deadline);
    --waiting_;
    if (running_ >= limits_.running) return make_error(Category::busy, "too many are signing in");
  }
  ++running_;
  return Pass(*this);
}

std::size_t HashGate::waiting() {
  MutexLock lock(mutex_);
  return waiting_;
}

void HashGate::leave() {
  {
    MutexLock lock(mutex_);
    --running_;
  }
  left_.notify_one();
}

}  // namespace vesta::identity
