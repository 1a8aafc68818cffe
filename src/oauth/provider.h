// Provider: the built-in authorization server and OpenID provider, and what the bearer of a token of it is. No sockets;
// any number of threads.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "access/grants.h"
#include "access/records.h"
#include "audit/trail.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "http/message.h"
#include "identity/guess_throttle.h"
#include "identity/hash_gate.h"
#include "identity/password.h"
#include "identity/sealed_box.h"
#include "json/document.h"
#include "oauth/access_tokens.h"
#include "oauth/addresses.h"
#include "oauth/admissions.h"
#include "oauth/asked.h"
#include "oauth/bearers.h"
#include "oauth/client_authentication.h"
#include "oauth/client_keys.h"
#include "oauth/external_provider.h"
#include "oauth/fetch.h"
#include "oauth/passkey_setup.h"
#include "oauth/passkeys.h"
#include "oauth/passwords.h"
#include "oauth/registration.h"
#include "oauth/second_factors.h"
#include "oauth/sessions.h"
#include "oauth/sign_in.h"
#include "oauth/signing_keys.h"
#include "oauth/used_once.h"
#include "ops/host.h"
#include "ops/request_log.h"
#include "store/store.h"

namespace vesta::oauth {

// May clients register themselves?
enum class Registration { off, on };

struct ProviderSettings {
  ops::AccessLog access_log = ops::AccessLog::off;
  Registration registration = Registration::off;
  Fetch fetch;                               // for keys of clients by URL; empty: such clients are refused
  std::optional<ExternalSettings> external;  // nullopt: nobody signs in elsewhere
  identity::PasswordParameters passwords = identity::kPasswordParameters;
  identity::HashGateLimits hashes = {};
};

class Provider {
 public:
  // They outlive it; `trail` and `metrics` may be null. `service` is that of `store`.
  Provider(ops::Host& service, store::Store& store, access::Records& records, access::Grants& grants, Clock& clock,
           Random& random, audit::Trail* trail, Metrics* metrics, ProviderSettings settings);
  // Before the first request. Errors: those of the store.
  Status load();

  // Answers what is asked of one of the endpoints; nullopt: the path is none's.
  std::optional<http::Response> handle(const http::Request& request);

  // Who bears the token of the request, and what they may do. Errors: unauthenticated: none, or one that is not valid
  // (any more), with a sentence; those of Grants and of `may_ask`.
  Result<Admitted> admit(const http::Request& request, const Admissions::MayAsk& may_ask) {
    return admissions_.of(request, may_ask);
  }
  // Did the connection bring the same token a moment ago, and was it valid?
  bool knows(const http::Request& request) const { return admissions_.knows(request); }

  const Addresses& addresses() const { return addresses_; }
  Passwords& passwords() { return passwords_; }

 private:
  struct Endpoint;

  static const std::vector<Endpoint>& endpoints();
  static std::vector<std::string> names_of_endpoints();
  std::unordered_map<std::string, const Endpoint*> paths_of_endpoints() const;
  http::Response respond(const Endpoint& endpoint, const http::Request& request);
  Result<http::Response> answer(const Endpoint& endpoint, Asked& asked);
  audit::Record record_of(const Endpoint& endpoint, const http::Request& request) const;

  // Of clients.
  Result<http::Response> token(Asked& asked);
  Result<http::Response> client_credentials(Asked& asked);
  Result<http::Response> exchange_code(Asked& asked);
  Result<std::shared_ptr<const access::User>> user_of(Asked& asked, const std::string& id, const std::string& patient);
  Error replayed(Asked& asked, const NewSession& session);
  Result<http::Response> refresh(Asked& asked);
  Result<http::Response> introspect(Asked& asked);
  Result<http::Response> revoke(Asked& asked);
  Result<http::Response> register_client(Asked& asked);
  Result<http::Response> launch(Asked& asked);
  // Of browsers.
  Result<http::Response> authorize(Asked& asked);
  Result<http::Response> sign_in(Asked& asked);
  Result<http::Response> second_factor(Asked& asked);
  Result<http::Response> passkey(Asked& asked);
  Result<http::Response> go_away(Asked& asked);
  Result<http::Response> come_back(Asked& asked);
  Result<http::Response> consent(Asked& asked);
  Result<http::Response> encounter(Asked& asked);
  Result<http::Response> passkey_script(Asked& asked);
  Result<http::Response> begin_passkey(Asked& asked);
  Result<http::Response> passkey_password(Asked& asked);
  Result<http::Response> add_passkey(Asked& asked);
  // Of those who have a token, and of everybody.
  Result<http::Response> user_info(Asked& asked);
  Result<http::Response> keys(Asked& asked);
  Result<http::Response> server_metadata(Asked& asked);
  Result<http::Response> smart_configuration(Asked& asked);

  static Result<http::Response> refused_bearer(const http::Request& request, const Error& error);
  Result<json::Value> user_answer(const AccessToken& token);
  std::string id_token(const AuthorizationCode& code, const access::User& user);

  ops::Host& service_;
  store::Store& store_;
  access::Records& records_;
  access::Grants& grants_;
  Clock& clock_;
  Random& random_;
  audit::Trail* trail_;
  const Addresses addresses_;
  SigningKeys keys_;
  UsedOnce used_assertions_;
  UsedOnce used_launches_;
  UsedOnce used_challenges_;
  AccessTokens tokens_;
  ClientKeys client_keys_;
  ClientAuthentication clients_;
  Sessions sessions_;
  Bearers bearers_;
  Admissions admissions_;
  identity::HashGate gate_;
  identity::PasswordHasher hasher_;
  Passwords passwords_;
  Passkeys passkeys_;
  SecondFactors second_factors_;
  identity::GuessThrottle throttle_;
  ops::RequestLog log_;
  std::optional<ExternalProvider> external_;
  const Registration registration_;
  RegistrationLimit registrations_;
  const std::unordered_map<std::string, const Endpoint*> paths_;
  std::optional<identity::SealedBox> box_;  // since load, as what follows
  std::optional<SignIn> pages_;
  std::optional<PasskeySetup> passkey_pages_;
};

}  // namespace vesta::oauth
