// StaticType: what the binder knows about the items of a collection before there are any; and type specifiers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/definitions.h"
#include "fhirpath/program.h"

namespace vesta::fhirpath {

// A type as an expression names it. Unqualified `Quantity` means either of FHIR.Quantity and System.Quantity.
struct TypeSpecifier {
  fhir::TypeId fhir = fhir::kNoType;
  std::optional<Item::Kind> system;

  // True for an item of that type or of one derived from it. A resolved item of unknown type is of none.
  bool matches(const fhir::Definitions& definitions, const Item& item) const;
};

// From `Patient`, `FHIR.Patient`, `System.String`, `Observation.component`; nullopt: no such type.
// https://hl7.org/fhirpath/N1/#type-specifiers
std::optional<TypeSpecifier> find_type_specifier(const fhir::Definitions& definitions,
                                                 const std::vector<std::string>& parts);

// The types that the items may have; empty and not `any`: there are no items.
struct StaticType {
  bool any = false;                // anything: below nested resources, behind resolve()
  std::vector<fhir::TypeId> fhir;  // without duplicates
  std::vector<Item::Kind> system;  // without duplicates
  bool is_elsewhere = false;       // some may be what resolve() leads to: another resource

  static StaticType anything() { return {true, {}, {}}; }
  static StaticType elsewhere() { return {true, {}, {}, true}; }
  static StaticType of(fhir::TypeId type) { return {false, {type}, {}}; }
  static StaticType of(Item::Kind kind) { return {false, {}, {kind}}; }

  bool is_empty() const { return !any && fhir.empty() && system.empty(); }
  void add(fhir::TypeId type);  // kNoType, a nested resource, adds anything
  void add(const StaticType& other);
  // What remains of it when only items that match `specifier` are kept; empty when none can.
  StaticType narrowed(const fhir::Definitions& definitions, const TypeSpecifier& specifier) const;
  // True if every item must match.
  bool always(const fhir::Definitions& definitions, const TypeSpecifier& specifier) const;
  // For messages: "Patient", "Quantity, CodeableConcept and others".
  std::string describe(const fhir::Definitions& definitions) const;
};

}  // namespace vesta::fhirpath
