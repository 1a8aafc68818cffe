// One line and one count for each write.
#include "ops/emergency_alarm.h"

#include "access/records.h"
#include "base/log.h"

namespace vesta::ops {

EmergencyAlarm::EmergencyAlarm(const fhir::Definitions& definitions) {
  if (const auto type = definitions.find_resource_type(access::kEmergencyAccess)) type_ = *type;
}

void EmergencyAlarm::count_in(Metrics& metrics) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    counters_[i] =
        &metrics.counter("vesta_emergency_access_total",
                         "Emergency accesses that were begun (create), ended or changed.", {{"change", kNames[i]}});
  }
}

// Monitoring goes by the message: it stays as it is. Who and whom the audit log says, by the id of the request.
void EmergencyAlarm::note(const store::WriteSet& writes) const {
  for (const store::Write& write : writes.writes) {
    if (write.type != type_ || write.kind == store::Write::Kind::index) continue;
    const bool is_first = write.expected == VersionId{};
    const Change change = write.kind == store::Write::Kind::remove ? Change::remove
                          : is_first                               ? Change::create
                                                                   : Change::update;
    const auto place = static_cast<std::size_t>(change);
    if (counters_[place] != nullptr) counters_[place]->add();
    log::warning("emergency access", {{"change", kNames[place]}});
  }
}

}  // namespace vesta::ops
