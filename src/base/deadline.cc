// Variables of each thread.
#include "base/deadline.h"

#include <algorithm>
#include <utility>

namespace vesta {
namespace {

using SteadyClock = std::chrono::steady_clock;

thread_local SteadyClock::time_point deadline_of_thread = SteadyClock::time_point::max();
thread_local std::optional<SteadyClock::time_point> arrival_of_thread;

}  // namespace

DeadlineScope::DeadlineScope(SteadyClock::time_point deadline) : outer_(deadline_of_thread) {
  deadline_of_thread = deadline;
}

DeadlineScope::~DeadlineScope() {
  deadline_of_thread = outer_;
}

SteadyClock::time_point current_deadline() {
  return deadline_of_thread;
}

SteadyClock::time_point deadline_within(std::chrono::milliseconds wait) {
  return std::min(SteadyClock::now() + wait, deadline_of_thread);
}

bool is_deadline_over() {
  return SteadyClock::now() >= deadline_of_thread;
}

ArrivalScope::ArrivalScope(SteadyClock::time_point arrival) {
  arrival_of_thread = arrival;
}

ArrivalScope::~ArrivalScope() {
  arrival_of_thread.reset();
}

std::optional<SteadyClock::time_point> take_arrival() {
  return std::exchange(arrival_of_thread, std::nullopt);
}

}  // namespace vesta
