// Making of grants: rules, then scopes; and keeping of what was made.
#include "access/grants.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "access/owners.h"
#include "access/rule_plans.h"
#include "access/scope.h"
#include "access/variables.h"
#include "base/log.h"
#include "base/reason.h"
#include "search/chains.h"
#include "search/combine.h"
#include "search/query_text.h"

namespace vesta::access {
namespace {

using search::Plan;

constexpr std::size_t kUsualKeyBytes = 512;

constexpr std::array<Action, kActions> kAllActions = {Action::read,   Action::search, Action::create,
                                                      Action::update, Action::remove, Action::count};

// Hands on what it is asked, and remembers that it was: the answers go by what the store has.
class Sources final : public search::CodeSource, public search::Hierarchy {
 public:
  Sources(const search::CodeSource* codes, const search::Hierarchy* hierarchy) : codes_(codes), hierarchy_(hierarchy) {}

  const search::CodeSource* codes() const { return codes_ == nullptr ? nullptr : this; }
  const search::Hierarchy* hierarchy() const { return hierarchy_ == nullptr ? nullptr : this; }
  bool were_asked() const { return were_asked_; }

 private:
  using Set = Result<std::shared_ptr<const search::TokenSet>>;
  using Names = Result<std::vector<search::ResourceName>>;

  Set value_set(std::string_view reference) const override { return asked(codes_)->value_set(reference); }
  Set subsumed_by(std::string_view system, std::string_view code) const override {
    return asked(codes_)->subsumed_by(system, code);
  }
  Set subsuming(std::string_view system, std::string_view code) const override {
    return asked(codes_)->subsuming(system, code);
  }
  Names below(const search::ResourceName& name) const override { return asked(hierarchy_)->below(name); }
  Names above(const search::ResourceName& name) const override { return asked(hierarchy_)->above(name); }

  template <class Source>
  const Source* asked(const Source* source) const {
    were_asked_ = true;
    return source;
  }

