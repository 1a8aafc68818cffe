// What every engine checks of a WriteSet before anything is written.
#pragma once

#include <string>
#include <string_view>

#include "search/parameter.h"
#include "store/store.h"

namespace vesta::store {

// Errors: too_large.
inline Status check_limits(const WriteSet& writes) {
  for (const Condition& condition : writes.conditions) {
    if (condition.matches.size() <= kMaxConditionMatches) continue;
    return make_error(Category::too_large, "a condition names " + std::to_string(condition.matches.size()) +
                                               " matches, more than " + std::to_string(kMaxConditionMatches));
  }
  for (const std::string& record : writes.audit) {
    if (record.size() <= kMaxAuditRecordBytes) continue;
    return make_error(Category::too_large, "a record of the audit log has " + std::to_string(record.size()) +
                                               " bytes, more than " + std::to_string(kMaxAuditRecordBytes));
  }
  return kOk;
}

// What a commit is refused with where a property is not what its set expects.
inline std::string property_conflict(std::string_view key) {
  return "the property " + std::string(key) + " has changed";
}

// Errors: conflict. `properties`: a map of those that are there, or to nullopt.
template <class Map>
Status check_properties(const WriteSet& writes, const Map& properties) {
  for (const auto& [key, value] : writes.expected_properties) {
    const auto found = properties.find(key);
    const bool is_so = found == properties.end() ? !value : value == found->second;
    if (!is_so) return make_error(Category::conflict, property_conflict(key));
  }
  return kOk;
}

// Errors: conflict. Inside the commit: what is extracted under a newer generation sees all that this lets pass.
inline Status check_generation(const WriteSet& writes, const search::Registry& registry) {
  if (writes.writes.empty() || writes.generation == registry.generation()) return kOk;
  return make_error(Category::conflict, "the search parameters have changed");
}

}  // namespace vesta::store
