// Parameter: one search parameter of one resource type, and the Registry that holds all of them.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/definitions.h"

namespace vesta::fhirpath {
class Program;
}
namespace vesta::ucum {
class UnitCache;
}

namespace vesta::search {

// Dense number of a (resource type, code) pair within one Registry; never persisted: a store keeps its own numbers by
// name.
using ParameterId = std::uint16_t;
inline constexpr ParameterId kNoParameter = 0xFFFF;

// Which part of its elements a parameter is about. Some modifiers look at other parts than the parameter itself does:
// each such part is a Parameter of its own, with values of its own, so that engines and the matcher know of none of it.
// https://hl7.org/fhir/R4/search.html#modifiers
enum class Facet : std::uint8_t {
  value,
  text,        // of a token: display, text, type.text; kind string; code "code:text"
  of_type,     // of a token: identifiers with their type; kind token; code "identifier:of-type"
  identifier,  // of a reference: Reference.identifier; kind token; code "subject:identifier"
  // Kind uri; code "questionnaire:canonical" or "url:canonical". Of a reference: the canonicals in it, without their
  // fragments. Of the `url` of a resource: the canonicals that lead to it, `url` and `url|version`.
  canonical,
  component,  // of a composite: one of its components; code "code-value-quantity$0"
};

struct Parameter {
  ParameterId id = kNoParameter;
  fhir::TypeId type = fhir::kNoType;                            // the concrete resource type
  fhir::SearchParamType kind = fhir::SearchParamType::special;  // of its values
  std::string_view code;                                        // "birthdate"; with the suffix of its facet
  const fhir::SearchParameter* definition = nullptr;
  // Bound to `type`; of a composite: yields its elements. Null for what no expression of its own extracts: _id and
  // _lastUpdated (columns of the resource), _text and _content (words), _filter and _query, facets and components.
  const fhirpath::Program* program = nullptr;
  Facet facet = Facet::value;
  // The ids of its facets, kNoParameter for those that it has not; of a composite: of its components, in order.
  ParameterId text = kNoParameter, of_type = kNoParameter, identifier = kNoParameter, canonical = kNoParameter;
  std::vector<ParameterId> components;
};

struct Vocabulary;

// One expression of a resource type and the parameters that take their values from it: it is evaluated once for all.
struct ExtractionStep {
  const fhirpath::Program* program;
  std::vector<ParameterId> parameters;
};

// The composites of a resource type whose elements one expression yields. Each type of element has programs of its own
// for the components; several composites share them.
struct CompositeStep {
  struct Composite {
    ParameterId parameter;
    std::vector<std::uint8_t> programs;  // of each component: an index into those of the focus
  };
  struct Focus {
    fhir::TypeId type;  // of the element: Observation, Observation.component, UsageContext …
    std::vector<const fhirpath::Program*> programs;
    std::vector<Composite> composites;
  };
  const fhirpath::Program* program;
  std::vector<Focus> foci;
};
inline constexpr std::size_t kMaxComponents = 16;  // of one composite; R4's have two or three

// The parameters of a resource type that hold words. https://hl7.org/fhir/R4/search.html#text
struct WordParameters {
  ParameterId text = kNoParameter;     // `_text`: of the narrative
  ParameterId content = kNoParameter;  // `_content`: of the whole resource
};

// The parameters of a resource type that canonicals lead to: one that has a `url` and a `version` of its own (the url
// of a Device or of a Contract is something else). https://hl7.org/fhir/R4/references.html#canonical
struct CanonicalParameters {
  ParameterId url = kNoParameter;
  ParameterId version = kNoParameter;
  ParameterId names = kNoParameter;  // the facet of `url`; kNoParameter: no canonical leads to the type
};

// All parameters of all resource types, with their expressions compiled. Immutable after construction, read by any
// thread.
class Registry {
 public:
  explicit Registry(const fhir::Definitions& definitions);
  ~Registry();

  const fhir::Definitions& definitions() const { return definitions_; }
  const Parameter& parameter(ParameterId id) const { return parameters_[id]; }
  std::span<const Parameter> parameters() const { return parameters_; }
  // The parameters of one resource type, sorted by code, facets among them.
  std::span<const Parameter> parameters_of(fhir::TypeId type) const;
  // By the code of the definition; facets are not found so.
  const Parameter* find(fhir::TypeId type, std::string_view code) const;

  // What `extract` runs on a resource of this type, and the names that it goes by.
  std::span<const ExtractionStep> steps_of(fhir::TypeId type) const;
  std::span<const CompositeStep> composite_steps_of(fhir::TypeId type) const;
  WordParameters words_of(fhir::TypeId type) const;
  CanonicalParameters canonical_of(fhir::TypeId type) const;
  const Vocabulary& vocabulary() const { return *vocabulary_; }
  // Units of quantities; a cache, which is safe for all threads.
  ucum::UnitCache& units() const { return *units_; }

  // Definitions that could not be compiled, with the reason: a test holds this list to be empty for R4.
  struct Failure {
    std::string_view url;
    std::string_view expression;
    std::string reason;
  };
  std::span<const Failure> failures() const { return failures_; }

  // A digest of everything that decides which index values a resource has. A store that was indexed under another one
  // must be indexed again.
  std::string_view fingerprint() const { return fingerprint_; }

 private:
  class Builder;

  const fhir::Definitions& definitions_;
  std::vector<Parameter> parameters_;                             // grouped by type, sorted by code
  std::vector<std::pair<std::uint32_t, std::uint32_t>> by_type_;  // [begin, end) of parameters_ by TypeId
  std::vector<std::unique_ptr<fhirpath::Program>> programs_;
  std::deque<std::string> codes_;                            // of facets and components
  std::vector<std::vector<ExtractionStep>> steps_;           // by TypeId
  std::vector<std::vector<CompositeStep>> composite_steps_;  // by TypeId
  std::vector<WordParameters> words_;                        // by TypeId
  std::vector<CanonicalParameters> canonical_;               // by TypeId
  std::unique_ptr<const Vocabulary> vocabulary_;
  std::unique_ptr<ucum::UnitCache> units_;
  std::vector<Failure> failures_;
  std::string fingerprint_;
};

}  // namespace vesta::search
