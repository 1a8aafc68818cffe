// Filters of a value set's include: which concepts of a code system satisfy one.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "terminology/code_system.h"

namespace vesta::terminology {

// Bounds what one value set may make us do: steps are concepts looked at, characters compared with a pattern and so on.
inline constexpr std::uint64_t kMaxExpansionSteps = 100'000'000;
class StepBudget {
 public:
  explicit StepBudget(std::uint64_t steps = kMaxExpansionSteps) : limit_(steps), left_(steps) {}
  // Error: too_large.
  Status spend(std::uint64_t steps);

 private:
  std::uint64_t limit_, left_;
};

// https://hl7.org/fhir/R4/valueset-definitions.html#ValueSet.compose.include.filter
struct Filter {
  std::string_view property;
  std::string_view op;
  std::string_view value;
};

// One bit for each concept of a complete system, by ConceptId.
using Selection = std::vector<bool>;

// Errors: unsupported (a property or operator that is not offered), invalid (a value that the operator cannot take),
// not_found (a code that the system does not have), too_large (the budget). Each names the filter and the system.
Result<Selection> select(const CodeSystem& system, const Filter& filter, StepBudget& budget);

}  // namespace vesta::terminology
