// The values of one parameter among all of one kind.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "search/parameter.h"

namespace vesta::search {

// A part of `values`, as the vectors of IndexValues are sorted by parameter first.
template <class Value>
std::span<const Value> values_of(const std::vector<Value>& values, ParameterId parameter) {
  const auto begin = std::ranges::lower_bound(values, parameter, {}, &Value::parameter);
  const auto end = std::ranges::upper_bound(begin, values.end(), parameter, {}, &Value::parameter);
  return {begin, end};
}

}  // namespace vesta::search
