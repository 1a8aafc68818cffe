// Record: a resource as the memory engine keeps it; CreationOrder: who gets which key.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "fhir/definitions.h"
#include "search/matcher.h"
#include "store/memory/owned_values.h"
#include "store/store.h"

namespace vesta::store::memory {

// All versions of one resource, and the index values of the current one.
struct Record {
  std::int64_t key = 0;  // in the order of creation
  std::vector<Version> versions;
  std::unique_ptr<OwnedValues> values;  // null: deleted

  const Version& current() const { return versions.back(); }
};

// Of one that is not deleted.
inline search::Subject subject_of(const Record& record) {
  const Version& current = record.current();
  return {current.type, current.id, current.last_updated, &record.values->values()};
}

using ResourceName = std::pair<fhir::TypeId, std::string>;
using Records = std::map<ResourceName, Record>;

class CreationOrder {
 public:
  std::int64_t new_key(const ResourceName& name) {
    const auto taken = keys_to_be_.extract(name);
    return taken.empty() ? next_key_++ : taken.mapped();
  }
  // `known`: the key that the resource has; 0: it was not created yet.
  Status take(const PlaceInOrder& place, std::int64_t known) {
    const auto key = static_cast<std::int64_t>(place.key);
    if (known == 0) known = keys_to_be_.try_emplace({place.type, place.id}, key).first->second;
    if (known != key) return make_error(Category::conflict, place.id + " has another place in the order of creation");
    next_key_ = std::max(next_key_, key + 1);
    return kOk;
  }

 private:
  std::int64_t next_key_ = 1;
  std::map<ResourceName, std::int64_t> keys_to_be_;  // of what was taken over and has no version yet
};

inline std::vector<PlaceInOrder> places_of(const Records& records, std::uint64_t after, std::uint32_t count) {
  std::map<std::uint64_t, const ResourceName*> found;
  for (const auto& [name, record] : records) {
    const auto key = static_cast<std::uint64_t>(record.key);
    if (key <= after) continue;
    found.emplace(key, &name);
    if (found.size() > count) found.erase(std::prev(found.end()));
  }
  std::vector<PlaceInOrder> places;
  for (const auto& [key, name] : found) places.push_back({key, name->first, name->second});
  return places;
}

}  // namespace vesta::store::memory
