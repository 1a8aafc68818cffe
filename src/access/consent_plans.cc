// First who asks, then what is asked for. Whether a provision applies is not always certain: plans are made of when it
// may apply and of when it must.
#include "access/consent_plans.h"

#include <array>
#include <optional>
#include <span>
#include <utility>

#include "access/purposes.h"
#include "search/combine.h"

namespace vesta::access {
namespace {

using Kind = Provision::Kind;
using search::Plan;

constexpr std::string_view kConsentActions = "http://terminology.hl7.org/CodeSystem/consentaction";
constexpr std::string_view kConfidentiality = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
constexpr std::array<std::string_view, 6> kConfidentialities = {"U", "L", "M", "N", "R", "V"};  // rising

enum class Answer : std::uint8_t { no, perhaps, yes };

// https://hl7.org/fhir/R4/valueset-consent-action.html
std::span<const std::string_view> actions_of(Action action) {
  static constexpr std::array<std::string_view, 3> kShown = {"access", "use", "disclose"};
  static constexpr std::array<std::string_view, 1> kNew = {"collect"}, kChanged = {"correct"};
  if (action == Action::read || action == Action::search || action == Action::count) return kShown;
  if (action == Action::create) return kNew;
  return kChanged;
}
constexpr std::array<std::string_view, 5> kKnownActions = {"access", "use", "disclose", "collect", "correct"};

// Is one of the choices this asker's? `judge` says it of one.
template <class Value, class Judge>
Answer any_of(const Choices<Value>& choices, Judge judge) {
  if (choices.says_nothing()) return Answer::yes;
  Answer best = choices.has_others ? Answer::perhaps : Answer::no;
  for (const Value& each : choices.of) best = std::max(best, judge(each));
  return best;
}

bool has(std::span<const std::string_view> all, std::string_view one) {
  return std::ranges::find(all, one) != all.end();
}
bool has(const std::vector<std::string>& all, std::string_view one) {
  return std::ranges::find(all, one) != all.end();
}

Answer applies_to(const Provision& provision, const Asker& asker) {
  const Answer actor = any_of(provision.actors, [&](const std::string& name) {
    if (has(asker.names, name)) return Answer::yes;
    return has(asker.types, name.substr(0, name.find('/'))) ? Answer::no : Answer::perhaps;
  });
  const Answer action = any_of(provision.actions, [&](const ConsentCode& code) {
    if (code.system != kConsentActions || !has(kKnownActions, code.code)) return Answer::perhaps;
    return has(actions_of(asker.action), code.code) ? Answer::yes : Answer::no;
  });
  if (provision.is_of_research && asker.purposes.empty()) return Answer::no;
  const Answer purpose = any_of(provision.purposes, [&](const ConsentCode& code) {
    if (code.system != kReasons || asker.purposes.empty()) return Answer::perhaps;
    return has(asker.purposes, code.code) ? Answer::yes : Answer::no;
  });
  const Answer vague = provision.is_vague ? Answer::perhaps : Answer::yes;
  return std::min({actor, action, purpose, vague});
}

bool is_in(const ConsentPeriod& period, Instant now, Instant& until) {
  for (const std::int64_t moment : {period.low, period.high}) {
    if (moment > now.value) until = std::min(until, Instant{moment});
  }
  return period.low <= now.value && now.value < period.high;
}

// Always applies, and says one thing.
bool is_flat(const Provision& provision, Kind kind) {
  return provision.kind == kind && provision.provisions.empty() && !provision.restricts_resources();
}

// Without the provisions that change nothing, or everything.
void simplify(Provision& rule) {
  std::vector<Provision>& inner = rule.provisions;
  std::erase_if(inner, [](const Provision& each) { return each.kind == Kind::silent && each.provisions.empty(); });
  std::ranges::sort(inner);
  inner.erase(std::unique(inner.begin(), inner.end()), inner.end());
  if (std::ranges::any_of(inner, [](const Provision& each) { return is_flat(each, Kind::deny); })) {
    rule.kind = Kind::deny;
    inner.clear();
  }
  const auto always =
      std::ranges::find_if(inner, [](const Provision& each) { return is_flat(each, Kind::permit) && !each.is_vague; });
  if (always != inner.end()) rule.kind = Kind::permit;
  if (rule.kind == Kind::silent) return;
  const auto says_the_same = [&](const Provision& each) { return each.kind == rule.kind && each.provisions.empty(); };
  if (std::ranges::all_of(inner, says_the_same)) inner.clear();
  if (rule.kind == Kind::permit) std::erase_if(inner, says_the_same);
}

std::optional<Provision> left_of(const Provision& provision, const Asker& asker, Instant& until) {
  const bool is_now = is_in(provision.period, asker.now, until);
  Provision left = provision;
  left.provisions.clear();
  for (const Provision& each : provision.provisions) {
    if (auto inner = left_of(each, asker, until)) left.provisions.push_back(std::move(*inner));
  }
  const Answer answer = applies_to(provision, asker);
  if (!is_now || answer == Answer::no) return std::nullopt;
  left.is_vague = answer == Answer::perhaps;
  left.is_of_research = false;
  left.period = {};
  left.actors = {};
  left.actions = {};
  left.purposes = {};
  simplify(left);
  return left;
}

Plan negation(Plan plan) {
  if (plan.kind == Plan::Kind::all) return Plan::make_none();
  if (plan.kind == Plan::Kind::none) return Plan::make_all();
  std::vector<Plan> child;
  child.push_back(std::move(plan));
  return Plan::make(Plan::Kind::not_, std::move(child));
}
Plan either(std::vector<Plan> plans) {
  std::erase_if(plans, [](const Plan& each) { return each.kind == Plan::Kind::none; });
  if (plans.empty()) return Plan::make_none();
  if (std::ranges::any_of(plans, [](const Plan& each) { return each.kind == Plan::Kind::all; })) {
    return Plan::make_all();
  }
  return search::any_of(std::move(plans));
}
Plan either(Plan left, Plan right) {
  std::vector<Plan> plans;
  plans.push_back(std::move(left));
  plans.push_back(std::move(right));
  return either(std::move(plans));
}
Plan together(Plan left, Plan right) {
  if (left.kind == Plan::Kind::none || right.kind == Plan::Kind::none) return Plan::make_none();
  return search::both(std::move(left), std::move(right));
}

// The resources to which a provision may apply, and those to which it must.
struct Bounds {
  Plan may = Plan::make_all();
  Plan must = Plan::make_all();

