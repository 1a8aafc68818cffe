// Who a client is, proved by a secret or by a token of its own key.
// https://hl7.org/fhir/smart-app-launch/STU2.2/client-confidential-asymmetric.html
#pragma once

#include <initializer_list>
#include <memory>
#include <string_view>

#include "access/records.h"
#include "base/clock.h"
#include "base/result.h"
#include "oauth/addresses.h"
#include "oauth/asked.h"
#include "oauth/client_keys.h"
#include "oauth/used_once.h"

namespace vesta::oauth {

// A public client has neither secret nor keys: it says who it is, and PKCE ties a code to who asked for it.
enum class PublicClients { refused, accepted };

class ClientAuthentication {
 public:
  // They outlive it.
  ClientAuthentication(const Addresses& addresses, access::Records& records, ClientKeys& keys, UsedOnce& used,
                       Clock& clock)
      : addresses_(addresses), records_(records), keys_(keys), used_(used), clock_(clock) {}

  // By client_secret_basic, client_secret_post or private_key_jwt: one of them. Errors (oauth_error): invalid_client,
  // whatever was wrong about it; invalid_request: none, or more than one of them. Errors of the store; busy: its keys
  // are being fetched. `presumed`: the public client that it is if nothing says who. The audit log will name a client
  // that is there, refused or not.
  Result<std::shared_ptr<const access::Client>> authenticate(Asked& asked, PublicClients public_clients,
                                                             std::string_view presumed = {}) const;

 private:
  // Errors: invalid_client: it is not there, or off.
  Result<std::shared_ptr<const access::Client>> find(Asked& asked, std::string_view id) const;
  Result<std::shared_ptr<const access::Client>> public_client(Asked& asked, std::string_view id) const;
  // One of the secrets must be right: the ways in which one text can be read.
  Result<std::shared_ptr<const access::Client>> by_secret(Asked& asked, std::string_view id,
                                                          std::initializer_list<std::string_view> secrets) const;
  Result<std::shared_ptr<const access::Client>> by_assertion(Asked& asked) const;

  const Addresses& addresses_;
  access::Records& records_;
  ClientKeys& keys_;
  UsedOnce& used_;
  Clock& clock_;
};

}  // namespace vesta::oauth