  const search::CodeSource* codes_;
  const search::Hierarchy* hierarchy_;
  mutable bool were_asked_ = false;
};

std::shared_ptr<const Plan> narrowed_by(const std::shared_ptr<const Plan>& guard,
                                        const std::shared_ptr<const Plan>& consents) {
  if (guard->kind == Plan::Kind::all || consents->kind == Plan::Kind::none) return consents;
  if (consents->kind == Plan::Kind::all) return guard;
  return std::make_shared<const Plan>(search::both(*guard, *consents));
}

// Without which it grants them; of writes, which it lets nobody write.
search::ElementPaths elements(const RulePlans::Granted& granted, Action action, fhir::TypeId type) {
  search::ElementPaths elements;
  if (action == Action::remove) return elements;
  const auto take = [&](const std::map<fhir::TypeId, search::ElementPaths>& paths) {
    if (const auto found = paths.find(type); found != paths.end()) {
      elements.insert(found->second.begin(), found->second.end());
    }
  };
  take(granted.hidden);
  if (action == Action::create || action == Action::update) take(granted.read_only);
  return elements;
}

// `consents`: null for scopes, in which they have no say. What is the same for several actions is one plan.
void add(const RulePlans::Granted& granted, ConsentGuards* consents, Grant& grant) {
  std::map<std::pair<const Plan*, const Plan*>, std::shared_ptr<const Plan>> narrowed;
  for (const Action action : kAllActions) {
    if (!granted.actions.test(static_cast<std::size_t>(action))) continue;
    for (const auto& [type, guard] : granted.guards) {
      std::shared_ptr<const Plan> plan = guard;
      if (consents != nullptr && guard->kind != Plan::Kind::none) {
        const auto left = consents->guard(granted.consent, granted.purposes, action, type);
        std::shared_ptr<const Plan>& known = narrowed[{guard.get(), left.get()}];
        if (known == nullptr) known = narrowed_by(guard, left);
        plan = known;
      }
      grant.of(action).add(type, plan, elements(granted, action, type));
      if (consents != nullptr) grant.purposes(action).add(type, granted.purposes, plan);
    }
  }
}

void append(std::uint64_t number, char end, std::string& key) {
  std::array<char, 20> digits;
  key.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
  key.push_back(end);
}
// No text runs into the next one: each has its length before it.
void append(std::string_view text, std::string& key) {
  append(text.size(), ':', key);
  key.append(text);
}
void append(const std::vector<std::string>& texts, std::string& key) {
  append(texts.size(), '[', key);
  for (const std::string& text : texts) append(text, key);
}

using Minute = std::chrono::sys_time<std::chrono::minutes>;

Minute minute_of(Instant now) {
  return std::chrono::floor<std::chrono::minutes>(
      std::chrono::sys_time<std::chrono::microseconds>{std::chrono::microseconds(now.value)});
}

}  // namespace

// When a grant is made, or asked for.
struct Grants::Moment {
  std::uint64_t generation = 0;  // of the Registry
  std::uint64_t edition = 0;
  Instant now;
  std::uint64_t roles = 0;  // ConsentAskers::state
  CommitSeq code_systems;   // by which their codes are known
};

// A grant and what it was made of.
struct Grants::Made {
  std::shared_ptr<const Grant> grant;
  Moment at;
  bool is_for_minute = false;    // false: it holds for the whole day
  std::optional<CommitSeq> seq;  // what codes and hierarchies were of; absent: there are none in it
  std::vector<OwnerSet> owners;
  // What the Consents said, of which state, and until when it holds; null: they have no say in it.
  std::shared_ptr<const ConsentGuards::Answers> answers;
  std::shared_ptr<const ConsentState> consents;
  bool asks_codes = false;
  Instant until;
  std::size_t nodes = 0;
  std::set<fhir::TypeId> deidentified;  // types that some rule shows so: no other rule shows them otherwise
  std::uint64_t min_cell_size = 0;
  bool is_whole = true;  // false: something may be granted later that could not be decided now
};

Grants::Grants(store::Store& store, const search::Registry& registry, Clock& clock, std::string base_url,
               Records& records, const search::CodeSource* codes, const search::Hierarchy* hierarchy,
               Deidentifiers* deidentifiers)
    : store_(store),
      registry_(registry),
      clock_(clock),
      base_url_(std::move(base_url)),
      records_(records),
      codes_(codes),
      hierarchy_(hierarchy),
      deidentifiers_(deidentifiers),
      code_system_type_(registry.definitions().find_resource_type(kCodeSystem).value_or(fhir::kNoType)),
      consents_(store, registry, base_url_),
      askers_(store, registry, base_url_) {}

Status Grants::load() {
  VESTA_TRY(const auto state, consents_.now());
  return kOk;
}

Result<ConsentGuards> Grants::consents(const Principal& principal) {
  VESTA_TRY(auto state, consents_.now());
  return guards_by(std::move(state), principal, clock_.now());
}

Result<ConsentGuards> Grants::guards_by(std::shared_ptr<const ConsentState> state, const Principal& principal,
                                        Instant now) const {
  VESTA_TRY(Asker asker, askers_.asker(*state, principal.client, principal.fhir_user, now));
  return ConsentGuards(registry_, base_url_, std::move(state), std::move(asker), codes_);
}

Grants::Moment Grants::moment() const {
  return {registry_.generation(), registry_.edition(), clock_.now(), askers_.state(), store_.newest(code_system_type_)};
}

Grants::Origin Grants::begin() const {
  Origin origin;
  origin.records_ = records_.state();
  origin.consents_ = consents_.newest();
  return origin;
}

Result<std::shared_ptr<const Grant>> Grants::of(const Principal& principal, Origin* origin) {
  VESTA_TRY(const auto made, this->made(principal));
  if (origin != nullptr) origin->made_ = made;
  return made->grant;
}

std::shared_ptr<const Grant> Grants::again(const Origin& origin) const {
  const std::shared_ptr<const Made> made = origin.made_.lock();
  if (made == nullptr || !made->is_whole || origin.records_ != records_.state()) return nullptr;
  const Moment now = moment();
  const bool is_same = is_current(*made, now) && has_same_owners(*made) &&
                       has_same_consents(*made, origin.consents_ == consents_.newest(), now);
  return is_same ? std::shared_ptr<const Grant>(made, made->grant.get()) : nullptr;
}

Result<std::shared_ptr<const Grants::Made>> Grants::made(const Principal& principal) {
  if (principal.policies.size() > kMaxPolicies || principal.scopes.size() > kMaxScopes) {
    return make_error(Category::too_large, "more than " + std::to_string(kMaxPolicies) + " policies or " +
                                               std::to_string(kMaxScopes) + " scopes");
  }
  Made made;
  made.at = moment();
  const Moment now = made.at;
  VESTA_TRY(made.consents, consents_.now());
  made.until = now.now;
  std::string key;
  key.reserve(kUsualKeyBytes);
  append(principal.client, key);
  append(principal.fhir_user, key);
  append(principal.patient, key);
  append(principal.scopes, key);
  std::vector<std::shared_ptr<const Policy>> policies;
  for (const std::string& id : principal.policies) {
    VESTA_TRY(std::shared_ptr<const Policy> policy, records_.policy(id));
    append(id, key);
    append(policy == nullptr ? 0 : policy->version.value, ',', key);
    if (policy != nullptr && policy->is_active) policies.push_back(std::move(policy));
  }
  const std::shared_ptr<const Made> last = kept_.find(key);
  std::shared_ptr<const Made> known = last;
  if (known != nullptr && !is_current(*known, now)) known = nullptr;
  if (known != nullptr) {
    VESTA_TRY(known, renewed(key, known));
  }
  if (known != nullptr && has_same_consents(*known, known->consents == made.consents, now)) return known;
  VESTA_TRY(ConsentGuards consents, guards_by(made.consents, principal, now.now));
  if (known != nullptr && consents.answers_as(*known->answers)) {
    const Made of_now = std::exchange(made, *known);
    made.consents = of_now.consents;
    made.at.roles = now.roles;
    made.at.code_systems = now.code_systems;
    made.until = consents.until();
    return keep(key, std::move(made));
  }
  if (last != nullptr) made.owners = last->owners;
  const Variables variables(registry_.definitions(), principal.fhir_user, now.now);
  VESTA_CHECK_OK(make(policies, principal, variables, key, consents, made));
  made.answers = consents.answers();
  made.asks_codes = consents.codes().were_asked();
  if (!consents.codes().is_whole()) made.is_whole = false;
  made.until = consents.until();
  made.is_for_minute = variables.was_asked_now();
  return keep(key, std::move(made));
}

std::shared_ptr<const Grants::Made> Grants::keep(const std::string& key, Made made) {
  auto kept = std::make_shared<const Made>(std::move(made));
  if (!kept->is_whole) return kept;
  std::size_t weight = kept->nodes + 1 + key.size() / kKeyBytesPerNode;
  for (const OwnerSet& set : kept->owners) weight += set.ids == nullptr ? 0 : set.ids->ids.size();
  if (kept->answers != nullptr) {
    for (const auto& [asked, groups] : kept->answers->groups) {
      for (const ConsentGuards::Group& group : groups) weight += group.patients->ids.size();
    }
  }
  kept_.put(key, kept, weight);
  return kept;
}

bool Grants::is_current(const Made& known, const Moment& now) const {
  if (known.at.generation != now.generation || known.at.edition != now.edition) return false;
  const Minute made_in = minute_of(known.at.now), minute = minute_of(now.now);
  const auto day_of = [](Minute of) { return std::chrono::floor<std::chrono::days>(of); };
  if (known.is_for_minute ? made_in != minute : day_of(made_in) != day_of(minute)) return false;
  return !known.seq || *known.seq == store_.newest();
}

bool Grants::has_same_owners(const Made& known) const {
  return std::ranges::all_of(known.owners, [this](const OwnerSet& set) { return access::is_current(store_, set); });
}

// A commit that could change whose compartments are meant is mostly about others; then the grant goes on. Null: it does
// not.
Result<std::shared_ptr<const Grants::Made>> Grants::renewed(const std::string& key, std::shared_ptr<const Made> known) {
  if (has_same_owners(*known)) return known;
  Made again = *known;
  for (OwnerSet& set : again.owners) {
    if (access::is_current(store_, set)) continue;
    VESTA_TRY(const bool is_same, renew(store_, set));
    if (!is_same) return std::shared_ptr<const Made>();
  }
  return keep(key, std::move(again));
}

bool Grants::has_same_consents(const Made& known, bool is_same, const Moment& now) {
  if (known.answers == nullptr) return true;
  if (known.asks_codes && known.at.code_systems != now.code_systems) return false;
  return is_same && known.at.roles == now.roles && now.now < known.until;
}

Status Grants::make(std::span<const std::shared_ptr<const Policy>> policies, const Principal& principal,
                    const Variables& variables, const std::string& key, ConsentGuards& consents, Made& made) {
  const CommitSeq seq = store_.newest();  // before anything is asked of the sources
  const Sources sources(codes_, hierarchy_);
  const search::ParseContext context{.registry = registry_,
                                     .base_url = base_url_,
                                     .now = clock_.now(),
                                     .codes = sources.codes(),
                                     .hierarchy = sources.hierarchy(),
                                     .offers_contained = false};
  Owners owners(store_, std::move(made.owners));
  const RulePlans plans(context, variables, &owners);
  const auto patient_type = registry_.definitions().find_resource_type(kPatientType);
  const std::string_view own = patient_type ? variables.own(*patient_type) : std::string_view();
  const std::string_view patient = principal.patient.empty() ? own : std::string_view(principal.patient);
  auto grant = std::make_shared<Grant>(key);
  for (const auto& policy : policies) add_rules(plans, *policy, consents, *grant, made);
  VESTA_CHECK_OK(owners.status());
  made.owners = owners.sets();
  VESTA_CHECK_OK(deidentify(made, *grant));
  Grant allowed("scopes");
  for (const std::string& text : principal.scopes) {
    const auto scope = parse_scope(text);
    if (!scope) continue;
    const auto granted = plans.scope(*scope, patient);
    if (granted.ok()) {
      add(*granted, nullptr, allowed);
    } else {
      made.is_whole = false;
    }
  }
  made.nodes = narrow(allowed, *grant);
  for (const Action action : kAllActions) made.nodes += grant->purposes(action).nodes();
  grant->keep_decisions(
      std::make_shared<const Decisions>(decisions_, grant->of(Action::read), registry_.definitions()));
  if (sources.were_asked()) made.seq = seq;
  made.grant = std::move(grant);
  return kOk;
}

void Grants::add_rules(const RulePlans& plans, const Policy& policy, ConsentGuards& consents, Grant& grant,
                       Made& made) {
  std::string once;
  append(policy.id, once);
  append(policy.version.value, ',', once);
  if (policy.rules.size() > kMaxRules) {
    return warn(once, policy.id, policy.version, "More than " + std::to_string(kMaxRules) + " rules.");
  }
  for (std::size_t i = 0; i < policy.rules.size(); ++i) {
    const auto granted = plans.rule(policy.rules[i]);
    if (granted.ok()) {
      if (granted->min_cell_size) {
        if (deidentifiers_ == nullptr) continue;
        for (const auto& [type, guard] : granted->guards) made.deidentified.insert(type);
        made.min_cell_size = std::max(made.min_cell_size, *granted->min_cell_size);
      }
      add(*granted, &consents, grant);
      continue;
    }
    if (is_passing(granted.error())) made.is_whole = false;
    const std::string place = "rule[" + std::to_string(i) + "]";
    warn(once + place, policy.id, policy.version, place + ": " + reason_of(granted.error()));
  }
}

// Who is not to know whose resources are changes none of them either.
Status Grants::deidentify(Made& made, Grant& grant) {
  if (made.deidentified.empty()) return kOk;
  VESTA_TRY(auto by, deidentifiers_->get());
  const auto nothing = std::make_shared<const Plan>(Plan::make_none());
  for (const fhir::TypeId type : made.deidentified) {
    for (const Action action : {Action::create, Action::update, Action::remove}) {
      grant.of(action).narrow(type, nothing);
    }
  }
  grant.deidentify(std::make_shared<const Deidentification>(
      Deidentification{std::move(by), clock_.now(), std::move(made.deidentified), made.min_cell_size}));
  return kOk;
}

// Returns the number of nodes that are left; of what several actions share, once.
std::size_t Grants::narrow(const Grant& allowed, Grant& grant) {
  const fhir::Definitions& definitions = registry_.definitions();
  const auto nothing = std::make_shared<const Plan>(Plan::make_none());
  std::set<const Plan*> counted;
  std::size_t sum = 0;
  for (const Action action : kAllActions) {
    search::Visibility& visible = grant.of(action);
    for (fhir::TypeId type = 0; type < definitions.types().size(); ++type) {
      if (visible.sees_none(type)) continue;
      if (!allowed.of(action).sees_all(type)) narrow_by_scopes(allowed.of(action).guard(type), action, type, grant);
      std::size_t nodes = search::count_nodes(visible.guard(type));
      if (nodes > kMaxGuardNodes) {
        warn(grant.key(), "", {},
             "Rules and scopes for " + std::string(definitions.type(type).name) + " have more than " +
                 std::to_string(kMaxGuardNodes) + " conditions.");
        visible.narrow(type, nothing);
        nodes = 0;
      }
      if (counted.insert(&visible.guard(type)).second) sum += nodes;
    }
  }
  return sum;
}

// Clients choose scopes: these must not ask for what is hidden, as rules may.
void Grants::narrow_by_scopes(const Plan& scopes, Action action, fhir::TypeId type, Grant& grant) {
  Plan plan = scopes;
  if (const Deidentification* const shown = grant.deidentification()) {
    DeidentifiedSearch(registry_, *shown).translate(type, plan);
  }
  const bool is_search = action == Action::search || action == Action::count;
  search::restrict_elements(registry_, grant.of(is_search ? action : Action::read), plan);
  grant.of(action).narrow(type, std::move(plan));
}

void Grants::warn(const std::string& once, std::string_view policy, VersionId version, const std::string& reason) {
  if (warned_.find(once) != nullptr) return;
  warned_.put(once, std::make_shared<const std::string>());
  log::warning("a rule of a policy grants nothing",
               {{"policy", policy}, {"version", version.value}, {"reason", reason}});
}

}  // namespace vesta::access
