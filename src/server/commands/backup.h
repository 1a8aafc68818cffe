// `vesta backup`: a consistent copy of an SQLite store, while a server writes to it or not.
#pragma once

#include <iosfwd>
#include <string>

#include "server/config.h"

namespace vesta::server::commands {

// The exit code. `target`: a folder that is not there yet; it appears when the backup is whole and on the disk.
int run_backup(const StoreConfig& store, const std::string& target, std::ostream& out, std::ostream& errors);

}  // namespace vesta::server::commands
