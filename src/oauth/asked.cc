// The record of what was asked.
#include "oauth/asked.h"

#include "audit/record.h"

namespace vesta::oauth {

Status Asked::record(audit::Trail* trail, Clock& clock, int status) {
  constexpr int kFirstRefusal = 400;
  const bool is_told = is_recorded && status < kFirstRefusal;
  if (trail == nullptr || about.interaction.empty() || is_told) return kOk;
  about.at = clock.now();
  about.status = status;
  VESTA_CHECK_OK(trail->append(audit::head_text(about)));
  is_recorded = status < kFirstRefusal;
  return kOk;
}

}  // namespace vesta::oauth
