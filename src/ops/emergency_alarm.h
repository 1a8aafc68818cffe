// EmergencyAlarm: says in the log and in metrics that somebody looks into a record in an emergency.
#pragma once

#include <array>

#include "base/metrics.h"
#include "fhir/definitions.h"
#include "store/store.h"

namespace vesta::ops {

// A site lets its monitoring tell people of it. What has happened stands in the resource and in the audit log.
class EmergencyAlarm {
 public:
  explicit EmergencyAlarm(const fhir::Definitions& definitions);

  // Before the first request. `metrics` outlives it.
  void count_in(Metrics& metrics);
  // What was committed. Thread-safe.
  void note(const store::WriteSet& writes) const;

 private:
  enum class Change : std::size_t { create, update, remove };
  static constexpr std::array<const char*, 3> kNames = {"create", "update", "delete"};

  fhir::TypeId type_ = fhir::kNoType;
  std::array<Counter*, kNames.size()> counters_ = {};  // null: nobody counts
};

}  // namespace vesta::ops
