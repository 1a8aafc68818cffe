// Consent askers: the names by which Consents may mean somebody.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "access/consent_plans.h"
#include "access/consents.h"
#include "base/result.h"
#include "search/query_text.h"
#include "store/store.h"

namespace vesta::access {

inline constexpr std::uint32_t kMaxRoles = 100;  // of one practitioner that are looked at; with more, any may be theirs
inline constexpr std::size_t kMaxOrganizations = 100;  // that these are at, and those that they are parts of; likewise

// Thread-safe.
class ConsentAskers {
 public:
  // What is handed in outlives it.
  ConsentAskers(store::Store& store, const search::Registry& registry, std::string_view base_url);

  // Without purposes and action. `client`: its id. `fhir_user`: "Practitioner/1", or empty. A practitioner is meant by
  // their roles that are active today, and by the organizations of these, as far as any of `state` names such.
  // Errors: those of Store.
  Result<Asker> asker(const ConsentState& state, std::string_view client, std::string_view fhir_user,
                      Instant now) const;
  // Changes with what it found of roles.
  std::uint64_t state() const;

 private:
  Result<bool> add_references(const store::Version& version, std::string_view element,
                              std::vector<std::string>& references) const;
  Status add_roles(std::string_view fhir_user, Instant now, Asker& asker) const;

  store::Store& store_;
  const search::Registry& registry_;
  const std::string_view base_url_;
  const fhir::TypeId role_type_;
  std::vector<fhir::TypeId> named_by_roles_;  // the type of roles, and that of the organizations
};

}  // namespace vesta::access
