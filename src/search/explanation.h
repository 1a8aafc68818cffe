// Explanation: how a store answered a search, as a tree of steps with what was expected and what was found.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace vesta::search {

struct PlanStep {
  std::string what;                               // "token Observation.code = http://loinc.org|8480-6 (drives)"
  std::optional<std::uint64_t> estimated;         // rows, before it ran
  std::optional<std::uint64_t> rows;              // keys that it gave or let through
  std::optional<std::chrono::microseconds> time;  // spent in it and below, if it ran
  std::vector<PlanStep> children;                 // in the order in which they ran
  bool is_at_least = false;                       // the count behind `estimated` ended at its limit
};

}  // namespace vesta::search
