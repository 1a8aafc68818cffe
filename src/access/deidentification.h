// Deidentification: what somebody is shown who may know of nobody whose the resources are.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "deidentify/deidentifier.h"
#include "search/parameter.h"
#include "search/plan.h"
#include "store/store.h"

namespace vesta::access {

inline constexpr std::uint64_t kMinCellSize = 11;  // where a rule names no other
inline constexpr std::uint64_t kMaxCellSize = 1'000'000;

// A part of a grant. Immutable once it is shared.
struct Deidentification {
  std::shared_ptr<const deidentify::Deidentifier> by;
  Instant now;                      // of the day that the grant is for
  std::set<fhir::TypeId> types;     // whose resources are shown so
  std::uint64_t min_cell_size = 0;  // a smaller total is not told

  bool covers(fhir::TypeId type) const { return types.contains(type); }
  // The id of the resource of the type that this one leads to, for those who know it by its pseudonym; of types that
  // are shown as they are the id itself will do too. nullopt: it leads to none.
  std::optional<std::string> real_id(fhir::TypeId type, std::string_view id) const;

  // Does another resource stand in it?
  static bool holds_others(std::string_view tail);
  void hide_small(std::optional<std::uint64_t>& total) const;

  // The version as it is shown: it has another id, the year of its time and the tag SUBSETTED. Of a type that is not
  // covered, with no resource of another in it: as it is.
  Status apply(const fhir::Definitions& definitions, store::Version& version) const;
};

// Queries by what is shown. A criterion, a chain or an order by an element that is not shown as it is (a name, a date,
// a number that somebody has) finds as if no resource had one; ids are pseudonyms.
class DeidentifiedSearch {
 public:
  DeidentifiedSearch(const search::Registry& registry, const Deidentification& shown)
      : registry_(registry), shown_(shown) {}

  void translate(fhir::TypeId type, search::Plan& plan) const;
  void translate(search::Query& query) const;
  std::vector<search::Include> translated(const std::vector<search::Include>& includes) const;

 private:
  // False: no resource has such a value.
  bool translate(fhir::TypeId type, search::Leaf& leaf) const;
  bool translate(search::ReferenceMatch& match) const;
  bool is_shown(const search::Parameter& parameter) const;

  const search::Registry& registry_;
  const Deidentification& shown_;
};

}  // namespace vesta::access
