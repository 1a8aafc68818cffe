// The deadline of what a thread works on: waits deep below take it from here.
#pragma once

#include <chrono>

namespace vesta {

// While it lives, waits of this thread for what others have end by `deadline`. An inner scope replaces an outer one.
class DeadlineScope {
 public:
  explicit DeadlineScope(std::chrono::steady_clock::time_point deadline);
  ~DeadlineScope();
  DeadlineScope(const DeadlineScope&) = delete;
  DeadlineScope& operator=(const DeadlineScope&) = delete;

 private:
  std::chrono::steady_clock::time_point outer_;
};

// Of the innermost scope of this thread, or the end of time.
std::chrono::steady_clock::time_point current_deadline();
// The nearer one: `wait` from now, or current_deadline().
std::chrono::steady_clock::time_point deadline_within(std::chrono::milliseconds wait);
bool is_deadline_over();

}  // namespace vesta