  void narrow(Plan to) {
    may = together(std::move(may), to);
    must = together(std::move(must), std::move(to));
  }
  void narrow(Plan to_may, Plan to_must) {
    may = together(std::move(may), std::move(to_may));
    must = together(std::move(must), std::move(to_must));
  }
};

class TypePlans {
 public:
  TypePlans(const search::Registry& registry, fhir::TypeId type)
      : registry_(registry), type_(type), name_(registry.definitions().type(type).name) {}

  // Where it applies.
  Plan denied(const Provision& rule) const {
    std::vector<Plan> by_inner, permitted_by_inner;
    for (const Provision& each : rule.provisions) {
      const Bounds bounds = this->bounds(each);
      Plan denied_there = denied(each);
      if (rule.kind == Kind::deny) permitted_by_inner.push_back(together(bounds.must, negation(denied_there)));
      by_inner.push_back(together(bounds.may, std::move(denied_there)));
    }
    Plan inner = either(std::move(by_inner));
    if (rule.kind != Kind::deny) return inner;
    return either(std::move(inner), negation(either(std::move(permitted_by_inner))));
  }

  Plan permitted(const Provision& rule) const {
    if (rule.kind == Kind::permit) return negation(denied(rule));
    std::vector<Plan> by_inner;
    for (const Provision& each : rule.provisions) by_inner.push_back(together(bounds(each).must, permitted(each)));
    return together(either(std::move(by_inner)), negation(denied(rule)));
  }

 private:
  Bounds bounds(const Provision& provision) const {
    Bounds bounds;
    narrow_by(provision.codes, find("code", fhir::SearchParamType::token), bounds);
    narrow_by_labels(provision, bounds);
    narrow_by_class(provision, bounds);
    narrow_by_instances(provision.instances, bounds);
    if (!provision.data_period.is_always()) narrow_by_data_period(provision.data_period, bounds);
    if (provision.is_vague) bounds.must = Plan::make_none();
    return bounds;
  }

  const search::Parameter* find(std::string_view code, fhir::SearchParamType kind) const {
    const search::Parameter* const found = registry_.find_core(type_, code);
    return found != nullptr && found->kind == kind ? found : nullptr;
  }
  static Plan has_code(const search::Parameter* parameter, std::string_view system, std::string_view code) {
    if (parameter == nullptr) return Plan::make_none();
    return Plan::make_leaf({parameter, search::TokenMatch{std::string(system), std::string(code)}});
  }

