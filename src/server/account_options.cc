// The options of the commands about clients, users and policies.
#include <CLI/CLI.hpp>

#include "server/commands/client.h"
#include "server/commands/policy.h"
#include "server/commands/user.h"
#include "server/options.h"

namespace vesta::server {

void add_client_options(CLI::App& command, commands::ClientOptions& client) {
  command.add_option("NAME", client.name, "What users see of it")->required();
  command.add_option("--id", client.id, "Its client_id; default: a new one");
  command.add_option("--policy", client.policies, "Policies by which it acts for itself");
  command.add_option("--scope", client.scopes, "SMART scopes that it may be given, one or several")
      ->required()
      ->delimiter(' ');
  command.add_option("--redirect-uri", client.redirect_uris, "Where users are sent back to, exactly");
  auto* const jwks = command.add_option("--jwks", client.jwks_file, "File with its public keys; no secret then");
  jwks->check(CLI::ExistingFile);
  command.add_option("--jwks-url", client.jwks_url, "URL where it publishes its public keys, instead")->excludes(jwks);
  command.add_flag("--public", client.is_public, "It cannot keep a secret: an app in a browser or on a phone");
}

void add_policy_test_options(CLI::App& command, commands::PolicyTestOptions& policy) {
  CLI::Option_group* const who = command.add_option_group("Who");
  who->add_option("--user", policy.user, "The name of a user");
  who->add_option("--client", policy.client, "The id of a client, for itself");
  who->require_option(1);
  add_option(command, "--base-url", policy.base_url, "URL of the FHIR base, as the server has it");
  command.add_option("--patient", policy.patient, "The id of the patient in context");
  command.add_option("--scope", policy.scopes, "Scopes of the token; default: the client's, of a user all")
      ->delimiter(' ');
  command.add_option("--resource", policy.file, "A file (JSON) with the resource as it will be")
      ->check(CLI::ExistingFile);
  command.add_option("INTERACTION", policy.interaction, "read, search, create, update or delete")->required();
  command.add_option("TYPE[/ID]", policy.resource, "Of which type, and which resource of it")->required();
}

void add_password_options(CLI::App& command, commands::UserOptions& user) {
  command.add_option("NAME", user.name, "The name to sign in by")->required();
  command.add_flag("--password-stdin", user.reads_password, "Read the password, a line, instead of making one");
}

void add_user_options(CLI::App& command, commands::UserOptions& user) {
  add_password_options(command, user);
  command.add_option("--policy", user.policies, "What the user may do");
  command.add_option("--fhir-user", user.fhir_user, "Who it is in the record: Practitioner/1, Patient/2 …");
  command
      .add_option("--identity", user.identity,
                  "Who it is at the OpenID provider: its issuer and the subject; no password is made then")
      ->type_name("ISSUER SUBJECT")
      ->expected(2);
}

}  // namespace vesta::server
