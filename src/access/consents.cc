// Loading by a search, and then following of the type's history.
#include "access/consents.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

#include "base/log.h"
#include "fhir/json.h"
#include "store/version_text.h"

namespace vesta::access {
namespace {

constexpr std::uint32_t kHistoryPage = 100;

void add_actor_types(const Provision& provision, std::set<std::string>& types) {
  for (const std::string& each : provision.actors.of) types.insert(each.substr(0, each.find('/')));
  for (const Provision& each : provision.provisions) add_actor_types(each, types);
}

}  // namespace

Consents::Consents(store::Store& store, const search::Registry& registry, std::string base_url, ConsentLimits limits)
    : store_(store), registry_(registry), base_url_(std::move(base_url)), limits_(limits) {
  if (const auto type = registry.definitions().find_resource_type(kConsent)) type_ = *type;
}

Result<std::shared_ptr<const ConsentState>> Consents::now() {
  MutexLock lock(mutex_);
  if (type_ == fhir::kNoType) return std::make_shared<const ConsentState>();
  const CommitSeq newest = store_.newest(type_);  // before it is read: what comes meanwhile makes it look again
  if (state_ != nullptr && seq_ == newest) return state_;
  VESTA_CHECK_OK(state_ == nullptr ? load() : follow(seq_));
  if (!left_out_.empty() && known_.size() < limits_.consents) VESTA_CHECK_OK(load());  // there is room again
  seq_ = newest;
  if (state_ == nullptr || has_changed_) state_ = state();
  has_changed_ = false;
  return state_;
}

Status Consents::load() {
  state_ = nullptr;  // until all is read, nothing is known
  known_.clear();
  groups_.clear();
  left_out_.clear();
  const search::Query query{type_, search::Plan::make_all(), {}, {}};
  store::SearchOptions options{.count = store::kMaxPageSize};
  for (;;) {
    VESTA_TRY(const store::SearchPage page, store_.search(query, options));
    for (const store::Version& each : page.entries) take(each);
    if (!page.next || page.entries.empty()) return kOk;
    options.from = *page.next;
  }
}

// Newest first: of several versions of one Consent the first one that is met counts.
Status Consents::follow(CommitSeq since) {
  store::HistoryQuery query{.type = type_, .count = kHistoryPage};
  query.before = CommitSeq{static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())};  // and no total
  std::set<std::string> seen;
  for (;;) {
    VESTA_TRY(const store::HistoryPage page, store_.history(query));
    for (const store::Version& each : page.entries) {
      if (each.seq <= since) return kOk;
      if (seen.insert(each.id).second) take(each);
    }
    if (!page.more || page.entries.empty()) return kOk;
    query.before = page.entries.back().seq;
  }
}

void Consents::take(const store::Version& version) {
  has_changed_ = true;
  forget(version.id);
  if (version.deleted) return;
  std::string text;
  store::append_text(registry_.definitions(), version, text);
  fhir::Arena arena;
  fhir::JsonReader reader(registry_.definitions());
  const auto root = reader.read(text, arena);
  if (root.ok()) {
    remember(version.id, read_consent(registry_.definitions(), **root, base_url_));
  } else {
    log::warning("a Consent cannot be read: the records of all patients are closed", {{"consent", version.id}});
    left_out_.insert(version.id);
  }
}

void Consents::forget(std::string_view id) {
  if (const auto out = left_out_.find(id); out != left_out_.end()) left_out_.erase(out);
  const auto found = known_.find(id);
  if (found == known_.end()) return;
  const Groups::iterator group = found->second.group;
  group->second.consents.erase({found->second.patient, found->first});
  group->second.group = nullptr;
  if (group->second.consents.empty()) groups_.erase(group);
  known_.erase(found);
}

void Consents::remember(const std::string& id, Consent consent) {
  if (!consent.is_active || consent.patient.empty()) return;
  if (known_.size() >= limits_.consents) {
    if (left_out_.empty()) {
      log::warning("there are too many active Consents: the records of all patients are closed",
                   {{"most", limits_.consents}});
    }
    left_out_.insert(id);
    return;
  }
  if (groups_.size() >= limits_.rules && !groups_.contains(consent.rule)) {
    log::warning("there are too many different Consents: one more denies everything",
                 {{"consent", id}, {"most", limits_.rules}});
    consent.rule = Provision::deny_everything();
  }
  const Groups::iterator group = groups_.try_emplace(std::move(consent.rule)).first;
  group->second.consents.emplace(consent.patient, id);
  group->second.group = nullptr;
  known_.insert_or_assign(id, Known{group, std::move(consent.patient)});
}

std::shared_ptr<const ConsentState> Consents::state() {
  auto state = std::make_shared<ConsentState>();
  state->is_overfull = !left_out_.empty();
  state->groups.reserve(groups_.size());
  for (auto& [rule, patients] : groups_) {
    if (patients.group == nullptr) {
      auto ids = std::make_shared<search::IdSet>();
      for (const auto& [patient, consent] : patients.consents) {
        if (ids->ids.empty() || ids->ids.back() != patient) ids->ids.push_back(patient);
      }
      patients.group = std::make_shared<const ConsentGroup>(ConsentGroup{rule, std::move(ids)});
    }
    add_actor_types(rule, state->actor_types);
    state->groups.push_back(patients.group);
  }
  return state;
}

}  // namespace vesta::access
