// Scale: a decimal text times a unit's factor, in machine integers where they suffice.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ucum/number.h"

namespace vesta::ucum {

// OPTIMIZATION: nearly all factors and values are short. Gives the text that Number would give, about five times as
// fast.
class Scale {
 public:
  explicit Scale(const Number& factor);

  // nullopt where the numbers are too long for it: then Number has to do it.
  std::optional<std::string> apply(const DecimalText& value) const;

 private:
  bool is_small_ = false;
  std::uint64_t numerator_ = 0;
  std::uint32_t denominator_ = 1;
  int exponent_ = 0;
};

}  // namespace vesta::ucum
