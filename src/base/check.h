// CHECK: an assertion that is always on. Never reachable from input; a failure is a defect and ends the process.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace vesta {
[[noreturn]] inline void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "CHECK failed: %s at %s:%d\n", condition, file, line);
  std::abort();
}
}  // namespace vesta

#define CHECK(condition) ((condition) ? void(0) : ::vesta::check_failed(#condition, __FILE__, __LINE__))
