// Users and their passwords.
#include "server/commands/user.h"

#include <utility>

#include "identity/hash_gate.h"
#include "identity/password.h"
#include "identity/tokens.h"
#include "oauth/answers.h"
#include "oauth/passwords.h"
#include "oauth/sessions.h"
#include "oauth/users.h"

namespace vesta::server::commands {
namespace {

Status check(const UserOptions& options, const Accounts& accounts, access::Records& records) {
  if (options.name.empty() || options.name.size() > oauth::kMaxUserNameBytes) {
    return make_error(Category::invalid, "A user's name has 1 to 256 bytes.");
  }
  VESTA_TRY(const bool is_taken, oauth::is_taken(accounts.store, accounts.context.registry, options.name));
  if (is_taken) return make_error(Category::invalid, "There is a user '" + options.name + "' already.");
  return check_policies(options.policies, records);
}

// Sets the one of the input, or a new one, which is printed.
Status choose_password(const UserOptions& options, const Accounts& accounts, const std::string& user,
                       std::istream& input, Clock& clock, Random& random) {
  std::string password;
  if (options.reads_password) {
    if (!std::getline(input, password)) return make_error(Category::invalid, "The input has no password.");
  } else {
    password = identity::new_secret(random).substr(0, 24);  // 144 bits
  }
  identity::HashGate gate(clock);
  const identity::PasswordHasher hasher(gate, random);
  access::Records records(accounts.store, accounts.context.definitions);
  oauth::Passwords passwords(accounts.store, accounts.context.definitions, records, hasher);
  VESTA_CHECK_OK(passwords.set(user, password));
  if (!options.reads_password) accounts.out << "password  " << password << "\n";
  return kOk;
}

}  // namespace

int add_user(const UserOptions& options, const Accounts& accounts, std::istream& input, Clock& clock, Random& random) {
  access::Records records(accounts.store, accounts.context.definitions);
  if (const Status checked = check(options, accounts, records); !checked.ok()) return fail(accounts, checked.error());
  const std::string id = accounts.context.service.uuids.next();
  // The password first: a user without one is nobody's, a password without a user opens nothing.
  const Status chosen = choose_password(options, accounts, id, input, clock, random);
  if (!chosen.ok()) return fail(accounts, chosen.error());
  json::Value user = oauth::object({{"resourceType", oauth::text(access::kUser)},
                                    {"id", oauth::text(id)},
                                    {"name", oauth::text(options.name)},
                                    {"status", oauth::text("active")}});
  if (!options.fhir_user.empty()) {
    user.members.push_back({"fhirUser", oauth::object({{"reference", oauth::text(options.fhir_user)}})});
  }
  if (!options.policies.empty()) user.members.push_back({"policy", policy_references(options.policies)});
  if (const Status written = put_record(accounts, user); !written.ok()) return fail(accounts, written.error());
  accounts.out << "id        " << id << "\n";
  return finish(accounts);
}

int set_password(const UserOptions& options, const Accounts& accounts, std::istream& input, Clock& clock,
                 Random& random) {
  access::Records records(accounts.store, accounts.context.definitions);
  const auto user = oauth::user_of_name(accounts.store, accounts.context.registry, records, options.name);
  if (!user.ok()) return fail(accounts, user.error());
  if (*user == nullptr) {
    return fail(accounts, make_error(Category::not_found, "There is no active user '" + options.name + "'."));
  }
  const Status chosen = choose_password(options, accounts, (*user)->id, input, clock, random);
  if (!chosen.ok()) return fail(accounts, chosen.error());
  // Whoever knew the old one may have signed in by it.
  oauth::Sessions sessions(accounts.context.service, records, clock, random);
  const Status ended = sessions.end_all_of((*user)->id);
  return ended.ok() ? finish(accounts) : fail(accounts, ended.error());
}

}  // namespace vesta::server::commands
