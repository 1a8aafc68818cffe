// Users, their passwords, second factors and passkeys.
#include "server/commands/user.h"

#include <utility>

#include "identity/hash_gate.h"
#include "identity/password.h"
#include "identity/tokens.h"
#include "identity/totp.h"
#include "oauth/addresses.h"
#include "oauth/answers.h"
#include "oauth/external_identity.h"
#include "oauth/passkeys.h"
#include "oauth/passwords.h"
#include "oauth/second_factors.h"
#include "oauth/sessions.h"
#include "oauth/users.h"
#include "ops/own_writes.h"

namespace vesta::server::commands {
namespace {

// Of two who have one neither could sign in by it.
Status check_identity(const UserOptions& options, const Accounts& accounts, access::Records& records) {
  if (options.identity.size() != 2) return kOk;
  const access::Identity identity{options.identity[0], options.identity[1]};
  VESTA_TRY(const auto user, oauth::user_of_identity(accounts.store, accounts.context.registry, records, identity));
  if (user == nullptr) return kOk;
  return make_error(Category::invalid, "'" + user->name + "' is the user of this identity already.");
}

Status check(const UserOptions& options, const Accounts& accounts, access::Records& records) {
  if (options.name.empty() || options.name.size() > oauth::kMaxUserNameBytes) {
    return make_error(Category::invalid, "A user's name has 1 to 256 bytes.");
  }
  VESTA_TRY(const bool is_taken, oauth::is_taken(accounts.store, accounts.context.registry, options.name));
  if (is_taken) return make_error(Category::invalid, "There is a user '" + options.name + "' already.");
  VESTA_CHECK_OK(check_identity(options, accounts, records));
  return check_policies(options.policies, records);
}

// The one of the input, or a new one, which is to be printed.
Result<std::string> choose_password(const UserOptions& options, std::istream& input, Random& random) {
  if (!options.reads_password) return identity::new_secret(random).substr(0, 24);  // 144 bits
  std::string password;
  if (!std::getline(input, password)) return make_error(Category::invalid, "The input has no password.");
  return password;
}

// The passwords of the store, with what hashes them.
struct StorePasswords {
  StorePasswords(const Accounts& accounts, access::Records& records, Clock& clock, Random& random)
      : gate(clock), hasher(gate, random), passwords(accounts.store, accounts.context.definitions, records, hasher) {}

