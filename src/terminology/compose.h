// A ValueSet resource to the set of its codes: its definition by includes and excludes, or its stored expansion.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "fhir/node.h"
#include "terminology/code_set.h"
#include "terminology/code_system.h"
#include "terminology/filter.h"
#include "terminology/names.h"

namespace vesta::terminology {

inline constexpr std::size_t kMaxExpansion = 50'000;  // listed codes of a value set, or below or above one code

// What a value set refers to.
class Library {
 public:
  virtual ~Library() = default;
  // Null: there is none.
  virtual Result<std::shared_ptr<const CodeSystem>> code_system(std::string_view url, std::string_view version) = 0;
  // Errors as Service::expand.
  virtual Result<std::shared_ptr<const CodeSet>> value_set(std::string_view canonical) = 0;
};

// The codes of `resource`, a ValueSet. Its `compose` says them. Where that needs what is not here (unsupported,
// not_found), and where there is no compose, a stored expansion that is complete does.
//
// All codes of a system that is not here, or not completely, are the system as a whole; a filter on such a system is an
// error (unsupported), never a smaller set. Further errors: invalid (against the rules of ValueSet), too_large
// (kMaxExpansion, the budget). Source: https://hl7.org/fhir/R4/valueset.html#compositions
Result<CodeSet> evaluate_value_set(const Names& names, const fhir::Node& resource, Library& library,
                                   StepBudget& budget);

// The codes of `ValueSet.expansion`, if it is complete: not a page of it (`offset`, `total`), not cut or open
// (valueset-toocostly, valueset-unclosed), and made without parameters that leave codes out.
std::optional<CodeSet> read_expansion(const Names& names, const fhir::Node& resource);

// Error: too_large, naming `what`.
Status check_expansion_size(std::size_t codes, std::string_view what);

}  // namespace vesta::terminology
