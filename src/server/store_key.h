// The key of the site, by which an encrypted store's keys are wrapped: from a file, the environment or a program.
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"
#include "server/config.h"
#include "store/sqlite/secret_key.h"

namespace vesta::server {

// 32 bytes as 64 hexadecimal digits or as base64, white space around them. Errors: invalid: anything else.
Result<store::sqlite::SecretKey> parse_store_key(std::string_view text);

// From the one source that is named; nullopt: none is. `environment`: the value of VESTA_STORE_KEY; null: not set.
// Errors: invalid: several sources, or no key in it; unavailable: a file that cannot be read, a program that fails.
Result<std::optional<store::sqlite::SecretKey>> read_store_key(const StoreKeyConfig& config, const char* environment);

}  // namespace vesta::server
