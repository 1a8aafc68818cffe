// The directives that a query may have: those of GraphQL, and those of FHIR that reshape the answer.
// https://hl7.org/fhir/R4/graphql.html#flattening
#pragma once

#include <array>
#include <span>
#include <string_view>

namespace vesta::graphql {

struct DirectiveArgument {
  std::string_view name;
  std::string_view type;
};

struct DirectiveDefinition {
  std::string_view name;
  std::string_view description;
  std::span<const DirectiveArgument> arguments;
  bool is_for_fragments;  // beside fields
};

inline constexpr DirectiveArgument kConditionArguments[] = {{"if", "Boolean!"}};
// The page calls it `path` in its examples and `fhirpath` in its text.
inline constexpr DirectiveArgument kSliceArguments[] = {{"path", "String"}, {"fhirpath", "String"}};

inline constexpr std::array<DirectiveDefinition, 6> kDirectives = {{
    {"skip", "Leaves the selection out if true.", kConditionArguments, true},
    {"include", "Leaves the selection out if false.", kConditionArguments, true},
    {"flatten", "The fields of the element stand in the place of the element.", {}, false},
    {"first", "Takes the first of the elements alone.", {}, false},
    {"singleton", "The field is one value and no list.", {}, false},
    {"slice", "Each element goes to a field of its own: a dot and the result of the path are added to the name.",
     kSliceArguments, false},
}};

constexpr const DirectiveDefinition* find_directive(std::string_view name) {
  for (const DirectiveDefinition& each : kDirectives) {
    if (each.name == name) return &each;
  }
  return nullptr;
}

}  // namespace vesta::graphql
