// What commands leave in the audit log of the store that they work on.
#pragma once

#include <string>
#include <string_view>

#include "audit/record.h"
#include "base/clock.h"
#include "base/result.h"
#include "store/store.h"

namespace vesta::server::commands {

// Who runs it, by the name that the machine knows them by; `words`: what they wrote behind "vesta".
audit::Record about_command(const std::string& words);

// In a commit of its own, before the command does anything, if the store has an audit log: if there is a record in it,
// as there is in each store that has been served with access control. Errors: those of a commit.
Status record_command(store::Store& store, Clock& clock, std::string_view interaction, const std::string& words);

}  // namespace vesta::server::commands
