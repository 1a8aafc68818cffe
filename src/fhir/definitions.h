// Definitions: the tables of a FHIR version (types, elements, search parameters, compartments), generated at build
// time.
//
// A value that is handed around, never a global: a copy may later be extended by packages. All views inside point into
// the generated tables (static storage) or into the Definitions' own storage; a Definitions outlives what it is given
// to. Source: StructureDefinition, SearchParameter and CompartmentDefinition of https://hl7.org/fhir/R4/
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace vesta::fhir {

// A small integer for an element name such as "subject"; equal names of different types have the same id. A choice
// element `value[x]` has the name "value". Valid for one Definitions family (R4); never persisted.
using NameId = std::uint16_t;
// A small integer for a type: primitive, datatype, backbone element ("Observation.component") or resource.
using TypeId = std::uint16_t;
inline constexpr TypeId kNoType = 0xFFFF;
inline constexpr NameId kNoName = 0xFFFF;

enum class TypeKind : std::uint8_t { primitive, datatype, backbone, resource };

// The lexical form of a primitive type. https://hl7.org/fhir/R4/datatypes.html#primitive
enum class Primitive : std::uint8_t {
  none,  // not a primitive
  boolean,
  integer,
  unsigned_int,
  positive_int,
  decimal,
  string,
  markdown,
  code,
  id,
  uri,
  url,
  canonical,
  oid,
  uuid,
  base64_binary,
  date,
  date_time,
  instant,
  time,
  xhtml,
};

struct Element {
  std::string_view json_name;  // "valueQuantity", "subject"
  NameId name;                 // the id of "value", "subject"
  TypeId type;                 // kNoType for a nested resource (contained, Bundle.entry.resource): any resource type
  std::uint16_t min;           // for a choice: of the whole group
  bool is_list;                // max > 1: a JSON array
  bool is_choice;              // one of value[x]
  bool is_summary;             // isSummary
  bool is_modifier;            // isModifier
  bool is_xml_attribute;       // representation xmlAttr: an attribute in XML
  std::uint16_t order;         // position in the definition; the alternatives of a choice share it
  std::uint16_t code_system;   // of a code with a required binding to one code system: see Definitions::code_system
};

struct Type {
  std::string_view name;  // "Patient", "HumanName", "Observation.component", "dateTime"
  TypeId base;            // "DomainResource" for Patient, "BackboneElement" …; kNoType for a root
  TypeKind kind;
  Primitive primitive;
  bool is_abstract;
  std::span<const Element> elements;  // with the inherited ones, in the order of the definition
  std::span<const std::uint8_t>
      lookup;  // open addressing over hash_name(json_name); 0xFF is empty; size is a power of 2
};

enum class SearchParamType : std::uint8_t { number, date, string, token, reference, composite, quantity, uri, special };

// A component of a composite parameter: the definition it follows and the expression relative to the composite's focus.
struct SearchParamComponent {
  std::string_view definition;  // canonical URL of the component's SearchParameter
  std::string_view expression;
};

// https://hl7.org/fhir/R4/searchparameter.html
struct SearchParameter {
  std::string_view url;   // canonical
  std::string_view code;  // the name used in the query: "birthdate"
  std::string_view description;
  std::string_view expression;  // FHIRPath; empty where the definition has none
  SearchParamType type;
  std::span<const TypeId> base;     // resource types (abstract ones such as Resource included)
  std::span<const TypeId> targets;  // for references; empty means any
  std::span<const SearchParamComponent> components;
};

// One rule of a CompartmentDefinition: `type` is in the compartment through its search parameter `code`.
// https://hl7.org/fhir/R4/compartmentdefinition.html
struct CompartmentRule {
  TypeId type;
  std::string_view code;  // "{def}" marks the compartment's own type
};
struct Compartment {
  TypeId type;           // Patient, Encounter …
  std::string_view url;  // of the CompartmentDefinition
  std::span<const CompartmentRule> rules;
};

// The raw tables, as generated.
struct Tables {
  std::string_view fhir_version;                       // "4.0.1"
  std::string_view generated_from;                     // package and version
  std::span<const std::string_view> names;             // by NameId, sorted by bytes
  std::span<const std::string_view> code_systems;      // by Element::code_system; the first is empty
  std::span<const Type> types;                         // by TypeId, sorted by name (bytes)
  std::span<const SearchParameter> search_parameters;  // sorted by (code, url)
  std::span<const Compartment> compartments;
};

// The hash that `Type::lookup` is built with: FNV-1a, 32 bits.
constexpr std::uint32_t hash_name(std::string_view text) {
  std::uint32_t hash = 2166136261u;
  for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return hash;
}

// Immutable after construction; any number of threads may read it.
class Definitions {
 public:
  explicit Definitions(const Tables& tables) : tables_(&tables) {}

  std::string_view fhir_version() const { return tables_->fhir_version; }
  std::string_view generated_from() const { return tables_->generated_from; }
  std::span<const Type> types() const { return tables_->types; }
  const Type& type(TypeId id) const { return tables_->types[id]; }
  std::string_view name(NameId id) const { return tables_->names[id]; }

  // The URL of the code system that a code implies, as its element says; empty for 0 (none, or not one alone).
  std::string_view code_system(std::uint16_t number) const { return tables_->code_systems[number]; }

  std::optional<TypeId> find_type(std::string_view name) const;
  // The type if it is a resource type that instances may have (not abstract).
  std::optional<TypeId> find_resource_type(std::string_view name) const;
  std::optional<NameId> find_name(std::string_view name) const;
  // The element of `type` with this JSON property name (without a leading underscore), or null.
  const Element* find_element(TypeId type, std::string_view json_name) const;
  // The first element of `type` with this name (the first alternative of a choice), or null.
  const Element* find_element(TypeId type, NameId name) const;
  // True if `type` is `base` or derives from it.
  bool is_a(TypeId type, TypeId base) const;

  std::span<const SearchParameter> search_parameters() const { return tables_->search_parameters; }
  std::span<const Compartment> compartments() const { return tables_->compartments; }

 private:
  const Tables* tables_;
};

// R4 4.0.1, as generated from hl7.fhir.r4.examples. The tables are in static storage: no start-up work.
const Definitions& r4();

}  // namespace vesta::fhir
