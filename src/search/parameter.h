// Parameter: one search parameter of one resource type, and the Registry that holds all of them.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
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
  precision,  // of a number: [low, high) that its implicit precision covers; kind number; code "probability:precision"
  component,  // of a composite: one of its components; code "code-value-quantity$0"
};

// The ways to use a parameter that its definition lists; an empty list: all that there are.
// https://hl7.org/fhir/R4/searchparameter-definitions.html#SearchParameter.comparator, #SearchParameter.modifier and
// #SearchParameter.chain
struct Uses {
  std::vector<std::string> comparators, modifiers, chains;
};

// Immutable, and there as long as its Registry is.
struct Parameter {
  ParameterId id = kNoParameter;
  fhir::TypeId type = fhir::kNoType;                            // the concrete resource type
  fhir::SearchParamType kind = fhir::SearchParamType::special;  // of its values
  std::string_view code;                                        // "birthdate"; with the suffix of its facet
  std::string_view name;  // what a store knows it by, among those of its type; of R4's the code
  const fhir::SearchParameter* definition = nullptr;
  // Bound to `type`; of a composite: yields its elements. Null for what no expression of its own extracts: _id and
  // _lastUpdated (columns of the resource), _text and _content (words), _filter and _query, facets and components.
  const fhirpath::Program* program = nullptr;
  Facet facet = Facet::value;
  // The ids of its facets, kNoParameter for those that it has not; of a composite: of its components, in order.
  ParameterId text = kNoParameter, of_type = kNoParameter, identifier = kNoParameter, canonical = kNoParameter,
              precision = kNoParameter;
  std::vector<ParameterId> components;
  const Uses* uses = nullptr;  // null: one of R4's, which list all prefixes of their types and no modifiers

  bool is_custom() const { return uses != nullptr; }
};

// Whose definition something comes from: FHIR's, or a SearchParameter that somebody stored.
enum class Origin : std::uint8_t { core, custom };

struct Vocabulary;
struct TypePart;
struct CompiledTexts;

// One expression of a resource type and the parameters that take their values from it: it is evaluated once for all.
struct ExtractionStep {
  const fhirpath::Program* program;
  std::vector<ParameterId> parameters;
  Origin origin = Origin::core;
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
  Origin origin = Origin::core;
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

// What a stored SearchParameter says, as far as search goes by it, with texts of its own.
// https://hl7.org/fhir/R4/searchparameter.html
struct CustomParameter {
  struct Component {
    std::string definition;  // canonical URL of the component's SearchParameter
    std::string expression;
  };
  std::string url, code, description, expression;
  fhir::SearchParamType type = fhir::SearchParamType::special;
  std::vector<fhir::TypeId> base;     // as it says: abstract ones too
  std::vector<fhir::TypeId> targets;  // empty: any
  std::vector<Component> components;
  Uses uses = {};
};

// Of what the parameter itself says, 16 hexadecimal digits.
std::string digest_of(const fhir::Definitions& definitions, const CustomParameter& parameter);

// Of what is indexed. Only what is ready may be searched by.
enum class Readiness : std::uint8_t {
  ready,
  pending,  // resources get its values when they are written; older ones may lack them
  retired,  // nothing gets values of it any more
};

inline constexpr std::size_t kMaxPublishedTables = 20'000;  // of all types together, since the start of the process

// All parameters of all resource types, with their expressions compiled. It grows: custom parameters come, become ready
// and go while any number of threads read it. What it has given out stays valid: ids are never given twice, and neither
// parameters nor the tables of a type are freed before the Registry is.
class Registry {
 public:
  explicit Registry(const fhir::Definitions& definitions);
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  const fhir::Definitions& definitions() const { return definitions_; }
  const Parameter& parameter(ParameterId id) const { return *by_id_[id]; }
  // All ids given so far are below this.
  ParameterId parameter_count() const { return count_.load(std::memory_order_acquire); }
  // Never again, once there was another one: and whoever has found that one is told so.
  bool has_none_but_r4s() const { return parameter_count() == core_count_; }
  // The parameters of one resource type that `find` finds, sorted by code, with their facets and components.
  std::span<const Parameter* const> parameters_of(fhir::TypeId type) const;
  // By the code of the definition; facets are not found so. A custom parameter counts before R4's once it is ready, and
  // behind it until then: so what is found may be pending.
  const Parameter* find(fhir::TypeId type, std::string_view code) const;
  // The one that R4 defines, whatever others there are: for what is no query of a user.
  const Parameter* find_core(fhir::TypeId type, std::string_view code) const;
  // By what a store calls it; null: there is none, or it is retired.
  const Parameter* find_name(fhir::TypeId type, std::string_view name) const;
  Readiness readiness(ParameterId id) const { return readiness_[id].load(std::memory_order_acquire); }

