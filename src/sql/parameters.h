// Parameters: the values that are bound to a statement, and what its text says for each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "sql/dialect.h"

namespace vesta::sql {

// Many values of one type, or nulls: PostgreSQL's alone. It is moved, as its texts may be large.
class Array {
 public:
  explicit Array(Type type) : type_(type) {}
  Array(Array&&) = default;
  Array& operator=(Array&&) = default;
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;

  // Of booleans, integers and bigints; a real; a text or bytes.
  void add(std::int64_t value) { numbers_.emplace_back(value); }
  void add_real(double value);
  void add(std::string value) { texts_.emplace_back(owned_.emplace_back(std::move(value))); }
  // A text or bytes, without a copy: they stay until the statement was sent.
  void borrow(std::string_view value) { texts_.emplace_back(value); }
  void add_null();

  Type type() const { return type_; }
  bool is_of_texts() const { return type_ == Type::text || type_ == Type::bytes; }
  // One of the two has them all; a real is its bits.
  const std::vector<std::optional<std::int64_t>>& numbers() const { return numbers_; }
  const std::vector<std::optional<std::string_view>>& texts() const { return texts_; }

 private:
  Type type_;
  std::vector<std::optional<std::int64_t>> numbers_;
  std::vector<std::optional<std::string_view>> texts_;
  std::deque<std::string> owned_;  // they do not move when others come
};

struct Text {
  std::string value;
};
struct Bytes {
  std::string value;
};
using Value = std::variant<bool, std::int32_t, std::int64_t, double, Text, Bytes, Array>;

class Parameters {
 public:
  explicit Parameters(Dialect dialect) : dialect_(dialect) {}

  // Each returns what stands for the value in the statement: "$3".
  std::string boolean(bool value) { return add(value); }
  std::string integer(std::int32_t value) { return add(value); }
  std::string bigint(std::int64_t value) { return add(value); }
  std::string real(double value) { return add(value); }
  std::string text(std::string_view value) { return add(Text{std::string(value)}); }
  std::string bytes(std::string_view value) { return add(Bytes{std::string(value)}); }
  std::string array(Array value) { return add(std::move(value)); }
  std::string bigints(std::span<const std::int64_t> values);
  std::string integers(std::span<const std::int32_t> values);

  const std::vector<Value>& values() const { return values_; }

 private:
  std::string add(Value value);

  Dialect dialect_;
  std::vector<Value> values_;
};

}  // namespace vesta::sql
