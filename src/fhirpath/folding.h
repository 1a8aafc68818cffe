// Folding: parts of an expression that need nothing but themselves are evaluated once, when it is bound.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.h"
#include "fhir/definitions.h"
#include "fhirpath/bound.h"
#include "fhirpath/names.h"
#include "fhirpath/typed.h"

namespace vesta::fhirpath {

// Of one expression; what would take more stays as it is, and is evaluated with the rest.
inline constexpr std::size_t kMaxFoldSteps = 10'000;     // of all its parts
inline constexpr std::size_t kMaxFoldedItems = 100;      // of one part
inline constexpr std::size_t kMaxFoldedBytes = 4 << 10;  // of their texts

// For one expression.
class Folder {
 public:
  Folder(const fhir::Definitions& definitions, const Names& names, std::string_view expression,
         std::size_t max_patterns)
      : definitions_(definitions), names_(names), expression_(expression), max_patterns_(max_patterns) {}

  // `bound`, or the constant that it is. A part that fails stays as it is too: its error is one of each evaluation, and
  // of those alone that come to it.
  BoundPtr fold(BoundPtr bound);
  // The first argument of `call`, if it is a constant, is a regular expression: it is compiled here, and kept unless it
  // is a large one, or one of very many. Errors (invalid): it is none.
  Status keep_pattern(Bound& call);
  std::size_t kept_patterns() const { return patterns_; }

 private:
  const fhir::Definitions& definitions_;
  const Names& names_;
  const std::string_view expression_;
  const std::size_t max_patterns_;
  std::size_t patterns_ = 0;
  std::size_t steps_ = 0;
};

}  // namespace vesta::fhirpath
