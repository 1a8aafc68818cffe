// Registration of clients.
#include "server/commands/client.h"

#include <fstream>
#include <iterator>
#include <utility>

#include "identity/jwks.h"
#include "identity/tokens.h"
#include "net/client.h"
#include "oauth/answers.h"
#include "oauth/authorization_request.h"
#include "ops/route.h"

namespace vesta::server::commands {
namespace {

Result<std::string> read_jwks(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file.is_open()) return make_error(Category::invalid, path + " cannot be read.");
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (const auto keys = identity::parse_jwks(text); !keys.ok()) {
    return make_error(Category::invalid, path + " is no set of public keys (JWKS): " + keys.error().message);
  }
  return text;
}

// Errors (invalid): a policy that is not there, an id of another form or that is taken, an address that is none.
Status check(const ClientOptions& options, access::Records& records) {
  VESTA_CHECK_OK(check_policies(options.policies, records));
  for (const std::string& address : options.redirect_uris) {
    if (!oauth::is_redirect_address(address)) {
      return make_error(Category::invalid,
                        "'" + address + "' is no absolute address, without a fragment, to go back to.");
    }
  }
  if (!options.jwks_url.empty()) {
    if (const Status checked = net::check_fetch_url(options.jwks_url); !checked.ok()) {
      return make_error(Category::invalid, "'" + options.jwks_url + "': " + checked.error().message + ".");
    }
  }
  if (options.id.empty()) return kOk;
  if (!ops::is_id(options.id)) return make_error(Category::invalid, "'" + options.id + "' is no id.");
  VESTA_TRY(const auto client, records.client(options.id));
  if (client != nullptr) return make_error(Category::invalid, "There is a client '" + options.id + "' already.");
  return kOk;
}

Result<std::string> register_client(const ClientOptions& options, const Accounts& accounts, const std::string& secret,
                                    const std::string& jwks) {
  const std::string id = options.id.empty() ? accounts.context.service.uuids.next() : options.id;
  json::Value client = oauth::object({{"resourceType", oauth::text(access::kClient)},
                                      {"id", oauth::text(id)},
                                      {"name", oauth::text(options.name)},
                                      {"status", oauth::text("active")}});
  const auto add = [&](const char* name, json::Value value) { client.members.push_back({name, std::move(value)}); };
  if (!secret.empty()) add("secretDigest", oauth::texts({identity::digest_of_secret(secret)}));
  if (!jwks.empty()) add("jwks", oauth::text(jwks));
  if (!options.jwks_url.empty()) add("jwksUri", oauth::text(options.jwks_url));
  if (!options.scopes.empty()) add("scope", oauth::texts(options.scopes));
  if (!options.redirect_uris.empty()) add("redirectUri", oauth::texts(options.redirect_uris));
  if (!options.policies.empty()) add("policy", policy_references(options.policies));
  VESTA_CHECK_OK(put_record(accounts, client));
  return id;
}

}  // namespace

int add_client(const ClientOptions& options, const Accounts& accounts, Random& random) {
  access::Records records(accounts.store, accounts.context.definitions);
  if (const Status checked = check(options, records); !checked.ok()) return fail(accounts, checked.error());
  std::string jwks;
  if (!options.jwks_file.empty()) {
    auto read = read_jwks(options.jwks_file);
    if (!read.ok()) return fail(accounts, read.error());
    jwks = *std::move(read);
  }
  const bool has_secret = jwks.empty() && options.jwks_url.empty() && !options.is_public;
  const std::string secret = has_secret ? identity::new_secret(random) : std::string();
  const auto id = register_client(options, accounts, secret, jwks);
  if (!id.ok()) return fail(accounts, id.error());
  accounts.out << "client_id      " << *id << "\n";
  if (has_secret) accounts.out << "client_secret  " << secret << "\n";
  return finish(accounts);
}

}  // namespace vesta::server::commands
