// When what a thread works on came in, and its deadline: waits deep below take them from here.
#pragma once

#include <chrono>
#include <optional>

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

// While it lives, this thread works on what came in at `arrival`: what was acknowledged before must be seen, and may be
// looked for before the thread begins.
class ArrivalScope {
 public:
  explicit ArrivalScope(std::chrono::steady_clock::time_point arrival);
  ~ArrivalScope();
  ArrivalScope(const ArrivalScope&) = delete;
  ArrivalScope& operator=(const ArrivalScope&) = delete;
};

// Once in a scope, then nothing, as outside of one: who has seen or written anything must not go back behind it.
std::optional<std::chrono::steady_clock::time_point> take_arrival();

}  // namespace vesta
