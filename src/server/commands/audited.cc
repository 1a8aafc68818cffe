// Records without a request.
#include "server/commands/audited.h"

#include <pwd.h>
#include <unistd.h>

#include "audit/own_events.h"

namespace vesta::server::commands {
namespace {

// With a colon, which no id has: it is nobody's in the store.
std::string user_of_machine() {
  const passwd* const entry = getpwuid(getuid());
  return "os:" + (entry == nullptr ? std::to_string(getuid()) : std::string(entry->pw_name));
}

}  // namespace

audit::Record about_command(const std::string& words) {
  audit::Record about;
  about.user = user_of_machine();
  about.method = "vesta";
  about.path = words;
  about.interaction = audit::kCommand;
  return about;
}

Status record_command(store::Store& store, Clock& clock, std::string_view interaction, const std::string& words) {
  constexpr int kAllowed = 200;
  if (store.newest_audit() == 0) return kOk;
  audit::Record record = about_command(words);
  record.at = clock.now();
  record.interaction = interaction;
  record.status = kAllowed;
  store::WriteSet set;
  set.audit.push_back(audit::head_text(record));
  VESTA_TRY([[maybe_unused]] const auto written, store.commit(set));
  return kOk;
}

}  // namespace vesta::server::commands
