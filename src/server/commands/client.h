// `vesta client`: applications that may get tokens.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "server/commands/accounts.h"

namespace vesta::server::commands {

struct ClientOptions {
  std::string name;
  std::string id;  // empty: a new one
  std::vector<std::string> policies;
  std::vector<std::string> scopes;
  std::vector<std::string> redirect_uris;
  std::string jwks_file;  // this or
  std::string jwks_url;   // this; both empty: it gets a secret, or is public
  bool is_public = false;
};

// Registers a client, and prints its id and its secret, which is stored nowhere. The exit code: 0; 1: an option is
// wrong, or the store cannot be written.
int add_client(const ClientOptions& options, const Accounts& accounts, Random& random);

}  // namespace vesta::server::commands
