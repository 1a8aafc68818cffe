// Parameters: their numbers, and arrays.
#include "sql/parameters.h"

#include <bit>

namespace vesta::sql {

void Array::add_real(double value) {
  add(std::bit_cast<std::int64_t>(value));
}

void Array::add_null() {
  if (is_of_texts())
    texts_.emplace_back();
  else
    numbers_.emplace_back();
}

std::string Parameters::bigints(std::span<const std::int64_t> values) {
  Array made(Type::bigint);
  for (const std::int64_t value : values) made.add(value);
  return array(std::move(made));
}

std::string Parameters::integers(std::span<const std::int32_t> values) {
  Array made(Type::integer);
  for (const std::int32_t value : values) made.add(value);
  return array(std::move(made));
}

std::string Parameters::add(Value value) {
  values_.push_back(std::move(value));
  return placeholder(dialect_, values_.size());
}

}  // namespace vesta::sql
