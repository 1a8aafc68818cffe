// CodeSystem: the concepts of a code system, their hierarchy and their properties, ready to be asked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fhir/node.h"
#include "terminology/names.h"

namespace vesta::terminology {

// The position of a concept in its CodeSystem.
using ConceptId = std::uint32_t;

struct Concept {
  std::string code;
  std::string display;  // may be empty
};

// What a property means to the hierarchy and to filters. https://hl7.org/fhir/R4/codesystem.html#defined-props
enum class PropertyRole : std::uint8_t {
  plain,
  parent,          // parent, subsumedBy: the code above
  child,           // the code below
  inactive,        // boolean, false where absent
  not_selectable,  // boolean, false where absent
};
struct Property {
  std::string code;
  PropertyRole role = PropertyRole::plain;
};

// Immutable after construction; any number of threads may read it.
class CodeSystem {
 public:
  // From the tree of a CodeSystem resource, of which nothing is kept.
  //
  // The hierarchy is what nesting, `parent`, `child` and `subsumedBy` say together, whatever `hierarchyMeaning` is:
  // search asks for "is-a, or hierarchical relationships" (https://hl7.org/fhir/R4/search.html#token). A code that
  // occurs twice is one concept with both places; a parent or child that is not defined is left out.
  CodeSystem(const Names& names, const fhir::Node& resource);

  const std::string& url() const { return url_; }
  const std::string& content() const { return content_; }
  // False for not-present, example, fragment, supplement: there are codes that are not known here.
  bool complete() const { return content_ == "complete"; }

  std::span<const Concept> concepts() const { return concepts_; }
  std::optional<ConceptId> find(std::string_view code) const;
  // https://hl7.org/fhir/R4/codesystem.html#defined-props: by `inactive`, and by `status` as R4's own systems use it.
  bool is_inactive(ConceptId id) const { return inactive_[id]; }

  std::vector<ConceptId> parents(ConceptId id) const;
  std::vector<ConceptId> children(ConceptId id) const;
  // With the concept itself, each once; loops in the hierarchy do no harm.
  std::vector<ConceptId> ancestors(ConceptId id) const;
  std::vector<ConceptId> descendants(ConceptId id) const;

  // The property's number among properties(), or nothing.
  std::optional<std::size_t> find_property(std::string_view code) const;
  std::span<const Property> properties() const { return properties_; }
  // The values of a concept's property as texts (of a Coding: its code).
  std::vector<std::string_view> property_values(ConceptId id, std::size_t property) const;

  std::size_t bytes() const;  // of memory, about
  // What one walk through everything looks at.
  std::size_t steps() const { return concepts_.size() + values_.size() + upwards_.size(); }

 private:
  using Edge = std::pair<ConceptId, ConceptId>;
  struct Value {
    ConceptId owner;
    std::uint32_t property;
    std::string text;
  };

  std::size_t add_property(std::string_view code, std::string_view uri);
  using Places = std::unordered_map<std::string_view, ConceptId>;  // by code
  void add_concepts(const Names& names, const fhir::Node& parent, std::optional<ConceptId> above, Places& places);
  void add_values(const Names& names, const fhir::Node& node, ConceptId owner);
  void index_codes();
  void link();
  void mark_inactive();
  std::vector<ConceptId> reach(ConceptId from, const std::vector<Edge>& edges) const;

  std::string url_, content_;
  std::vector<Concept> concepts_;
  std::vector<ConceptId> by_code_;  // sorted by code
  std::vector<Property> properties_;
  std::map<std::string, std::size_t, std::less<>> property_numbers_;  // by code
  std::vector<bool> inactive_;
  std::vector<Value> values_;              // sorted by (owner, property)
  std::vector<Edge> upwards_, downwards_;  // (child, parent), (parent, child); sorted
};

}  // namespace vesta::terminology
