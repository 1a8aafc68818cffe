// Profile: a StructureDefinition as a tree of rules. https://hl7.org/fhir/R4/profiling.html
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "fhir/definitions.h"
#include "fhir/node.h"

namespace vesta::validate {

inline constexpr std::size_t kMaxProfileElements = 5'000;  // ElementDefinitions of one profile
inline constexpr std::size_t kMaxProfileDepth = 32;        // elements in elements

inline constexpr std::string_view kStructureDefinition = "StructureDefinition";
inline constexpr std::uint32_t kUnbounded = std::numeric_limits<std::uint32_t>::max();

// How the slices of an element are told apart. https://hl7.org/fhir/R4/profiling.html#discriminator
struct Discriminator {
  enum class Kind : std::uint8_t { value, exists, type, profile };  // `pattern` is `value`
  Kind kind = Kind::value;
  std::string_view path;
};

struct RuleType {
  std::string_view code;
  std::vector<std::string_view> profiles;  // any of them
  std::vector<std::string_view> targets;   // of a reference: profiles of what it leads to
};

struct Constraint {
  std::string_view key;
  std::string_view expression;
};

// What an ElementDefinition says of an element. https://hl7.org/fhir/R4/elementdefinition.html
struct Rule {
  std::string_view name;   // "value" for value[x]; of the root its type
  std::string_view slice;  // the name, of a slice
  std::uint32_t min = 0;
  std::uint32_t max = kUnbounded;
  const fhir::Node* fixed = nullptr;
  const fhir::Node* pattern = nullptr;
  std::vector<RuleType> types;
  std::string_view value_set;  // of a required binding
  std::vector<Constraint> constraints;
  bool is_sliced = false;  // with `discriminators`
  bool is_closed = false;
  bool is_ordered = false;
  std::vector<Discriminator> discriminators;
  std::vector<Rule> children;
  std::vector<Rule> slices;

  const Rule* child(std::string_view wanted) const;
};

struct Profile {
  std::string_view url;
  std::string_view type;
  std::string_view base;      // what it derives from
  bool has_snapshot = false;  // else the rules are those of the differential, beside those of `base`
  Rule root;
};

// Views and nodes are those of `structure`, the tree of a StructureDefinition, which outlives the profile. Errors
// (invalid): it has no elements, or none that could be a tree; too many, or too deep ones, by the limit's name.
Result<std::unique_ptr<Profile>> read_profile(const fhir::Definitions& definitions, const fhir::Node& structure);

}  // namespace vesta::validate
