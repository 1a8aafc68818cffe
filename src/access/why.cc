// Asks each rule and each scope alone, and the whole as Grants does.
#include "access/why.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "access/element_paths.h"
#include "access/rule_plans.h"
#include "access/scope.h"
#include "access/variables.h"
#include "base/reason.h"
#include "search/plan_text.h"
#include "search/query_text.h"

namespace vesta::access {
namespace {

using search::Plan;

class Asking {
 public:
  Asking(const PlanSources& sources, const Principal& principal, const Question& question)
      : sources_(sources),
        principal_(principal),
        question_(question),
        context_{.registry = sources.registry,
                 .base_url = sources.base_url,
                 .now = sources.now,
                 .codes = sources.codes,
                 .hierarchy = sources.hierarchy,
                 .offers_contained = false},
        variables_(definitions(), principal.fhir_user, sources.now),
        plans_(context_, variables_) {}

  Result<Why> answer() {
    Why why;
    VESTA_TRY(ConsentGuards consents, sources_.grants.consents(principal_));
    consents_.emplace(std::move(consents));
    for (const std::string& id : principal_.policies) VESTA_CHECK_OK(ask_policy(id, why.rules));
    for (const std::string& scope : principal_.scopes) VESTA_CHECK_OK(ask_scope(scope, why.scopes));
    VESTA_TRY(const std::shared_ptr<const Grant> grant, sources_.grants.of(principal_));
    const Plan& guard = grant->of(question_.action).guard(question_.type);
    VESTA_TRY(const bool is_satisfied, holds_for_all(guard));
    why.allowed = guard.kind != Plan::Kind::none && is_satisfied;
    if (!why.allowed || (question_.action != Action::update && question_.action != Action::remove)) return why;
    const Plan& read = grant->of(Action::read).guard(question_.type);
    VESTA_TRY(const bool is_read, question_.resources.empty() ? Result<bool>(true) : question_.resources.front()(read));
    why.needs_read = read.kind == Plan::Kind::none || !is_read;
    why.allowed = !why.needs_read;
    return why;
  }

 private:
  const fhir::Definitions& definitions() const { return sources_.registry.definitions(); }
  std::string type_name() const { return std::string(definitions().type(question_.type).name); }

  Status ask_policy(const std::string& id, std::vector<Saying>& sayings) {
    const std::string name = "policy " + id;
    VESTA_TRY(const std::shared_ptr<const Policy> policy, sources_.records.policy(id));
    const char* const refusal = policy == nullptr                  ? "is not there"
                                : !policy->is_active               ? "is off"
                                : policy->rules.size() > kMaxRules ? "has too many rules: it grants nothing"
                                                                   : nullptr;
    if (refusal != nullptr) {
      sayings.push_back({name, false, refusal});
      return kOk;
    }
    for (std::size_t i = 0; i < policy->rules.size(); ++i) {
      const Rule& rule = policy->rules[i];
      const std::string described = rule.description.empty() ? "" : ", " + rule.description;
      const auto granted = plans_.rule(rule);
      VESTA_TRY(Saying saying, judge(granted));
      if (saying.grants) VESTA_CHECK_OK(ask_consents(*granted, saying));
      saying.name = name + ", rule[" + std::to_string(i) + "]" + described;
      sayings.push_back(std::move(saying));
    }
    return kOk;
  }

  // What of what the rule grants is left by Consents.
  Status ask_consents(const RulePlans::Granted& granted, Saying& saying) {
    const auto left = consents_->guard(granted.consent, granted.purposes, question_.action, question_.type);
    if (left->kind == Plan::Kind::all) return kOk;
    VESTA_TRY(const bool holds, left->kind == Plan::Kind::none ? Result<bool>(false) : holds_for_all(*left));
    const bool is_required = granted.consent == ConsentUse::required;
    if (!holds) {
      saying.grants = false;
      saying.reason = std::string(is_required ? "no Consent of the patient permits it, or one denies it; else it "
                                              : "a Consent of the patient denies it; else it ") +
                      saying.reason;
    } else if (question_.resources.empty()) {
      saying.reason += is_required ? "; as far as Consents permit it" : "; as far as no Consent denies it";
    }
    return kOk;
  }

  Status ask_scope(const std::string& text, std::vector<Saying>& sayings) const {
    const auto scope = parse_scope(text);
    if (!scope) return kOk;  // openid and its like say nothing of resources
    const auto patient_type = definitions().find_resource_type(kPatientType);
    const std::string_view own = patient_type ? variables_.own(*patient_type) : std::string_view();
    const auto granted = plans_.scope(*scope, principal_.patient.empty() ? own : std::string_view(principal_.patient));
    VESTA_TRY(Saying saying, judge(granted));
    saying.name = "scope " + text;
    sayings.push_back(std::move(saying));
    return kOk;
  }

  Result<Saying> judge(const Result<RulePlans::Granted>& granted) const {
    if (!granted.ok()) return Saying{{}, false, "grants nothing: " + reason_of(granted.error())};
    if (!granted->actions.test(static_cast<std::size_t>(question_.action))) {
      return Saying{{}, false, "is not about " + std::string(name_of(question_.action))};
    }
    const auto guard = granted->guards.find(question_.type);
    if (guard == granted->guards.end()) {
      const bool is_for_others = granted->guards.empty();
      return Saying{
          {}, false, is_for_others ? "is for others: a variable has no value" : "is not about " + type_name()};
    }
    const Plan& plan = *guard->second;
    const std::string limits = elements_of(*granted);
    if (plan.kind == Plan::Kind::all) return Saying{{}, true, "grants every " + type_name() + limits};
    const std::string condition = search::to_text(plan, sources_.registry);
    VESTA_TRY(const bool holds, holds_for_all(plan));
    if (!holds) return Saying{{}, false, "grants others only: " + condition};
    return Saying{{}, true, (question_.resources.empty() ? "grants some: " : "grants it: ") + condition + limits};
  }

  // How it shows them, and which elements it hides or may not be written: what these do to an update is not looked at.
  std::string elements_of(const RulePlans::Granted& granted) const {
    const auto list = [this](const auto& paths, std::string_view opening) {
      std::string text;
      const auto found = paths.find(question_.type);
      if (found == paths.end()) return text;
      for (const auto& path : found->second) {
        text += text.empty() ? opening : std::string_view(", ");
        text += text_of(definitions(), path);
      }
      return text;
    };
    const std::string shown = granted.min_cell_size ? "; de-identified" : "";
    return shown + list(granted.hidden, "; without ") + list(granted.read_only, "; read-only: ");
  }

  Result<bool> holds_for_all(const Plan& plan) const {
    for (const auto& satisfies : question_.resources) {
      VESTA_TRY(const bool holds, satisfies(plan));
      if (!holds) return false;
    }
    return true;
  }

  const PlanSources& sources_;
  const Principal& principal_;
  const Question& question_;
  const search::ParseContext context_;
  const Variables variables_;
  const RulePlans plans_;
  std::optional<ConsentGuards> consents_;  // from `answer` on
};

}  // namespace

Result<Why> why(const PlanSources& sources, const Principal& principal, const Question& question) {
  return Asking(sources, principal, question).answer();
}

std::vector<std::string> every_scope(const fhir::Definitions& definitions) {
  std::vector<std::string> scopes = {"user/*.cruds"};
  for (const fhir::Type& type : definitions.types()) {
    if (is_named_only(type.name)) scopes.push_back("user/" + std::string(type.name) + ".cruds");
  }
  return scopes;
}

}  // namespace vesta::access
