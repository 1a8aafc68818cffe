// Order: how two values stand to each other, when the language may also say that it cannot tell.
#pragma once

#include <compare>
#include <cstdint>

namespace vesta::fhirpath {

// undecided: the empty collection, for instance for dates of different precision.
enum class Order : std::uint8_t { less, equal, greater, undecided };

inline Order to_order(std::strong_ordering ordering) {
  if (ordering < 0) return Order::less;
  return ordering > 0 ? Order::greater : Order::equal;
}

}  // namespace vesta::fhirpath
