// Catalog: the store's own numbers for resource types and search parameters, by their names, since ids of a Registry
// are not persisted.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "search/index_value.h"
#include "search/parameter.h"
#include "store/sqlite/names.h"

namespace vesta::store::sqlite {

// Thread-safe, but for load.
class Catalog {
 public:
  explicit Catalog(const search::Registry& registry);

  Status load(Connection& connection) { return names_.load(connection); }

  // Numbers are given at the first use: small ones for what a store really holds.
  std::int64_t type_number(fhir::TypeId type);
  // For parameters that number_parameters has passed.
  std::int64_t parameter_number(search::ParameterId parameter);
  // Gives numbers to all parameters in `values`. Errors: too_large, if there is no room for a custom one. Numbers are
  // never given back, so a store comes there by its history; R4's have room of their own.
  Status number_parameters(const search::IndexValues& values);
  // 0: no row has it.
  std::int64_t find_parameter(search::ParameterId parameter) const;
  std::int64_t find_type(fhir::TypeId type) const;
  // By the name; nullopt: the Registry does not know it any more, or has retired it.
  std::optional<search::ParameterId> parameter_of(std::int64_t number) const;
  // kNoType: the definitions do not know it.
  fhir::TypeId type_of(std::int64_t number) const;
  // All parameter numbers given so far are 1 … this.
  std::int64_t parameter_count() const { return names_.count(NameKind::parameter); }
  // All type numbers given so far are 1 … this.
  std::int64_t type_count() const { return names_.count(NameKind::type); }

  Names& names() { return names_; }
  const Names& names() const { return names_; }
  const search::Registry& registry() const { return registry_; }
  const fhir::Definitions& definitions() const { return registry_.definitions(); }

 private:
  std::string name_of(search::ParameterId parameter) const;
  std::optional<std::int64_t> give_number(search::ParameterId parameter);

  const search::Registry& registry_;
  Names names_;
  std::vector<std::atomic<std::int64_t>> types_;       // by TypeId; 0: not asked for yet
  std::vector<std::atomic<std::int64_t>> parameters_;  // by ParameterId
};

}  // namespace vesta::store::sqlite
