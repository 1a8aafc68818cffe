// Parameters: the binary forms.
#include "store/postgres/parameters.h"

#include <bit>

namespace vesta::store::postgres {
void append_u32(std::uint32_t value, std::string& out) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

void append_u64(std::uint64_t value, std::string& out) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

void ArrayBuilder::add(std::string_view bytes) {
  ++count_;
  append_u32(static_cast<std::uint32_t>(bytes.size()), elements_);
  elements_ += bytes;
}

void ArrayBuilder::add_bigint(std::int64_t value) {
  ++count_;
  append_u32(8, elements_);
  append_u64(static_cast<std::uint64_t>(value), elements_);
}

void ArrayBuilder::add_integer(std::int32_t value) {
  ++count_;
  append_u32(4, elements_);
  append_u32(static_cast<std::uint32_t>(value), elements_);
}

Oid ArrayBuilder::array_oid() const {
  switch (element_) {
    case Oid::integer:
      return Oid::integer_array;
    case Oid::bigint:
      return Oid::bigint_array;
    case Oid::text:
      return Oid::text_array;
    case Oid::real:
      return Oid::real_array;
    default:
      return Oid::bytes_array;
  }
}

// Dimensions, whether there are nulls, the element's type, and of the one dimension its size and first index.
std::string ArrayBuilder::take() const {
  std::string out;
  append_u32(count_ == 0 ? 0 : 1, out);
  append_u32(1, out);
  append_u32(static_cast<std::uint32_t>(element_), out);
  if (count_ == 0) return out;
  append_u32(count_, out);
  append_u32(1, out);
  out += elements_;
  return out;
}

std::string Parameters::bigint(std::int64_t value) {
  std::string bytes;
  append_u64(static_cast<std::uint64_t>(value), bytes);
  return add(Oid::bigint, std::move(bytes));
}

std::string Parameters::integer(std::int32_t value) {
  std::string bytes;
  append_u32(static_cast<std::uint32_t>(value), bytes);
  return add(Oid::integer, std::move(bytes));
}

std::string Parameters::real(double value) {
  std::string bytes;
  append_u64(std::bit_cast<std::uint64_t>(value), bytes);
  return add(Oid::real, std::move(bytes));
}

std::string Parameters::bigints(std::span<const std::int64_t> values) {
  ArrayBuilder made(Oid::bigint);
  for (const std::int64_t value : values) made.add_bigint(value);
  return array(made);
}

std::string Parameters::integers(std::span<const std::int32_t> values) {
  ArrayBuilder made(Oid::integer);
  for (const std::int32_t value : values) made.add_integer(value);
  return array(made);
}

std::string Parameters::add(Oid type, std::string bytes) {
  types_.push_back(static_cast<std::uint32_t>(type));
  values_.push_back(std::move(bytes));
  return "$" + std::to_string(values_.size());
}

}  // namespace vesta::store::postgres
