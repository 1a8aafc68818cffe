// The secrets of this server, kept in its store.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/store.h"

namespace vesta::oauth {

// Keys of a SealedBox; the first who asks makes one. Errors: those of the store, internal (damaged).
Result<std::vector<std::string>> load_seal_keys(store::Store& store, Random& random);

}  // namespace vesta::oauth