  // One of these, and perhaps others that nobody knows.
  static void narrow(std::vector<Plan> known, bool has_others, Bounds& bounds) {
    Plan any = either(std::move(known));
    bounds.narrow(has_others ? Plan::make_all() : any, any);
  }

  static void narrow_by(const Choices<ConsentCode>& choices, const search::Parameter* parameter, Bounds& bounds) {
    if (choices.says_nothing()) return;
    std::vector<Plan> known;
    for (const ConsentCode& each : choices.of) known.push_back(has_code(parameter, each.system, each.code));
    narrow(std::move(known), choices.has_others, bounds);
  }

  // https://hl7.org/fhir/R4/consent-definitions.html#Consent.provision.securityLabel: what permits a confidentiality
  // permits the lower ones. DEVIATION: what denies one denies the higher ones.
  void narrow_by_labels(const Provision& provision, Bounds& bounds) const {
    if (provision.labels.says_nothing()) return;
    const search::Parameter* const parameter = find("_security", fhir::SearchParamType::token);
    std::vector<Plan> known;
    for (const ConsentCode& each : provision.labels.of) {
      const auto at = std::ranges::find(kConfidentialities, each.code);
      if (each.system != kConfidentiality || at == kConfidentialities.end()) {
        known.push_back(has_code(parameter, each.system, each.code));
        continue;
      }
      std::vector<Plan> up_to, above;
      for (auto level = kConfidentialities.begin(); level != kConfidentialities.end(); ++level) {
        (level <= at ? up_to : above).push_back(has_code(parameter, kConfidentiality, *level));
      }
      if (!provision.is_of_higher_labels) {
        known.push_back(together(either(std::move(up_to)), negation(either(std::move(above)))));
      } else {
        above.push_back(has_code(parameter, kConfidentiality, each.code));
        known.push_back(either(std::move(above)));
      }
    }
    narrow(std::move(known), provision.labels.has_others, bounds);
  }

  void narrow_by_class(const Provision& provision, Bounds& bounds) const {
    if (provision.types.says_nothing() && provision.profiles.says_nothing()) return;
    std::vector<Plan> known;
    if (has(provision.types.of, name_)) known.push_back(Plan::make_all());
    const search::Parameter* const parameter = find("_profile", fhir::SearchParamType::uri);
    for (const std::string& url : provision.profiles.of) {
      if (parameter != nullptr) known.push_back(Plan::make_leaf({parameter, search::UriMatch{url}}));
    }
    narrow(std::move(known), provision.types.has_others || provision.profiles.has_others, bounds);
  }

  void narrow_by_instances(const Choices<std::string>& instances, Bounds& bounds) const {
    if (instances.says_nothing()) return;
    std::vector<Plan> known;
    for (const std::string& each : instances.of) {
      const std::size_t slash = each.find('/');
      if (std::string_view(each).substr(0, slash) != name_) continue;
      known.push_back(Plan::make_leaf({nullptr, search::IdMatch{each.substr(slash + 1)}}));
    }
    narrow(std::move(known), instances.has_others, bounds);
  }

  // Of what has no time it cannot be told when it was.
  void narrow_by_data_period(const ConsentPeriod& period, Bounds& bounds) const {
    const search::Parameter* const parameter = find("date", fhir::SearchParamType::date);
    if (parameter == nullptr) return bounds.narrow(Plan::make_all(), Plan::make_none());
    const auto leaf = [&](search::Prefix prefix, std::int64_t low, std::int64_t high) {
      return Plan::make_leaf({parameter, search::DateMatch{prefix, low, high}});
    };
    Plan has_time = leaf(search::Prefix::gt, search::kDateMin, search::kDateMin);
    Plan touches = leaf(search::Prefix::ap, period.low, period.high);
    Plan is_within = leaf(search::Prefix::eq, period.low, period.high);
    Plan goes_beyond = leaf(search::Prefix::ne, period.low, period.high);
    bounds.narrow(either(std::move(touches), negation(std::move(has_time))),
                  together(std::move(is_within), negation(std::move(goes_beyond))));
  }

  const search::Registry& registry_;
  const fhir::TypeId type_;
  const std::string_view name_;
};

}  // namespace

Provision for_asker(const Provision& rule, const Asker& asker, Instant& until) {
  return left_of(rule, asker, until).value_or(Provision{});
}

Plan denied(const search::Registry& registry, const Provision& rule, fhir::TypeId type) {
  return TypePlans(registry, type).denied(rule);
}

Plan permitted(const search::Registry& registry, const Provision& rule, fhir::TypeId type) {
  return TypePlans(registry, type).permitted(rule);
}

}  // namespace vesta::access
