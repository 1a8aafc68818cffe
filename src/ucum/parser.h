// The terms of UCUM as a tree, and the parser that builds it from a code.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ucum/tables.h"

namespace vesta::ucum {

inline constexpr std::size_t kMaxCodeLength = 256;  // bytes
inline constexpr int kMaxGroupDepth = 16;           // parentheses in parentheses
inline constexpr int kMaxUnitExponent = 999;        // either sign

// One operand of a term, and how it joins what stands left of it.
struct Component {
  enum class Operator : std::uint8_t { multiply, divide };
  enum class Kind : std::uint8_t {
    unit,        // prefix, unit, exponent
    factor,      // digits
    annotation,  // alone: the unity
    group,       // a term in parentheses
  };
  Operator joined_by = Operator::multiply;
  Kind kind = Kind::unit;
  const PrefixDefinition* prefix = nullptr;  // may be absent
  const UnitDefinition* unit = nullptr;
  int exponent = 1;
  bool has_exponent = false;
  std::string_view digits;      // of a factor: a positive integer. A view of the code
  std::string_view annotation;  // with its braces. A view of the code
  std::vector<Component> group;
};

// From left to right, all operators bind alike: a/b.c is (a/b).c.
struct Term {
  bool begins_with_divide = false;  // "/m": then the first component is joined by divide
  std::vector<Component> components;
};

// The whole grammar of https://ucum.org/ucum#section-Syntax-Rules in its case-sensitive form. `code` must outlive the
// term. The empty code is the unity: a term without components. Errors: invalid, or too_large beyond a limit; with the
// column where it is, counted in bytes from 1.
Result<Term> parse(std::string_view code);

}  // namespace vesta::ucum
