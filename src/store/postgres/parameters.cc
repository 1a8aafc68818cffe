// Binary forms. https://www.postgresql.org/docs/15/protocol-message-formats.html; arrays: array_recv of the server.
#include "store/postgres/parameters.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <type_traits>
#include <utility>
#include <variant>

#include "sql/dialect.h"

namespace vesta::store::postgres {
namespace {

constexpr std::uint32_t kNull = 0xFFFFFFFF;

// Numbers in pg_type, which never change.
struct TypeNumbers {
  std::uint32_t one, array;
};
constexpr std::array<TypeNumbers, 6> kTypeNumbers = {
    {{16, 1000}, {23, 1007}, {20, 1016}, {701, 1022}, {25, 1009}, {17, 1001}}};

TypeNumbers numbers_of(sql::Type type) {
  return kTypeNumbers[static_cast<std::size_t>(type)];
}

std::size_t bytes_of(sql::Type type) {
  if (type == sql::Type::boolean) return 1;
  return type == sql::Type::integer ? 4 : 8;
}

void append_number(sql::Type type, std::int64_t value, std::string& out) {
  if (type == sql::Type::boolean)
    out.push_back(static_cast<char>(value != 0 ? 1 : 0));
  else if (type == sql::Type::integer)
    append_u32(static_cast<std::uint32_t>(value), out);
  else
    append_u64(static_cast<std::uint64_t>(value), out);
}

std::string binary_of(sql::Type type, std::int64_t value) {
  std::string out;
  append_number(type, value, out);
  return out;
}

// Dimensions, whether there are nulls, the element's type, and of the one dimension its size and first index; then
// each element with its length in front.
std::string binary_of(const sql::Array& array) {
  const std::size_t count = array.numbers().size() + array.texts().size();
  constexpr std::size_t kHead = 20, kLength = 4;
  std::size_t size = kHead + count * kLength + array.numbers().size() * bytes_of(array.type());
  bool has_null = false;
  for (const auto& text : array.texts()) size += text ? text->size() : 0;
  for (const auto& text : array.texts()) has_null = has_null || !text;
  for (const auto& number : array.numbers()) has_null = has_null || !number;
  std::string out;
  out.reserve(size);
  append_u32(count == 0 ? 0 : 1, out);
  append_u32(has_null ? 1 : 0, out);
  append_u32(numbers_of(array.type()).one, out);
  if (count == 0) return out;
  append_u32(static_cast<std::uint32_t>(count), out);
  append_u32(1, out);
  for (const auto& text : array.texts()) {
    append_u32(text ? static_cast<std::uint32_t>(text->size()) : kNull, out);
    if (text) out += *text;
  }
  const auto bytes = static_cast<std::uint32_t>(bytes_of(array.type()));
  for (const auto& number : array.numbers()) {
    append_u32(number ? bytes : kNull, out);
    if (number) append_number(array.type(), *number, out);
  }
  return out;
}

}  // namespace

std::optional<sql::Type> type_of_number(std::uint32_t number) {
  const auto found = std::ranges::find(kTypeNumbers, number, &TypeNumbers::one);
  if (found == kTypeNumbers.end()) return std::nullopt;
  return static_cast<sql::Type>(found - kTypeNumbers.begin());
}

void append_u32(std::uint32_t value, std::string& out) {
  const std::array<char, 4> bytes = {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
                                     static_cast<char>(value >> 8), static_cast<char>(value)};
  out.append(bytes.data(), bytes.size());
}

void append_u64(std::uint64_t value, std::string& out) {
  append_u32(static_cast<std::uint32_t>(value >> 32), out);
  append_u32(static_cast<std::uint32_t>(value), out);
}

BinaryValues::BinaryValues(const sql::Parameters& parameters) {
  using sql::Type;
  const std::size_t count = parameters.values().size();
  made_.reserve(count);
  types_.reserve(count);
  values_.reserve(count);
  lengths_.reserve(count);
  for (const sql::Value& value : parameters.values()) {
    std::visit(
        [this](const auto& each) {
          using Each = std::decay_t<decltype(each)>;
          if constexpr (std::is_same_v<Each, bool>)
            add_made(numbers_of(Type::boolean).one, binary_of(Type::boolean, each ? 1 : 0));
          else if constexpr (std::is_same_v<Each, std::int32_t>)
            add_made(numbers_of(Type::integer).one, binary_of(Type::integer, each));
          else if constexpr (std::is_same_v<Each, std::int64_t>)
            add_made(numbers_of(Type::bigint).one, binary_of(Type::bigint, each));
          else if constexpr (std::is_same_v<Each, double>)
            add_made(numbers_of(Type::real).one, binary_of(Type::real, std::bit_cast<std::int64_t>(each)));
          else if constexpr (std::is_same_v<Each, sql::Text>)
            add(numbers_of(Type::text).one, each.value);
          else if constexpr (std::is_same_v<Each, sql::Bytes>)
            add(numbers_of(Type::bytes).one, each.value);
          else
            add_made(numbers_of(each.type()).array, binary_of(each));
        },
        value);
  }
}

void BinaryValues::add(std::uint32_t type, std::string_view value) {
  types_.push_back(type);
  values_.push_back(value.data());
  lengths_.push_back(static_cast<int>(value.size()));
}

void BinaryValues::add_made(std::uint32_t type, std::string value) {
  add(type, made_.emplace_back(std::move(value)));
}

}  // namespace vesta::store::postgres
