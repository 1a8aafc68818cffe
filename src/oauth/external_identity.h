// Who somebody is at an OpenID provider, and what signing in there proves here.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "access/records.h"
#include "base/result.h"
#include "json/document.h"
#include "oauth/passwords.h"
#include "search/parameter.h"
#include "store/store.h"

namespace vesta::oauth {

// Stands where the mark of a second factor does: the provider has asked for more than a password.
inline constexpr std::string_view kExternalFactor = "external";

// The active user who is this at the provider; null: there is none, or more than one, and nobody may sign in by it,
// which the log says. Errors: those of the store.
Result<std::shared_ptr<const access::User>> user_of_identity(store::Store& store, const search::Registry& registry,
                                                             access::Records& records,
                                                             const access::Identity& identity);

// As an Identifier.
json::Value identifier(const access::Identity& identity);

// Stands where the mark of a password does; no password's is the same.
std::string external_mark(const access::Identity& identity);
bool is_external_mark(std::string_view mark);
// Whose it is; absent: the mark of something else, or of an identity that the user does not have any more.
std::optional<access::Identity> identity_of_mark(const access::User& user, std::string_view mark);

// Does it still hold what somebody has signed in by, that is the mark of a password or of an identity? Errors: those of
// the store.
Result<bool> is_first_factor(Passwords& passwords, const access::User& user, std::string_view mark);

}  // namespace vesta::oauth
