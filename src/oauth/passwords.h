// Passwords: those of users, as hashes in the store's properties: no interaction reads them. docs/formats/passwords.md
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "access/records.h"
#include "base/ids.h"
#include "base/result.h"
#include "fhir/definitions.h"
#include "identity/password.h"
#include "ops/own_writes.h"
#include "store/store.h"

namespace vesta::oauth {

// Thread-safe. A password is of the user for whom it was set: whoever is made under the id of a deleted one has none.
class Passwords {
 public:
  // They outlive it.
  Passwords(store::Store& store, const fhir::Definitions& definitions, access::Records& records,
            const identity::PasswordHasher& hasher)
      : store_(store), definitions_(definitions), records_(records), hasher_(hasher) {}

  // `user`: the id. What to commit for them to have it: with the end of their sessions (Sessions::end_all_of). What was
  // begun with the one before goes no further, see mark. Errors: those of check_new_password, busy, those of the store.
  Result<ops::Property> property_of(std::string_view user, std::string_view password);
  // The same, committed alone: for a user who has no sessions.
  Status set(std::string_view user, std::string_view password);
  // `user` empty: there is nobody; it takes as long. Errors: busy, those of the store.
  Result<bool> check(std::string_view user, std::string_view password);
  // Another one with another password; nullopt: the user has none. Errors: those of the store.
  Result<std::optional<std::string>> mark(std::string_view user);

 private:
  struct Stored {
    VersionId version;  // of the User for whom it was set, zero: before there was one
    std::string hash;
    std::string text;  // of the property
  };

  Result<std::optional<Stored>> find(std::string_view user);
  Status write(const ops::Property& property, const std::vector<ops::ExpectedProperty>& expected = {});

  store::Store& store_;
  const fhir::Definitions& definitions_;
  access::Records& records_;
  const identity::PasswordHasher& hasher_;
};

}  // namespace vesta::oauth
