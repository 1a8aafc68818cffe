// `vesta policy test`: may somebody do this, and why.
#pragma once

#include <string>
#include <vector>

#include "server/commands/accounts.h"

namespace vesta::server::commands {

inline constexpr std::size_t kMaxPolicyFileBytes = 16 << 20;

struct PolicyTestOptions {
  std::string user = {};                 // a name; or
  std::string client = {};               // an id, acting for itself
  std::string patient = {};              // id of the patient in context
  std::vector<std::string> scopes = {};  // of the token; empty: those of the client, of a user all
  std::string interaction = {};          // as rules name it
  std::string resource = {};             // "Observation", or "Observation/1", which is there or in the file
  std::string base_url = "http://localhost:8080/fhir";
  std::string file = {};  // JSON: the resource as it will be; empty: none
};

// The exit code: 0 allowed, 2 not allowed, 1 the question makes no sense.
int test_policies(const PolicyTestOptions& options, const Accounts& accounts);

}  // namespace vesta::server::commands
