// One property for each user.
#include "oauth/passwords.h"

#include <optional>
#include <string>
#include <utility>

#include "base/log.h"

namespace vesta::oauth {
namespace {

std::string property_of(std::string_view user) {
  return "oauth.password." + std::string(user);
}

}  // namespace

Status Passwords::set(std::string_view user, std::string_view password) {
  VESTA_TRY(std::string hash, hasher_.hash(password));
  store::WriteSet writes;
  writes.properties.emplace_back(property_of(user), std::move(hash));
  VESTA_TRY([[maybe_unused]] const auto written, store_.commit(writes));
  return kOk;
}

Result<bool> Passwords::check(std::string_view user, std::string_view password) {
  std::optional<std::string> stored;
  if (!user.empty()) {
    VESTA_TRY(stored, store_.property(property_of(user)));
  }
  VESTA_TRY(const identity::PasswordMatch match, hasher_.verify(password, stored));
  if (match == identity::PasswordMatch::yes_and_rehash) {
    const Status hashed_again = set(user, password);
    if (!hashed_again.ok()) log::warning("a password keeps its old hash", {{"reason", hashed_again.error().message}});
  }
  return match != identity::PasswordMatch::no;
}

}  // namespace vesta::oauth