  identity::HashGate gate;
  const identity::PasswordHasher hasher;
  oauth::Passwords passwords;
};

Result<std::shared_ptr<const access::User>> need_user(const UserOptions& options, const Accounts& accounts,
                                                      access::Records& records) {
  VESTA_TRY(auto user, oauth::user_of_name(accounts.store, accounts.context.registry, records, options.name));
  if (user == nullptr) return make_error(Category::not_found, "There is no active user '" + options.name + "'.");
  return user;
}

Status add(const UserOptions& options, const Accounts& accounts, std::istream& input, Clock& clock, Random& random) {
  access::Records records(accounts.store, accounts.context.definitions);
  VESTA_CHECK_OK(check(options, accounts, records));
  const std::string id = accounts.context.service.uuids.next();
  const bool has_password = options.reads_password || options.identity.empty();
  std::string password;
  std::vector<ops::Property> properties;
  if (has_password) {
    VESTA_TRY(password, choose_password(options, input, random));
    StorePasswords store(accounts, records, clock, random);
    VESTA_TRY(properties.emplace_back(), store.passwords.property_of(id, password));
  }
  json::Value user = oauth::object({{"resourceType", oauth::text(access::kUser)},
                                    {"id", oauth::text(id)},
                                    {"name", oauth::text(options.name)},
                                    {"status", oauth::text("active")}});
  if (!options.fhir_user.empty()) {
    user.members.push_back({"fhirUser", oauth::object({{"reference", oauth::text(options.fhir_user)}})});
  }
  if (!options.policies.empty()) user.members.push_back({"policy", policy_references(options.policies)});
  if (options.identity.size() == 2) {
    json::Value identities;
    identities.kind = json::Value::Kind::array;
    identities.items.push_back(oauth::identifier({options.identity[0], options.identity[1]}));
    user.members.push_back({"identity", std::move(identities)});
  }
  std::string text;
  json::append_value(user, text);
  VESTA_CHECK_OK(ops::put_own(accounts.context, {text}, properties));
  if (has_password && !options.reads_password) accounts.out << "password  " << password << "\n";
  accounts.out << "id        " << id << "\n";
  return kOk;
}

// Whoever knew the old one may have signed in by it.
Status change_password(const UserOptions& options, const Accounts& accounts, std::istream& input, Clock& clock,
                       Random& random) {
  access::Records records(accounts.store, accounts.context.definitions);
  VESTA_TRY(const auto user, need_user(options, accounts, records));
  VESTA_TRY(const std::string password, choose_password(options, input, random));
  StorePasswords store(accounts, records, clock, random);
  VESTA_TRY(const ops::Property property, store.passwords.property_of(user->id, password));
  oauth::Sessions sessions(accounts.host, records, clock, random);
  VESTA_CHECK_OK(sessions.end_all_of(accounts.context, user->id, {property}));
  if (!options.reads_password) accounts.out << "password  " << password << "\n";
  return kOk;
}

Status change_second_factor(const UserOptions& options, const Accounts& accounts, Clock& clock, Random& random) {
  access::Records records(accounts.store, accounts.context.definitions);
  VESTA_TRY(const auto user, need_user(options, accounts, records));
  const oauth::Enrolment enrolment = oauth::new_enrolment(random);
  oauth::Sessions sessions(accounts.host, records, clock, random);
  VESTA_CHECK_OK(sessions.end_all_of(accounts.context, user->id,
                                     {options.has_factor ? oauth::SecondFactors::property_of(*user, enrolment)
                                                         : oauth::SecondFactors::property_of_none(*user)}));
  if (!options.has_factor) return kOk;
  accounts.out << "uri       " << identity::totp_uri(enrolment.secret, options.issuer, user->name) << "\n";
  for (const std::string& code : enrolment.recovery_codes) accounts.out << "recovery  " << code << "\n";
  return kOk;
}

Status change_passkeys(const UserOptions& options, const Accounts& accounts, Clock& clock, Random& random) {
  access::Records records(accounts.store, accounts.context.definitions);
  VESTA_TRY(const auto user, need_user(options, accounts, records));
  oauth::Passkeys passkeys(accounts.store, clock);
  if (!options.has_factor) {
    VESTA_TRY(const auto none, passkeys.properties_of_none(*user));
    oauth::Sessions sessions(accounts.host, records, clock, random);
    return sessions.end_all_of(accounts.context, user->id, none);
  }
  StorePasswords store(accounts, records, clock, random);
  VESTA_TRY(const auto password, store.passwords.mark(user->id));
  if (!password) {
    return make_error(Category::invalid, "'" + user->name + "' has no password here, which the link would ask for.");
  }
  VESTA_TRY(const auto invitation, passkeys.invite(*user, random));
  VESTA_CHECK_OK(ops::put_own(accounts.context, {}, {invitation.property}));
  const oauth::Addresses addresses(options.base_url);
  accounts.out << "link      " << addresses.url(oauth::kPasskeySetupPath) << "?invitation=" << invitation.text << "\n";
  return kOk;
}

int done(const Status& status, const Accounts& accounts) {
  return status.ok() ? finish(accounts) : fail(accounts, status.error());
}

}  // namespace

int add_user(const UserOptions& options, const Accounts& accounts, std::istream& input, Clock& clock, Random& random) {
  return done(add(options, accounts, input, clock, random), accounts);
}

int set_password(const UserOptions& options, const Accounts& accounts, std::istream& input, Clock& clock,
                 Random& random) {
  return done(change_password(options, accounts, input, clock, random), accounts);
}

int set_second_factor(const UserOptions& options, const Accounts& accounts, Clock& clock, Random& random) {
  return done(change_second_factor(options, accounts, clock, random), accounts);
}

int set_passkeys(const UserOptions& options, const Accounts& accounts, Clock& clock, Random& random) {
  return done(change_passkeys(options, accounts, clock, random), accounts);
}

}  // namespace vesta::server::commands
