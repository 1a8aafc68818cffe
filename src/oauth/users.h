// Users: who signs in by which name.
#pragma once

#include <memory>
#include <string_view>

#include "access/records.h"
#include "base/result.h"
#include "search/parameter.h"
#include "store/store.h"

namespace vesta::oauth {

inline constexpr std::size_t kMaxUserNameBytes = 256;

// The active user of this name, as it is written; null: there is none, or more than one, and nobody may sign in by it,
// which the log says.
// Errors: those of the store.
Result<std::shared_ptr<const access::User>> user_of_name(store::Store& store, const search::Registry& registry,
                                                         access::Records& records, std::string_view name);

// Is there a user of this name, active or not?
Result<bool> is_taken(store::Store& store, const search::Registry& registry, std::string_view name);

}  // namespace vesta::oauth
