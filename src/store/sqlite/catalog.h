// Catalog: the store's own numbers for resource types and search parameters, by their names, since ids of a Registry
// are not persisted.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "search/index_value.h"
#include "search/parameter.h"
#include "search/plan.h"
#include "store/sqlite/names.h"

namespace vesta::store::sqlite {

using search::Scope;

inline constexpr std::size_t kMaxParameterNames = 2 * kMaxNames;  // beyond it, custom parameters get no numbers

// What a parameter's number stands for. Contained resources have numbers of their own, for their types ("#Medication")
// and their parameters ("#Medication.code"), so that no search for resources meets them. So has each link to them, by
// the type that it leads to: "MedicationRequest.medication>Medication"; without a parameter it says what contains what.
struct NumberedName {
  Scope scope = Scope::resource;  // of the resource that has it
  fhir::TypeId type = fhir::kNoType;
  search::ParameterId parameter = search::kNoParameter;
  fhir::TypeId target = fhir::kNoType;  // of a link; else kNoType

  bool is_link() const { return target != fhir::kNoType; }
};

// Thread-safe, but for load.
class Catalog {
 public:
  explicit Catalog(const search::Registry& registry);

  Status load(Connection& connection) { return names_.load(connection); }

  // Numbers are given at the first use: small ones for what a store really holds.
  std::int64_t type_number(fhir::TypeId type, Scope scope = Scope::resource);
  // For parameters that number_parameters has passed.
  std::int64_t parameter_number(search::ParameterId parameter, Scope scope = Scope::resource);
  // The same, of the link from a resource of `type`, by the parameter or, with kNoParameter, as what contains it.
  std::int64_t link_number(const NumberedName& link);
  // Gives numbers to all parameters in `values`, which are of a resource of `type`, and to all links to what it
  // contains. Errors: too_large, if there is no room for a custom one. Numbers are never given back, so a store comes
  // there by its history; R4's have room of their own.
  Status number_parameters(fhir::TypeId type, const search::IndexValues& values);
  // 0: no row has it.
  std::int64_t find_parameter(search::ParameterId parameter, Scope scope = Scope::resource) const;
  std::int64_t find_type(fhir::TypeId type, Scope scope = Scope::resource) const;
  std::int64_t find_link(const NumberedName& link) const;
  // By the name; nullopt: the Registry does not know it any more, or has retired it.
  std::optional<NumberedName> name_of(std::int64_t number) const;
  // The same of a parameter that has values, of either scope; nullopt of links.
  std::optional<search::ParameterId> parameter_of(std::int64_t number) const;
  // kNoType: the definitions do not know it, or it is a type of contained resources.
  fhir::TypeId type_of(std::int64_t number) const;
  Scope scope_of(std::int64_t type_number) const;
  // Of a type of contained resources that of resources; else as type_of.
  fhir::TypeId plain_type_of(std::int64_t number) const;
  // All parameter numbers given so far are 1 … this.
  std::int64_t parameter_count() const { return names_.count(NameKind::parameter); }
  // All type numbers given so far are 1 … this.
  std::int64_t type_count() const { return names_.count(NameKind::type); }

  Names& names() { return names_; }
  const Names& names() const { return names_; }
  const search::Registry& registry() const { return registry_; }
  const fhir::Definitions& definitions() const { return registry_.definitions(); }

 private:
  using Numbers = std::vector<std::atomic<std::int64_t>>;  // by id; 0: not asked for yet

  std::string type_text(fhir::TypeId type, Scope scope) const;
  std::string parameter_text(search::ParameterId parameter, Scope scope) const;
  std::string link_text(const NumberedName& link) const;
  std::optional<std::int64_t> give_number(search::ParameterId parameter, Scope scope);
  std::optional<std::int64_t> give_number(const NumberedName& link);
  // A number that never changes once it is given, so it is looked up once.
  template <class Text>
  std::int64_t find(std::atomic<std::int64_t>& known, NameKind kind, const Text& text) const;
  bool number_values(const search::IndexValues& values, Scope scope, const std::vector<search::Contained>& contained);
  static std::size_t at(Scope scope) { return static_cast<std::size_t>(scope); }

  const search::Registry& registry_;
  Names names_;
  mutable std::array<Numbers, 2> types_, parameters_;  // by Scope
  // OPTIMIZATION: what type_of said, by number; asked for each version that is read. -1: not asked for yet.
  mutable std::vector<std::atomic<std::int32_t>> types_of_;
};

}  // namespace vesta::store::sqlite
