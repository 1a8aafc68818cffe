// Catalog: the database's numbers of resource types and search parameters, by their names.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "search/parameter.h"
#include "store/postgres/pool.h"

namespace vesta::store::postgres {

// Thread-safe. Numbers are never given twice, so what was read once holds.
class Catalog {
 public:
  // Both outlive it.
  Catalog(const search::Registry& registry, Pool& pool) : registry_(registry), pool_(pool) {}

  // Reads the numbers of all types and parameters; gives those to which there are none.
  Status load() EXCLUDES(mutex_);

  bool is_distributed() const { return is_distributed_; }
  const search::Registry& registry() const { return registry_; }
  const fhir::Definitions& definitions() const { return registry_.definitions(); }
  std::int32_t number_of_type(fhir::TypeId type) const { return types_[type]; }
  fhir::TypeId type_of(std::int64_t number) const;  // kNoType: this program does not know it
  // Of a custom parameter that is new too.
  Result<std::int32_t> number_of(search::ParameterId parameter) EXCLUDES(mutex_);
  // By the number; kNoParameter: the Registry does not know it, or has retired it.
  search::ParameterId parameter_of(std::int32_t number) const EXCLUDES(mutex_);
  // All that have numbers and are unused: see Store::forget. With the types that they are of.
  struct Unused {
    std::set<std::int32_t> parameters, types;
  };
  Unused unused() const EXCLUDES(mutex_);

 private:
  using Name = std::pair<std::int32_t, std::string>;  // the type's number, and its name there

  Status load_types(Connection& connection);
  Status load_parameters(Connection& connection) EXCLUDES(mutex_);
  Name name_of(search::ParameterId parameter) const;

  const search::Registry& registry_;
  Pool& pool_;
  bool is_distributed_ = false;      // its tables, by Citus: see distribution.h
  std::vector<std::int32_t> types_;  // by TypeId; 0: no resource type
  std::map<std::int64_t, fhir::TypeId> types_by_number_;
  mutable Mutex mutex_;
  std::map<Name, std::int32_t> numbers_ GUARDED_BY(mutex_);
  std::map<std::int32_t, Name> names_ GUARDED_BY(mutex_);
  std::map<search::ParameterId, std::int32_t> by_id_ GUARDED_BY(mutex_);
};

}  // namespace vesta::store::postgres
