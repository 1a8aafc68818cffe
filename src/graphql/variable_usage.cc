// The rules, over the texts of types: "[String!]!".
#include "graphql/variable_usage.h"

namespace vesta::graphql {
namespace {

bool is_non_null(std::string_view type) {
  return type.ends_with('!');
}
std::string_view nullable(std::string_view type) {
  return is_non_null(type) ? type.substr(0, type.size() - 1) : type;
}

// https://spec.graphql.org/October2021/#AreTypesCompatible()
bool are_types_compatible(std::string_view variable, std::string_view location) {
  if (is_non_null(location))
    return is_non_null(variable) && are_types_compatible(nullable(variable), nullable(location));
  variable = nullable(variable);
  const bool are_lists = variable.starts_with('[') && location.starts_with('[');
  if (!are_lists) return variable == location;
  return are_types_compatible(variable.substr(1, variable.size() - 2), location.substr(1, location.size() - 2));
}

}  // namespace

// https://spec.graphql.org/October2021/#IsVariableUsageAllowed()
bool is_usage_allowed(const VariableDefinition& variable, std::string_view location, bool has_default) {
  const bool may_be_null = !is_non_null(variable.type);
  if (!is_non_null(location) || !may_be_null) return are_types_compatible(variable.type, location);
  const bool is_filled = variable.default_value && variable.default_value->kind != Value::Kind::null;
  return (is_filled || has_default) && are_types_compatible(variable.type, nullable(location));
}

}  // namespace vesta::graphql
