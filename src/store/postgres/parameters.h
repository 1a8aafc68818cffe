// Parameters: the values of a statement's $1, $2 …, in PostgreSQL's binary form.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vesta::store::postgres {

// The types of values by their numbers in pg_type, which never change.
enum class Oid : std::uint32_t {
  boolean = 16,
  bytes = 17,
  bigint = 20,
  integer = 23,
  text = 25,
  real = 701,
  bytes_array = 1001,
  integer_array = 1007,
  text_array = 1009,
  bigint_array = 1016,
  real_array = 1022,
};

// Big-endian, as everything in the protocol.
void append_u32(std::uint32_t value, std::string& out);
void append_u64(std::uint64_t value, std::string& out);

// A one-dimensional array; an element is its length and its bytes.
class ArrayBuilder {
 public:
  explicit ArrayBuilder(Oid element) : element_(element) {}
  void add(std::string_view bytes);
  void add_bigint(std::int64_t value);
  void add_integer(std::int32_t value);
  // With the length in front already; of a null 0xFFFFFFFF alone.
  void add_element(std::string_view element) {
    ++count_;
    elements_ += element;
  }
  std::size_t count() const { return count_; }
  Oid array_oid() const;
  std::string take() const;

 private:
  Oid element_;
  std::uint32_t count_ = 0;
  std::string elements_;
};

class Parameters {
 public:
  // Each returns the text that stands for the value in the statement: "$3".
  std::string bigint(std::int64_t value);
  std::string integer(std::int32_t value);
  std::string real(double value);
  std::string bytes(std::string_view value) { return add(Oid::bytes, std::string(value)); }
  std::string text(std::string_view value) { return add(Oid::text, std::string(value)); }
  std::string array(const ArrayBuilder& array) { return add(array.array_oid(), array.take()); }
  std::string bigints(std::span<const std::int64_t> values);
  std::string integers(std::span<const std::int32_t> values);

  std::size_t size() const { return values_.size(); }
  const std::vector<std::string>& values() const { return values_; }
  const std::vector<std::uint32_t>& types() const { return types_; }

 private:
  std::string add(Oid type, std::string bytes);

  std::vector<std::string> values_;
  std::vector<std::uint32_t> types_;
};

}  // namespace vesta::store::postgres
