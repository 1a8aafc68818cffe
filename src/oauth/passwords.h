// Passwords: those of users, as hashes in the store's properties: no interaction reads them.
#pragma once

#include <string_view>

#include "base/result.h"
#include "identity/password.h"
#include "store/store.h"

namespace vesta::oauth {

// Thread-safe.
class Passwords {
 public:
  // They outlive it.
  Passwords(store::Store& store, const identity::PasswordHasher& hasher) : store_(store), hasher_(hasher) {}

  // `user`: the id. Errors: those of check_new_password, busy, those of the store.
  Status set(std::string_view user, std::string_view password);
  // `user` empty: there is nobody; it takes as long. Errors: busy, those of the store.
  Result<bool> check(std::string_view user, std::string_view password);

 private:
  store::Store& store_;
  const identity::PasswordHasher& hasher_;
};

}  // namespace vesta::oauth
