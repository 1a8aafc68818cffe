// From the JSON of variables to values of their declared types.
#include "graphql/variables.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "graphql/limits.h"
#include "json/document.h"

namespace vesta::graphql {
namespace {

bool is_integer_text(std::string_view text) {
  std::int32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

Value value_of_json(const json::Value& json, std::uint32_t offset) {
  Value value;
  value.offset = offset;
  switch (json.kind) {
    case json::Value::Kind::string:
      value.kind = Value::Kind::string;
      value.text = json.text;
      break;
    case json::Value::Kind::array:
      value.kind = Value::Kind::list;
      for (const json::Value& item : json.items) value.items.push_back(value_of_json(item, offset));
      break;
    case json::Value::Kind::object:
      value.kind = Value::Kind::object;
      for (const json::Member& member : json.members) {
        value.names.push_back(member.name);
        value.items.push_back(value_of_json(member.value, offset));
      }
      break;
    case json::Value::Kind::literal:
      value.text = json.text;
      if (json.text == "null") break;
      value.kind = json.text == "true" || json.text == "false"           ? Value::Kind::boolean
                   : json.text.find_first_of(".eE") == std::string::npos ? Value::Kind::integer
                                                                         : Value::Kind::decimal;
      break;
  }
  return value;
}

// Coerces values to types, by the names of the schema's scalars.
class Coercion {
 public:
  explicit Coercion(const fhir::Definitions& definitions) : definitions_(definitions) {}

  bool is_input(std::string_view type) const {
    while (!type.empty() && (type.back() == '!' || type.back() == ']')) type.remove_suffix(1);
    while (!type.empty() && type.front() == '[') type.remove_prefix(1);
    if (type == "Float") return true;
    return std::ranges::any_of(definitions_.types(), [&](const fhir::Type& each) {
      return each.primitive != fhir::Primitive::none && scalar_name(each.name) == type;
    });
  }

  // False: it is no value of the type. A single value becomes a list of one where a list is wanted.
  bool coerce(std::string_view type, Value& value) const {
    if (type.ends_with('!')) {
      return value.kind != Value::Kind::null && coerce(type.substr(0, type.size() - 1), value);
    }
    if (value.kind == Value::Kind::null) return true;
    if (!type.starts_with('[')) return is_scalar(type, value);
    const std::string_view inner = type.substr(1, type.size() - 2);
    if (value.kind != Value::Kind::list) {
      Value list{.kind = Value::Kind::list, .offset = value.offset};
      list.items.push_back(std::move(value));
      value = std::move(list);
    }
    return std::ranges::all_of(value.items, [&](Value& item) { return coerce(inner, item); });
  }

 private:
  static bool is_scalar(std::string_view type, const Value& value) {
    using Kind = Value::Kind;
    if (type == "Boolean") return value.kind == Kind::boolean;
    if (type == "Int") return value.kind == Kind::integer && is_integer_text(value.text);
    if (type == "Float") return value.kind == Kind::integer || value.kind == Kind::decimal;
    if (type == "String") return value.kind == Kind::string;
    if (type == "ID") return value.kind == Kind::string || value.kind == Kind::integer;
    return value.kind == Kind::string || value.kind == Kind::integer || value.kind == Kind::decimal ||
           value.kind == Kind::boolean || value.kind == Kind::name;
  }

  const fhir::Definitions& definitions_;
};

// The object that the JSON text is; nothing else will do.
Value read_object(std::string_view json, Problems& problems) {
  Value object{.kind = Value::Kind::object};
  if (json.empty()) return object;
  if (json.size() > kMaxVariablesBytes) {
    problems.add(over_limit("kMaxVariablesBytes", kMaxVariablesBytes, "bytes of variables"));
    return object;
  }
  auto parsed = json::parse_value(json);
  if (!parsed.ok()) {
    problems.add({"The variables are no JSON: " + problem_of(parsed.error()).message});
  } else if (parsed->kind == json::Value::Kind::object) {
    return value_of_json(*parsed, 0);
  } else if (parsed->kind != json::Value::Kind::literal || parsed->text != "null") {
    problems.add({"The variables must be a JSON object."});
  }
  return object;
}

}  // namespace

std::string_view scalar_name(std::string_view primitive) {
  if (primitive == "boolean") return "Boolean";
  if (primitive == "integer") return "Int";
  if (primitive == "string") return "String";
  if (primitive == "id") return "ID";
  return primitive;
}

// 1. Of each variable: its value, or its default. 2. None is an error if its type is not nullable. 3. The value is
// coerced to the type.
Variables read_variables(const fhir::Definitions& definitions, const Operation& operation, std::string_view json,
                         Problems& problems) {
  Variables variables;
  Value given = read_object(json, problems);
  const Coercion coercion(definitions);
  const auto report = [&](const VariableDefinition& variable, std::string what) {
    problems.add(variable.offset, {"Variable '$" + variable.name + "' " + std::move(what), Category::invalid, "value"});
  };
  for (const VariableDefinition& variable : operation.variables) {
    if (!coercion.is_input(variable.type)) {
      report(variable, "has the type " + variable.type + ", which is no input type.");
      continue;
    }
    std::optional<Value> value = variable.default_value;
    const auto found = std::find(given.names.begin(), given.names.end(), variable.name);
    if (found != given.names.end()) value = given.items[static_cast<std::size_t>(found - given.names.begin())];
    if (!value) {
      if (variable.type.ends_with('!')) report(variable, "of the type " + variable.type + " needs a value.");
      continue;
    }
    if (!coercion.coerce(variable.type, *value)) {
      report(variable, "has a value that is none of the type " + variable.type + ".");
      continue;
    }
    variables.emplace(variable.name, std::move(*value));
  }
  return variables;
}

}  // namespace vesta::graphql
