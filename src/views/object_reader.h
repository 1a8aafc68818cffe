// ObjectReader: one JSON object of a ViewDefinition, read exactly: what nobody asked for is an error.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/document.h"

namespace vesta::views {

// Category invalid, with one issue: a place such as "ViewDefinition.select[0].column[1].path", and what is wrong there.
Error view_error(std::string_view place, std::string_view message, std::string_view code = "invalid");

// "more than kMaxColumns (1000) columns": code too-costly.
Error limit_error(std::string_view place, std::string_view limit, std::size_t most, std::string_view things);

enum class JsonKind : unsigned char { string, boolean, object, array };

// `value` outlives the reader.
class ObjectReader {
 public:
  // Error: it is no object.
  static Result<ObjectReader> open(const json::Value& value, std::string place);

  const std::string& place() const { return place_; }
  std::string place_of(std::string_view name) const { return place_ + "." + std::string(name); }

  // Each takes one property. Errors: it is of another kind, or a string or array is empty.
  Result<std::optional<std::string>> string(std::string_view name);
  Result<std::string> required_string(std::string_view name);
  Result<std::optional<bool>> boolean(std::string_view name);
  Result<std::span<const json::Value>> array(std::string_view name);  // empty: it is not there
  Status accept(std::string_view name, JsonKind kind);
  // The properties whose names begin so, such as `value`; taken.
  std::vector<const json::Member*> beginning_with(std::string_view prefix);
  // What every element may have: id and extensions.
  Status accept_element();
  // Error: a property that was not taken. The `_name` of a primitive that may be there is none.
  Status finish() const;

 private:
  ObjectReader(const json::Value& value, std::string place);
  Result<const json::Value*> take(std::string_view name, JsonKind kind);

  const json::Value* value_;
  std::string place_;
  std::vector<bool> is_taken_;
  std::vector<std::string> primitives_;  // that were asked for
};

}  // namespace vesta::views
