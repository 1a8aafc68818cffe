// Presence: how many current resources of a type have each search parameter, kept exactly, transaction by transaction.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/names.h"

namespace vesta::store::sqlite {

// Of one parameter, by the store's number.
struct ParameterCount {
  std::int64_t param = 0;
  std::int64_t present = 0;  // resources that have it, as `:missing=false` asks for
  std::int64_t unlike = 0;   // resources that have it without a value, or a value that does not count as having it
  bool operator==(const ParameterCount&) const = default;
};

// The counts of one type. They follow the column `indexed` of its resources, whatever changes it.
class PresenceCounts {
 public:
  // Adds `sign` (1 or -1) for each parameter in a resource's blob. A damaged blob counts for nothing.
  void add(std::string_view indexed, int sign);
  ParameterCount of(std::int64_t param) const;

  // As the column `parameters` of type_count. Format: docs/formats/store.md.
  std::string encode() const;
  // nullopt: damaged.
  static std::optional<PresenceCounts> decode(std::string_view bytes);

  bool operator==(const PresenceCounts&) const = default;

 private:
  std::vector<ParameterCount> counts_;  // ascending, none without a count
};

struct Presence {
  std::int64_t resources = 0;  // all current ones of the type
  ParameterCount count;
};
// nullopt: it is not kept for this type.
Result<std::optional<Presence>> presence_of(Connection& connection, std::int64_t type, std::int64_t param);

// Counts anew from the resources' rows. Within the caller's transaction.
Status recount_presence(Connection& connection);
// Reports the types whose counts are not what a recount gives.
Status check_presence(Connection& connection, const Names& names, const std::function<void(std::string)>& report);

}  // namespace vesta::store::sqlite
