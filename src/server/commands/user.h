// `vesta user`: people who may sign in.
#pragma once

#include <istream>
#include <string>
#include <vector>

#include "base/clock.h"
#include "server/commands/accounts.h"

namespace vesta::server::commands {

struct UserOptions {
  std::string name;
  std::string fhir_user;  // "Practitioner/1"; empty: nobody of the record
  std::vector<std::string> policies;
  std::vector<std::string> identity;  // at an OpenID provider: its issuer and the subject; empty: none
  bool reads_password = false;        // a line of the input; else one is made, and printed, unless there is an identity
  bool has_factor = true;             // of set_second_factor and set_passkeys: false: it is taken away
  std::string issuer = "Vesta";       // what an app for codes calls this server
  std::string base_url = "http://localhost:8080/fhir";  // as the server that links lead to has it
};

// The exit code: 0; 1: an option is wrong, the name is taken, the password is too short, or the store cannot be
// written.
int add_user(const UserOptions& options, const Accounts& accounts, std::istream& input, Clock& clock, Random& random);
// Another password for the user of this name, whose sessions end.
int set_password(const UserOptions& options, const Accounts& accounts, std::istream& input, Clock& clock,
                 Random& random);

// A second factor for the user of this name, in the place of one that was there; sessions end. It is printed, once.
int set_second_factor(const UserOptions& options, const Accounts& accounts, Clock& clock, Random& random);

// A link by which the user of this name sets up a passkey beside those that they have; or takes all of them away, and
// their sessions end.
int set_passkeys(const UserOptions& options, const Accounts& accounts, Clock& clock, Random& random);

}  // namespace vesta::server::commands
