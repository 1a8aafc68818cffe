// A JSON value for tests: keeps the text of numbers, compares without regard to the order of properties.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vesta::tests {

// Independent of the server's own reader and writer on purpose: it judges them.
struct JsonValue {
  enum class Kind { null, boolean, number, string, array, object };
  Kind kind = Kind::null;
  bool truth = false;
  std::string text;                                        // of a string (unescaped) or a number (as written)
  std::vector<JsonValue> items;                            // of an array
  std::vector<std::pair<std::string, JsonValue>> members;  // of an object, in the order of the text

  // Defined where the type is complete: clang asks that of a vector of pairs.
  JsonValue();
  JsonValue(const JsonValue& other);
  JsonValue(JsonValue&& other) noexcept;
  JsonValue& operator=(const JsonValue& other);
  JsonValue& operator=(JsonValue&& other) noexcept;
  ~JsonValue();

  const JsonValue* find(std::string_view name) const;
  JsonValue* find(std::string_view name);
  void erase(std::string_view name);
  // The text of a string, number or boolean; empty for the others.
  std::string as_text() const;
};

// The value of `text`, or nothing if it is no JSON (RFC 8259) or repeats a property.
std::optional<JsonValue> parse_json(std::string_view text);

// The path of the first difference ("$.name[0].family: "A" against "B""), or nothing if both mean the same.
std::optional<std::string> first_difference(const JsonValue& left, const JsonValue& right, const std::string& at = "$");

std::string to_text(const JsonValue& value);

// The values at a path such as "$.entry[0].resource.name"; of each item: "$.entry[*].resource.id"; of the items with a
// member of that text: "$.link[relation=next].url".
// Nothing if it is no path; an empty list if there is nothing there.
std::optional<std::vector<const JsonValue*>> select(const JsonValue& root, std::string_view path);

}  // namespace vesta::tests
