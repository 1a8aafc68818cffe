// Schema: the types of GraphQL that FHIR's definitions make, by name and by what they are of.
// https://hl7.org/fhir/R4/graphql.html
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/definitions.h"
#include "graphql/source.h"

namespace vesta::graphql {

// One type of the schema.
struct Shape {
  enum class Kind : std::uint8_t {
    scalar,               // a primitive
    query,                // the root of the system
    any_resource,         // the interface of all resource types
    object,               // a resource, datatype or backbone element
    primitive_extension,  // of `_birthDate`: id and extension of a primitive
    connection,           // of the type of the resources that it holds
    edge,
    meta,  // of introspection: `type` is its index in kMetaTypes
    meta_enum,
  };
  Kind kind = Kind::scalar;
  fhir::TypeId type = fhir::kNoType;

  auto operator<=>(const Shape&) const = default;
  bool is_leaf() const { return kind == Kind::scalar || kind == Kind::meta_enum; }
};

// One field of a type, and what it is filled from.
struct Field {
  enum class Kind : std::uint8_t {
    type_name,      // __typename
    resource_type,  // resourceType
    element,
    extension,  // `_birthDate`
    resolved,   // Reference.resource
    read,       // Patient(id: …)
    list,       // PatientList(…)
    connection,
    count,  // and the other fields of a connection and its edges
    offset,
    page_size,
    first,
    previous,
    next,
    last,
    edges,
    mode,
    score,
    found,   // the resource of an edge
    schema,  // __schema
    named,   // __type(name: …)
    meta,    // what introspection answers
  };
  Kind kind = Kind::element;
  std::string name;
  Shape shape;
  bool is_list = false;
  bool is_required = false;
  const fhir::Element* element = nullptr;  // of Kind::element and Kind::extension
  std::string meta_type = {};              // of Kind::meta: "[__Type!]!"
};

struct ArgumentDefinition {
  std::string name;
  std::string type;  // "[String!]"
  std::string default_value = {};
};

// Of one request: it remembers what it has asked the Source for.
class Schema {
 public:
  // `root`: the type of the resource that the request is about; kNoType: of the system.
  Schema(const fhir::Definitions& definitions, fhir::TypeId root, Source& source);

  const fhir::Definitions& definitions() const { return definitions_; }
  Shape root() const;

  std::string name_of(const Shape& shape) const;
  std::optional<Shape> find(std::string_view name) const;
  // All types but those of introspection.
  std::vector<Shape> shapes() const;

  // https://spec.graphql.org/October2021/#sec-Field-Selections
  std::optional<Field> find_field(const Shape& owner, std::string_view name) const;
  // As introspection lists them: without those that begin with two underscores.
  std::vector<Field> fields_of(const Shape& owner);
  std::string type_of(const Field& field) const;
  std::vector<ArgumentDefinition> arguments_of(const Shape& owner, const Field& field);
  // Those that are taken and not listed too. nullopt: there is no such argument, or it is known only when a reference
  // has been followed what it is.
  std::optional<ArgumentDefinition> find_argument(const Shape& owner, const Field& field, std::string_view name);

  // Whether any resource type has such a field.
  bool is_field_of_resources(std::string_view name);
  const std::vector<SearchArgument>& search_arguments(fhir::TypeId type);
  // Those of the references that resources of `type` may have to one of `target`.
  std::vector<const SearchArgument*> references(fhir::TypeId type, fhir::TypeId target);
  bool is_resource(fhir::TypeId type) const;

 private:
  std::optional<Field> find_element_field(const Shape& owner, std::string_view name) const;
  std::optional<Field> find_resource_field(const Shape& owner, std::string_view name) const;
  Field field_of(const fhir::Element& element) const;
  std::vector<ArgumentDefinition> search_definitions(const Shape& owner, const Field& field);

  const fhir::Definitions& definitions_;
  fhir::TypeId root_;
  fhir::TypeId any_ = fhir::kNoType;  // the abstract type that all resources derive from
  fhir::TypeId reference_ = fhir::kNoType;
  Source& source_;
  std::map<std::string, fhir::TypeId, std::less<>> types_;  // by the names that they have in the schema
  std::map<fhir::TypeId, std::vector<SearchArgument>> search_arguments_;
  std::map<std::string, bool, std::less<>> fields_of_resources_;
};

}  // namespace vesta::graphql
