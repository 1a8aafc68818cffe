// The types of introspection as tables.
// https://spec.graphql.org/October2021/#sec-Schema-Introspection.Schema-Introspection-Schema
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace vesta::graphql {

struct MetaField {
  std::string_view name;
  std::string_view type;
  bool takes_deprecated = false;  // has the argument includeDeprecated
};

struct MetaType {
  std::string_view name;
  std::span<const MetaField> fields;              // of an object
  std::span<const std::string_view> values = {};  // of an enum
};

std::span<const MetaType> meta_types();
std::optional<std::size_t> find_meta_type(std::string_view name);
// "__Type" of "[__Type!]!"
std::string_view named_type(std::string_view type);

}  // namespace vesta::graphql
