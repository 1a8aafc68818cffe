// Grants: from who somebody is, and the policies and scopes that they have, to what they may do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "access/consent_askers.h"
#include "access/consent_guards.h"
#include "access/consents.h"
#include "access/decisions.h"
#include "access/deidentifiers.h"
#include "access/grant.h"
#include "access/kept.h"
#include "access/records.h"
#include "access/variables.h"
#include "base/clock.h"
#include "base/result.h"
#include "search/codes.h"
#include "search/hierarchy.h"
#include "search/parameter.h"
#include "store/store.h"

namespace vesta::access {

class RulePlans;

// On whose behalf a request comes.
struct Principal {
  std::string client;                 // id of the Client
  std::vector<std::string> policies;  // ids of AccessPolicies
  std::vector<std::string> scopes;    // as granted
  std::string fhir_user;              // "Practitioner/1"; empty: none
  std::string patient;                // id of the patient in context: what scopes of a patient mean; empty: their own
  std::string user = {};              // id of the User, for the audit; empty: the client itself
  bool operator==(const Principal&) const = default;
};

inline constexpr std::size_t kMaxKeptNodes = 250'000;  // of plans, of all grants that are kept; more are made anew
inline constexpr std::size_t kKeyBytesPerNode = 64;    // a grant's key weighs as well
inline constexpr std::size_t kMaxPolicies = 64;        // of one principal
inline constexpr std::size_t kMaxRules = 256;          // of one policy
inline constexpr std::size_t kMaxGuardNodes = 16'384;  // of one type and action, scopes included

inline constexpr std::size_t kMaxWarnings = 1'000;  // that are remembered, not to be logged again

// Thread-safe. A grant is kept until a policy of the principal, the search parameters, those whose compartments a rule
// is about, the Consents that say something to the principal, what is below their codes or the day change (or the
// minute, where a rule asks for it).
class Grants {
 public:
  // What is handed in outlives it; null: criteria with `:in`, `:above` and the like do not compile, and rules about
  // de-identified resources grant nothing.
  Grants(store::Store& store, const search::Registry& registry, Clock& clock, std::string base_url, Records& records,
         const search::CodeSource* codes, const search::Hierarchy* hierarchy, Deidentifiers* deidentifiers = nullptr);

  // The union of the rules of the active policies, narrowed by the scopes. What has no meaning (a rule that does not
  // compile, a variable without a value, a policy that is not there, a scope of another kind) grants nothing.
  // Errors: those of Store, too_large (policies, scopes).
  // `origin`, if it is not null, becomes what the grant is made of. It comes from begin(), which is called before
  // anything is read: then it holds for the records of the principal too.
  class Origin;
  Origin begin() const;
  Result<std::shared_ptr<const Grant>> of(const Principal& principal, Origin* origin = nullptr);
  // The grant, if the same principal would get the same now; null if not, or if in doubt. Takes no lock.
  std::shared_ptr<const Grant> again(const Origin& origin) const;
  // What the Consents of now leave of what a rule grants to this principal. Errors: those of Store.
  Result<ConsentGuards> consents(const Principal& principal);
  // All Consents are read when the first grant is made, or here. Errors: those of Store.
  Status load();

 private:
  struct Made;
  struct Moment;

  Moment moment() const;
  Result<std::shared_ptr<const Made>> made(const Principal& principal);
  bool has_same_owners(const Made& known) const;
  Result<ConsentGuards> guards_by(std::shared_ptr<const ConsentState> state, const Principal& principal,
                                  Instant now) const;
  std::shared_ptr<const Made> keep(const std::string& key, Made made);
  bool is_current(const Made& known, const Moment& now) const;
  Result<std::shared_ptr<const Made>> renewed(const std::string& key, std::shared_ptr<const Made> known);
  // `is_same`: what the Consents say is what it was.
  static bool has_same_consents(const Made& known, bool is_same, const Moment& now);
  Status make(std::span<const std::shared_ptr<const Policy>> policies, const Principal& principal,
              const Variables& variables, const std::string& key, ConsentGuards& consents, Made& made);
  void add_rules(const RulePlans& plans, const Policy& policy, ConsentGuards& consents, Grant& grant, Made& made);
  Status deidentify(Made& made, Grant& grant);
  std::size_t narrow(const Grant& allowed, Grant& grant);
  void narrow_by_scopes(const search::Plan& scopes, Action action, fhir::TypeId type, Grant& grant);
  void warn(const std::string& once, std::string_view policy, VersionId version, const std::string& reason);

  store::Store& store_;
  const search::Registry& registry_;
  Clock& clock_;
  std::string base_url_;
  Records& records_;
  const search::CodeSource* codes_;
  const search::Hierarchy* hierarchy_;
  Deidentifiers* deidentifiers_;
  const fhir::TypeId code_system_type_;
  Consents consents_;
  const ConsentAskers askers_;
  const std::shared_ptr<DecisionTable> decisions_ = std::make_shared<DecisionTable>();
  Kept<Made> kept_{kMaxKeptNodes};
  Kept<std::string> warned_{kMaxWarnings};  // what was logged: by policy, version and rule
};

// What a grant is made of. It does not keep the grant, which is large: Grants does, within its bounds.
class Grants::Origin {
  friend Grants;
  std::weak_ptr<const Made> made_;
  std::uint64_t records_ = 0;  // Records::state, and the newest Consent, before any was read
  CommitSeq consents_;
};

}  // namespace vesta::access
