// A JSON value that can be changed. Numbers keep their text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace vesta::json {

struct Member;

struct Value {
  enum class Kind { object, array, string, literal };
  Kind kind = Kind::literal;
  std::string text = "null";    // string: the content; literal: a number, true, false or null as written
  std::vector<Member> members;  // of an object, in their order
  std::vector<Value> items;     // of an array

  // The member's value, or null.
  Value* find(std::string_view name);
  const Value* find(std::string_view name) const;
};

struct Member {
  std::string name;
  Value value;
};

// Errors: those of Tokenizer::tokenize; invalid: a name that an object has twice.
Result<Value> parse_value(std::string_view text);
void append_value(const Value& value, std::string& out);

// As RFC 6902 compares: objects without regard to the order of members, numbers by what they are worth.
// https://www.rfc-editor.org/rfc/rfc6902#section-4.6
bool are_equal(const Value& left, const Value& right);

// The number of values in it, itself included, and of the levels of objects and arrays.
std::size_t count_of(const Value& value);
std::size_t depth_of(const Value& value);

}  // namespace vesta::json
