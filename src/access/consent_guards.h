// Consent guards: what the Consents of all patients leave of what a rule grants, as plans for each type.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "access/consent_codes.h"
#include "access/consent_plans.h"
#include "access/consents.h"
#include "base/result.h"
#include "search/codes.h"
#include "search/parameter.h"
#include "search/plan.h"

namespace vesta::access {

// What a rule makes of Consents.
enum class ConsentUse : std::uint8_t {
  respected,  // what an active one denies is not granted
  required,   // and only what one permits is
  ignored,
};

inline constexpr std::size_t kMaxConsentGroups = 64;    // that say different things to one asker
inline constexpr std::size_t kMaxConsentNodes = 4'096;  // of one type: the Consents that are left then deny everything

// For one principal, at one time. Borrows the registry and the base URL.
class ConsentGuards {
 public:
  // `asker`: without purposes and action, which are the rule's. `codes`: null, or outlives it.
  ConsentGuards(const search::Registry& registry, std::string_view base_url, std::shared_ptr<const ConsentState> state,
                Asker asker, const search::CodeSource* codes);

  // What a resource of the type must satisfy beside the rule. Types that are in no patient's compartment are not the
  // business of Consents. Shared by all that ask for the same.
  std::shared_ptr<const search::Plan> guard(ConsentUse use, const std::vector<std::string>& purposes, Action action,
                                            fhir::TypeId type);
  // Patients to whom the asker is the same.
  struct Group {
    Provision rule;
    std::shared_ptr<const search::IdSet> patients;
  };
  using Groups = std::vector<Group>;
  using Key = std::tuple<std::vector<std::string>, Action>;
  // All that guards were made of.
  struct Answers {
    bool is_overfull = false;
    std::map<Key, Groups> groups;
  };
  // Null: nothing was asked.
  std::shared_ptr<const Answers> answers() const;
  // Would another, of which these are the answers, give the same guards?
  bool answers_as(const Answers& known);
  // Of all that was answered.
  const ConsentCodes& codes() const { return codes_; }
  // All that was answered may be otherwise from then on.
  Instant until() const { return until_; }

 private:
  const Groups& groups(const Key& key);
  using Sets = std::vector<std::shared_ptr<const search::IdSet>>;

  search::Plan make(ConsentUse use, const Groups& groups, fhir::TypeId type);
  std::shared_ptr<const search::IdSet> united(Sets sets);
  Result<search::Plan> in_compartments(const std::shared_ptr<const search::IdSet>& patients, fhir::TypeId type) const;

  const search::Registry& registry_;
  const std::string_view base_url_;
  const std::shared_ptr<const ConsentState> state_;
  const Asker asker_;
  ConsentCodes codes_;
  fhir::TypeId patient_type_ = fhir::kNoType;
  Instant until_{search::kDateMax};
  std::map<Sets, std::shared_ptr<const search::IdSet>> unions_;
  std::map<Key, Groups> groups_;
  std::map<std::tuple<ConsentUse, Key, fhir::TypeId>, std::shared_ptr<const search::Plan>> guards_;
};

}  // namespace vesta::access
