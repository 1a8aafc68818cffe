// `vesta store rekey`: other keys of an encrypted store, while a server runs or not.
#pragma once

#include <iosfwd>

#include "server/config.h"

namespace vesta::server::commands {

struct RekeyOptions {
  StoreKeyConfig next;  // none: the key of the site stays
  bool is_data_key_renewed = false;
};

// Returns the exit code.
int run_rekey(const RekeyOptions& options, const StoreConfig& store, std::ostream& out, std::ostream& errors);

}  // namespace vesta::server::commands