  // What `extract` runs on a resource of this type, and the names that it goes by.
  std::span<const ExtractionStep* const> steps_of(fhir::TypeId type) const;
  std::span<const CompositeStep* const> composite_steps_of(fhir::TypeId type) const;
  WordParameters words_of(fhir::TypeId type) const;
  CanonicalParameters canonical_of(fhir::TypeId type) const;
  const Vocabulary& vocabulary() const { return *vocabulary_; }
  // Units of quantities; a cache, which is safe for all threads.
  ucum::UnitCache& units() const { return *units_; }

  // Definitions that could not be compiled, with the reason: a test holds this list to be empty for R4.
  struct Failure {
    std::string_view url;
    std::string_view expression;  // what is wrong: an expression, or the URL that a component is defined by
    std::string reason;
    std::optional<std::size_t> component;  // of which component, if not of the parameter itself
    bool is_definition = false;            // of a component: its URL leads nowhere
  };
  std::span<const Failure> failures() const;

  // A digest of everything that decides which index values a resource has by R4's parameters. A store that was indexed
  // under another one must be indexed again.
  std::string_view fingerprint() const { return fingerprint_; }

  // Raised by each change of what `extract` yields, once the change is in force: values extracted after a generation
  // was read are at least of that generation.
  std::uint64_t generation() const { return generation_.load(std::memory_order_acquire); }

  // Which of the definitions in a store this knows: of this type, all versions up to this seq of the store. Several
  // nodes may share that: what is written by values of fewer definitions would not be found by those that are missing.
  struct Known {
    fhir::TypeId type = fhir::kNoType;  // kNoType: it follows no store
    std::uint64_t seq = 0;
  };
  Known known() const {
    return {known_type_.load(std::memory_order_acquire), known_seq_.load(std::memory_order_acquire)};
  }

  // Raised by each change of what `find` finds or of how ready that is, once the change is in force.
  std::uint64_t edition() const { return edition_.load(std::memory_order_acquire); }

  // What is below is for one owner at a time; it is safe beside all readers.

  // Decides which index values a resource has by this parameter: another digest, other values. That of a composite
  // covers what its components are now.
  std::string digest_of(const CustomParameter& parameter) const { return digest_of(parameter, {}); }
  // The same behind a change that is to come with it.
  struct Change {
    std::span<const CustomParameter> added;
    std::vector<std::string> retired;  // digests
  };
  std::string digest_of(const CustomParameter& parameter, const Change& change) const;
  // Compiles, and changes nothing. Errors: unprocessable, with issues at `SearchParameter.expression` and its like;
  // too_large, as of add.
  Status check(const CustomParameter& parameter, const Change& change) const;
  Status check(const CustomParameter& parameter) const { return check(parameter, {}); }
  // Pending from now on; nothing happens if it is there already. Errors: those of check; too_large, if ids or tables
  // of this process are used up.
  Status add(const CustomParameter& parameter);
  void set_ready(std::string_view digest);
  void retire(std::string_view digest);
  // Once all of it is in force.
  void set_known(const Known& known) {
    known_seq_.store(known.seq, std::memory_order_release);
    known_type_.store(known.type, std::memory_order_release);
  }
  // By the digest: the parameters of each concrete type, facets and components among them; empty if never added.
  std::vector<ParameterId> ids_of(std::string_view digest) const;

 private:
  struct Tables;
  struct Custom;
  using CustomMap = std::map<std::string, std::unique_ptr<Custom>, std::less<>>;

  void add_core(const std::vector<std::vector<const fhir::SearchParameter*>>& by_type);
  void give_ids(TypePart& part, Readiness readiness);
  void set_readiness(Custom& custom, Readiness readiness);
  std::unique_ptr<Custom> compile(const CustomParameter& parameter, const Change& change) const;
  Status check_room(const Custom& custom, bool has_ids) const;
  std::vector<fhir::TypeId> concrete_types(const CustomParameter& parameter) const;
  void publish(fhir::TypeId type);
  const Tables& tables(fhir::TypeId type) const;
  std::string fingerprint_of_core() const;

  const fhir::Definitions& definitions_;
  std::unique_ptr<const Vocabulary> vocabulary_;
  std::unique_ptr<ucum::UnitCache> units_;
  std::unique_ptr<CompiledTexts> core_texts_;
  std::vector<std::unique_ptr<TypePart>> core_;  // by TypeId
  std::string fingerprint_;

  // What readers see: written before it is published by `tables_`.
  std::vector<const Parameter*> by_id_;
  std::vector<std::atomic<Readiness>> readiness_;
  std::atomic<ParameterId> count_{0};
  ParameterId core_count_ = 0;
  std::vector<std::atomic<const Tables*>> tables_;  // by TypeId
  std::atomic<fhir::TypeId> known_type_{fhir::kNoType};
  std::atomic<std::uint64_t> known_seq_{0};
  std::atomic<std::uint64_t> generation_{0};
  std::atomic<std::uint64_t> edition_{0};

  CustomMap customs_;  // by digest, those that are retired too
  std::deque<Tables> published_;
};

}  // namespace vesta::search
