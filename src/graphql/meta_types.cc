// The introspection schema, as the specification prints it.
#include "graphql/meta_types.h"

namespace vesta::graphql {
namespace {

constexpr MetaField kSchemaFields[] = {{"description", "String"},      {"types", "[__Type!]!"},
                                       {"queryType", "__Type!"},       {"mutationType", "__Type"},
                                       {"subscriptionType", "__Type"}, {"directives", "[__Directive!]!"}};
constexpr MetaField kTypeFields[] = {{"kind", "__TypeKind!"},
                                     {"name", "String"},
                                     {"description", "String"},
                                     {"fields", "[__Field!]", true},
                                     {"interfaces", "[__Type!]"},
                                     {"possibleTypes", "[__Type!]"},
                                     {"enumValues", "[__EnumValue!]", true},
                                     {"inputFields", "[__InputValue!]", true},
                                     {"ofType", "__Type"},
                                     {"specifiedByURL", "String"}};
constexpr MetaField kFieldFields[] = {
    {"name", "String!"}, {"description", "String"},    {"args", "[__InputValue!]!", true},
    {"type", "__Type!"}, {"isDeprecated", "Boolean!"}, {"deprecationReason", "String"}};
constexpr MetaField kInputValueFields[] = {{"name", "String!"},          {"description", "String"},
                                           {"type", "__Type!"},          {"defaultValue", "String"},
                                           {"isDeprecated", "Boolean!"}, {"deprecationReason", "String"}};
constexpr MetaField kEnumValueFields[] = {
    {"name", "String!"}, {"description", "String"}, {"isDeprecated", "Boolean!"}, {"deprecationReason", "String"}};
constexpr MetaField kDirectiveFields[] = {{"name", "String!"},
                                          {"description", "String"},
                                          {"locations", "[__DirectiveLocation!]!"},
                                          {"args", "[__InputValue!]!", true},
                                          {"isRepeatable", "Boolean!"}};
constexpr std::string_view kTypeKinds[] = {"SCALAR", "OBJECT",       "INTERFACE", "UNION",
                                           "ENUM",   "INPUT_OBJECT", "LIST",      "NON_NULL"};
constexpr std::string_view kDirectiveLocations[] = {"QUERY",
                                                    "MUTATION",
                                                    "SUBSCRIPTION",
                                                    "FIELD",
                                                    "FRAGMENT_DEFINITION",
                                                    "FRAGMENT_SPREAD",
                                                    "INLINE_FRAGMENT",
                                                    "VARIABLE_DEFINITION",
                                                    "SCHEMA",
                                                    "SCALAR",
                                                    "OBJECT",
                                                    "FIELD_DEFINITION",
                                                    "ARGUMENT_DEFINITION",
                                                    "INTERFACE",
                                                    "UNION",
                                                    "ENUM",
                                                    "ENUM_VALUE",
                                                    "INPUT_OBJECT",
                                                    "INPUT_FIELD_DEFINITION"};

constexpr MetaType kMetaTypes[] = {{"__Schema", kSchemaFields},       {"__Type", kTypeFields},
                                   {"__Field", kFieldFields},         {"__InputValue", kInputValueFields},
                                   {"__EnumValue", kEnumValueFields}, {"__Directive", kDirectiveFields},
                                   {"__TypeKind", {}, kTypeKinds},    {"__DirectiveLocation", {}, kDirectiveLocations}};

}  // namespace

std::span<const MetaType> meta_types() {
  return kMetaTypes;
}

std::optional<std::size_t> find_meta_type(std::string_view name) {
  for (std::size_t i = 0; i < std::size(kMetaTypes); ++i) {
    if (kMetaTypes[i].name == name) return i;
  }
  return std::nullopt;
}

std::string_view named_type(std::string_view type) {
  while (!type.empty() && (type.back() == '!' || type.back() == ']')) type.remove_suffix(1);
  while (!type.empty() && type.front() == '[') type.remove_prefix(1);
  return type;
}

}  // namespace vesta::graphql
