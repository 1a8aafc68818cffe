// Records: the resources that say who may do what, AccessPolicy, Client, User and Session, as the store has them now.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/kept.h"
#include "base/ids.h"
#include "base/result.h"
#include "fhir/definitions.h"
#include "fhir/node.h"
#include "store/store.h"

namespace vesta::access {

// The resource types of access itself, and the one that tells what the audit log has. Rules and scopes mean them only
// by their names: `*` is all other types.
inline constexpr std::string_view kAccessPolicy = "AccessPolicy";
inline constexpr std::string_view kClient = "Client";
inline constexpr std::string_view kUser = "User";
inline constexpr std::string_view kSession = "Session";
inline constexpr std::string_view kEmergencyAccess = "EmergencyAccess";
inline constexpr std::string_view kAuditEvent = "AuditEvent";
inline bool is_named_only(std::string_view type) {
  return type == kAccessPolicy || type == kClient || type == kUser || type == kSession || type == kEmergencyAccess ||
         type == kAuditEvent;
}
inline constexpr std::string_view kAllTypes = "*";
// The tag of a Client that has registered itself: nobody has looked at it. Who has takes it away.
inline constexpr std::string_view kClientTags = "urn:vesta:CodeSystem:client";
inline constexpr std::string_view kSelfRegistered = "self-registered";
// SMART's patient in context is one of these.
inline constexpr std::string_view kPatientType = "Patient";

// The resource Client: a program that may ask for access.
struct Client {
  std::string id;
  VersionId version;
  std::string name;
  bool is_active = false;
  std::vector<std::string> secret_digests;  // base64url, SHA-256
  std::string jwks;                         // the text of a JWK Set; empty: none
  std::string jwks_uri;                     // where it publishes one, instead; empty: nowhere
  std::vector<std::string> scopes;          // that it may be given
  std::vector<std::string> policies;        // ids of AccessPolicies
  std::vector<std::string> redirect_uris;   // where users are sent back to
  bool is_self_registered = false;          // by its tag

  // Neither secret nor keys: it only says who it is.
  bool is_public() const { return secret_digests.empty() && jwks.empty() && jwks_uri.empty(); }
};

// Who somebody is at an OpenID provider.
struct Identity {
  std::string issuer;
  std::string subject;

  bool operator==(const Identity&) const = default;
};

// The resource User: somebody who may sign in.
struct User {
  std::string id;
  VersionId version;
  std::string name;
  bool is_active = false;
  bool needs_second_factor = false;   // else one is asked for where there is one
  std::string fhir_user;              // "Practitioner/1"; empty: nobody of the record
  std::vector<std::string> policies;  // ids of AccessPolicies
  std::vector<Identity> identities;
  // By which the one before, of this id, was deleted; zero: there was none. What was given to that one is not theirs.
  VersionId deleted;

  // Was it this user who had this version, or one before under the id?
  bool had(VersionId earlier) const { return earlier >= deleted; }
};

// The resource Session: what a user has allowed a client, until it ends.
struct Session {
  std::string id;
  VersionId version;
  bool is_active = false;
  std::string client;                     // id
  std::string user;                       // id
  VersionId user_version = {};            // that they had when they signed in; zero: it was not written then
  bool has_second_factor = false;         // was proved beside the password; false too where it was not written then
  std::optional<Identity> identity = {};  // by which they signed in, at an OpenID provider; absent: here
  std::string patient;                    // id; empty: none in context
  std::vector<std::string> scopes;
  Instant started;
  Instant expires;
  std::string refresh_digest;             // of the refresh token that is good now; empty: none is
  std::vector<std::string> used_digests;  // of those before it

  // May this user, as they are now, go on with what they allowed then?
  bool is_good_for(const User& now) const {
    if (identity && std::ranges::find(now.identities, *identity) == now.identities.end()) return false;
    return now.is_active && now.had(user_version) && (has_second_factor || !now.needs_second_factor);
  }
};

// The texts are as somebody wrote them: Grants finds out whether they mean anything.
struct Rule {
  std::string description;
  std::vector<std::string> types;
  std::vector<std::string> interactions;
  std::string compartment;
  std::vector<std::string> compartment_criteria;
  std::string criteria;
  std::vector<std::string> hidden;     // "Patient.telecom"
  std::vector<std::string> read_only;  // the same
  bool is_deidentified = false;
  std::string min_cell_size;
  std::string consent;                // what it makes of patients' Consents; empty: they are respected
  std::vector<std::string> purposes;  // codes of v3-ActReason
};

// The resource AccessPolicy.
struct Policy {
  std::string id;
  VersionId version;
  std::string name;
  bool is_active = false;
  std::vector<Rule> rules;
};

// What an AccessPolicy says.
Policy read_policy(const fhir::Definitions& definitions, const fhir::Node& resource);

inline constexpr std::size_t kMaxKeptRecords = 1'000;  // of each kind; more are read anew

// Thread-safe. A change is in force with its commit: where anything of its type was committed since a record was read,
// its version is looked at again. What it says is kept.
class Records {
 public:
  Records(store::Store& store, const fhir::Definitions& definitions);  // both outlive it
  ~Records();
  Records(const Records&) = delete;
  Records& operator=(const Records&) = delete;

  // Null: there is none (there never was, or it was deleted). Errors: those of Store::read, internal (damaged).
  Result<std::shared_ptr<const Client>> client(std::string_view id);
  Result<std::shared_ptr<const Policy>> policy(std::string_view id);
  Result<std::shared_ptr<const User>> user(std::string_view id);
  Result<std::shared_ptr<const Session>> session(std::string_view id);
  // Another number after each commit of any of them. Takes no lock.
  std::uint64_t state() const;

 private:
  template <class Record>
  struct Read;

  template <class Record>
  Result<std::shared_ptr<const Record>> find(fhir::TypeId type, std::string_view id, Kept<Read<Record>>& kept);

  Result<VersionId> last_deletion(fhir::TypeId type, std::string_view id);

  store::Store& store_;
  const fhir::Definitions& definitions_;
  const fhir::TypeId client_type_, policy_type_, user_type_, session_type_;
  Kept<Read<Client>> clients_{kMaxKeptRecords};
  Kept<Read<Policy>> policies_{kMaxKeptRecords};
  Kept<Read<User>> users_{kMaxKeptRecords};
  Kept<Read<Session>> sessions_{kMaxKeptRecords};
};

}  // namespace vesta::access
