// The syntax tree of a document: operations, fragments, selections, values.
// https://spec.graphql.org/October2021/#sec-Document
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vesta::graphql {

// Of the document or, for a variable's, of its JSON. A reference to a variable has its name as text.
struct Value {
  enum class Kind : std::uint8_t { variable, integer, decimal, string, boolean, null, name, list, object };
  Kind kind = Kind::null;
  std::string text = {};                // as written; of a string its content
  std::vector<Value> items = {};        // of a list; of an object its values
  std::vector<std::string> names = {};  // of an object, beside its items
  std::uint32_t offset = 0;

  // Of the same meaning: places do not count.
  bool operator==(const Value& other) const {
    return kind == other.kind && text == other.text && items == other.items && names == other.names;
  }
};

struct Argument {
  std::string name;
  Value value;
  std::uint32_t offset = 0;

  bool operator==(const Argument& other) const { return name == other.name && value == other.value; }
};

struct Directive {
  std::string name;
  std::vector<Argument> arguments;
  std::uint32_t offset = 0;

  bool operator==(const Directive& other) const { return name == other.name && arguments == other.arguments; }
};

// A field, the spread of a named fragment, or an inline fragment.
struct Selection {
  enum class Kind : std::uint8_t { field, spread, inline_fragment };
  Kind kind = Kind::field;
  std::string name = {};   // of the field, of the fragment; of an inline one its type condition, or empty
  std::string alias = {};  // of a field: its response key
  std::vector<Argument> arguments = {};
  std::vector<Directive> directives = {};
  std::vector<Selection> selections = {};  // of a field: empty if it has none
  std::uint32_t offset = 0;
};

struct VariableDefinition {
  std::string name;
  std::string type;  // "[String!]!"
  std::optional<Value> default_value;
  std::vector<Directive> directives = {};
  std::uint32_t offset = 0;
};

struct Operation {
  enum class Kind : std::uint8_t { query, mutation, subscription };
  Kind kind = Kind::query;
  std::string name = {};  // may be empty
  std::vector<VariableDefinition> variables = {};
  std::vector<Directive> directives = {};
  std::vector<Selection> selections = {};
  std::uint32_t offset = 0;
};

struct Fragment {
  std::string name;
  std::string type_condition;
  std::vector<Directive> directives;
  std::vector<Selection> selections;
  std::uint32_t offset = 0;
};

struct Document {
  std::vector<Operation> operations;
  std::vector<Fragment> fragments;

  const Fragment* find_fragment(std::string_view name) const {
    for (const Fragment& fragment : fragments) {
      if (fragment.name == name) return &fragment;
    }
    return nullptr;
  }
};

}  // namespace vesta::graphql
