// `vesta check`: verifies a store's own structures, bodies and index values.
#pragma once

#include <ostream>

#include "ops/service.h"
#include "store/store.h"

namespace vesta::server::commands {

inline constexpr std::size_t kMaxFindingsShown = 1000;  // further ones are only counted

// The exit code: 0 if there was no finding, else 1. One line in `out` per finding, and a summary.
int run_check(const ops::Service& service, store::Store& store, std::ostream& out);

}  // namespace vesta::server::commands
