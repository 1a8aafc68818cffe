// Parameters: the values of a statement, and their binary form in PostgreSQL's protocol.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/dialect.h"
#include "sql/parameters.h"

namespace vesta::store::postgres {

inline constexpr sql::Dialect kDialect = sql::Dialect::postgres;

struct Parameters : sql::Parameters {
  Parameters() : sql::Parameters(kDialect) {}
};

// By its number in pg_type; nullopt: none of ours.
std::optional<sql::Type> type_of_number(std::uint32_t number);

// Big-endian, as everything in the protocol.
void append_u32(std::uint32_t value, std::string& out);
void append_u64(std::uint64_t value, std::string& out);

// As libpq takes them. Texts and bytes are those of the parameters, which stay meanwhile.
class BinaryValues {
 public:
  explicit BinaryValues(const sql::Parameters& parameters);

  int size() const { return static_cast<int>(values_.size()); }
  const std::vector<std::uint32_t>& types() const { return types_; }  // by their numbers in pg_type
  const char* const* values() const { return values_.data(); }
  const int* lengths() const { return lengths_.data(); }

 private:
  void add(std::uint32_t type, std::string_view value);
  void add_made(std::uint32_t type, std::string value);

  std::vector<std::uint32_t> types_;
  std::vector<const char*> values_;
  std::vector<int> lengths_;
  std::vector<std::string> made_;  // it never grows beyond what was reserved: pointers go into it
};

}  // namespace vesta::store::postgres
