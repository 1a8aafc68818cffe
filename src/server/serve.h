// `vesta serve`: the server, from its start to its graceful stop.
#pragma once

#include "server/config.h"

namespace vesta::server {

// Serves until SIGTERM or SIGINT; the exit code. Blocks both signals in the calling thread and all that it starts: call
// it while the process has one thread.
int run_serve(const ServeConfig& config, const StoreConfig& store);

}  // namespace vesta::server
