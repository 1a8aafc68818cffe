// The way of a SearchParameter: checked, committed, in the Registry, indexed, ready.
#include "ops/custom_parameters.h"

#include <algorithm>
#include <set>

#include "base/check.h"
#include "base/log.h"
#include "ops/search_parameter_reader.h"
#include "search/plan.h"

namespace vesta::ops {
namespace {

constexpr std::string_view kIndexing = "indexing ";  // and the job
constexpr std::string_view kReady = "ready ";        // and the epoch of the store's index

std::string property_of(std::string_view digest) {
  return "search-index/" + std::string(digest);
}

fhir::TypeId search_parameter_type(const fhir::Definitions& definitions) {
  const auto type = definitions.find_resource_type("SearchParameter");
  CHECK(type.has_value());
  return *type;
}

std::string reason_of(const Error& error) {
  return error.issues.empty() ? error.message : error.issues.front().diagnostics;
}

}  // namespace

CustomParameters::CustomParameters(search::Registry& registry, store::Store& store)
    : registry_(registry), store_(store), type_(search_parameter_type(registry.definitions())) {}

std::string CustomParameters::digest_of(const fhir::Node& resource, search::CustomParameter* parameter) const {
  auto read = read_search_parameter(registry_.definitions(), resource);
  if (!read.ok() || !read->is_active || is_core(registry_.definitions(), read->parameter)) return {};
  std::string digest = search::digest_of(registry_.definitions(), read->parameter);
  if (parameter != nullptr) *parameter = std::move(read->parameter);
  return digest;
}

// The current versions. By the history: it is there while the index is being made anew.
Result<std::vector<store::Version>> CustomParameters::stored() const {
  std::vector<store::Version> current;
  std::set<std::string> seen;
  store::HistoryQuery query;
  query.type = type_;
  query.count = store::kMaxPageSize;
  while (true) {
    VESTA_TRY(store::HistoryPage page, store_.history(query));
    for (store::Version& version : page.entries) {
      query.before = version.seq;
      if (seen.insert(version.id).second && !version.deleted) current.push_back(std::move(version));
    }
    if (!page.more || page.entries.empty()) return current;
  }
}

Status CustomParameters::load() {
  const MutexLock lock(mutex_);
  VESTA_TRY(const std::vector<store::Version> versions, stored());
  VESTA_TRY(const store::Statistics statistics, store_.statistics());
  std::vector<std::pair<std::string, search::CustomParameter>> found;
  std::set<std::string> ids;
  for (const store::Version& version : versions) {
    ScratchLease scratch(registry_.definitions());
    VESTA_TRY(const fhir::Node* const tree, scratch->read(version));
    search::CustomParameter parameter;
    if (digest_of(*tree, &parameter).empty()) continue;
    ids.insert(version.id);
    found.emplace_back(version.id, std::move(parameter));
  }
  for (const auto& [id, digest] : ById(by_id_)) {
    if (!ids.contains(id)) VESTA_CHECK_OK(apply(id, {}, {}));
  }
  // Components before the composites that are made of them.
  std::ranges::stable_sort(found, {}, [](const auto& each) { return !each.second.components.empty(); });
  for (const auto& [id, parameter] : found) {
    const std::string digest = search::digest_of(registry_.definitions(), parameter);
    if (const Status applied = apply(id, digest, parameter); !applied.ok()) {
      log::error("a stored search parameter is not used", {{"id", id}, {"reason", reason_of(applied.error())}});
      continue;
    }
    VESTA_TRY(const std::optional<std::string> state, store_.property(property_of(digest)));
    if (state == std::string(kReady) + std::to_string(statistics.index_epoch)) registry_.set_ready(digest);
  }
  must_load_ = false;
  return kOk;
}

bool CustomParameters::must_load() {
  const MutexLock lock(mutex_);
  return must_load_;
}

void CustomParameters::unload() {
  const MutexLock lock(mutex_);
  for (const auto& [digest, activation] : activations_) registry_.retire(digest);
  activations_.clear();
  by_id_.clear();
}

// Brings the Registry to what the resource defines now.
Status CustomParameters::apply(const std::string& id, const std::string& digest,
                               const search::CustomParameter& parameter) {
  const auto known = by_id_.find(id);
  if (known != by_id_.end()) {
    if (known->second == digest) return kOk;
    registry_.retire(known->second);
    activations_.erase(known->second);
    by_id_.erase(known);
  }
  if (digest.empty()) return kOk;
  VESTA_CHECK_OK(registry_.add(parameter));
  by_id_.emplace(id, digest);
  activations_[digest] = next_activation_++;
  return kOk;
}

Status CustomParameters::refresh(const std::string& id) {
  VESTA_TRY(const std::optional<store::Version> version, store_.read(type_, id));
  if (!version || version->deleted) return apply(id, {}, {});
  ScratchLease scratch(registry_.definitions());
  VESTA_TRY(const fhir::Node* const tree, scratch->read(*version));
  search::CustomParameter parameter;
  const std::string digest = digest_of(*tree, &parameter);
  return apply(id, digest, parameter);
}

void CustomParameters::note(const store::WriteSet& writes) {
  bool has_changed = false;
  for (const store::Write& write : writes.writes) {
    if (write.type != type_ || write.kind == store::Write::Kind::index) continue;
    const MutexLock lock(mutex_);
    has_changed = true;
    if (const Status refreshed = refresh(write.id); !refreshed.ok()) {
      log::error("a search parameter is not used yet", {{"id", write.id}, {"reason", reason_of(refreshed.error())}});
      must_load_ = true;
    }
  }
  if (has_changed && on_change_) on_change_();
}

bool CustomParameters::overlaps(const search::CustomParameter& left, const search::CustomParameter& right) const {
  const fhir::Definitions& definitions = registry_.definitions();
  return std::ranges::any_of(left.base, [&](fhir::TypeId one) {
    return std::ranges::any_of(
        right.base, [&](fhir::TypeId other) { return definitions.is_a(one, other) || definitions.is_a(other, one); });
  });
}

// A type has one custom parameter of a code. Whom else the store has of this code is a condition of the commit, and so
// is that it has no more.
Status CustomParameters::check_code(const search::CustomParameter& parameter, std::string_view id,
                                    store::WriteSet& writes) const {
  const search::Parameter* code = registry_.find(type_, "code");
  CHECK(code != nullptr);
  const auto refused = [&parameter](std::string_view url) {
    const Issue issue{Severity::error, "duplicate",
                      "'" + parameter.code + "' is the code of the active SearchParameter " + std::string(url) +
                          ", for a type that both have.",
                      "SearchParameter.code"};
    return Error{Category::unprocessable, {}, {issue}};
  };
  for (const store::Write& write : writes.writes) {
    if (write.type != type_ || write.id == id || write.kind != store::Write::Kind::put) continue;
    const bool has_code = std::ranges::any_of(write.added.tokens, [&](const search::TokenValue& value) {
      return value.parameter == code->id && value.code == parameter.code;
    });
    if (has_code) return refused("in the same transaction");
  }
  search::Query query{type_, search::Plan::make_leaf({code, search::TokenMatch{std::nullopt, parameter.code}}), {}};
  store::SearchOptions options;
  options.count = kMaxSameCode;
  VESTA_TRY(const store::SearchPage page, store_.search(query, options));
  if (page.next)
    return make_error(Category::too_large, "More than " + std::to_string(kMaxSameCode) +
                                               " SearchParameters have the code " + parameter.code);
  store::Condition condition{std::move(query), {}};
  for (const store::Version& version : page.entries) {
    condition.matches.push_back(version.id);
    if (version.id == id) continue;
    ScratchLease scratch(registry_.definitions());
    VESTA_TRY(const fhir::Node* const tree, scratch->read(version));
    search::CustomParameter other;
    if (!digest_of(*tree, &other).empty() && overlaps(parameter, other)) return refused(other.url);
  }
  writes.conditions.push_back(std::move(condition));
  return kOk;
}

Status CustomParameters::check(const fhir::Node& resource, std::string_view id, const fhir::Node* old,
                               store::WriteSet& writes) {
  if (resource.type != type_) return kOk;
  VESTA_TRY(const StoredParameter read, read_search_parameter(registry_.definitions(), resource));
  if (!is_core(registry_.definitions(), read.parameter)) {
    {
      const MutexLock lock(mutex_);
      VESTA_CHECK_OK(registry_.check(read.parameter));
    }
    if (read.is_active) VESTA_CHECK_OK(check_code(read.parameter, id, writes));
  }
  const std::string before = old == nullptr ? std::string() : digest_of(*old);
  const std::string after = digest_of(resource);
  if (before == after) return kOk;
  if (!before.empty()) writes.properties.emplace_back(property_of(before), "");
  if (!after.empty()) writes.properties.emplace_back(property_of(after), "");
  return kOk;
}

void CustomParameters::check_removal(const fhir::Node& old, store::WriteSet& writes) const {
  if (old.type != type_) return;
  const std::string before = digest_of(old);
  if (!before.empty()) writes.properties.emplace_back(property_of(before), "");
}

bool CustomParameters::is_pending(const std::string& digest) {
  const auto ids = registry_.ids_of(digest);
  return !ids.empty() && registry_.readiness(ids.front()) == search::Readiness::pending;
}

bool CustomParameters::has_pending() {
  const MutexLock lock(mutex_);
  for (const auto& [digest, activation] : activations_) {
    if (is_pending(digest)) return true;
  }
  return false;
}

ActiveParameter CustomParameters::active(const std::string& digest) {
  ActiveParameter found{digest, activations_.at(digest), {}};
  for (const search::ParameterId id : registry_.ids_of(digest)) found.types.push_back(registry_.parameter(id).type);
  std::ranges::sort(found.types);
  found.types.erase(std::unique(found.types.begin(), found.types.end()), found.types.end());
  return found;
}

Result<std::vector<ActiveParameter>> CustomParameters::begin_indexing(std::string_view job, const Add& add) {
  const MutexLock lock(mutex_);
  std::vector<ActiveParameter> pending;
  store::WriteSet set;
  for (const auto& [digest, activation] : activations_) {
    if (!is_pending(digest)) continue;
    pending.push_back(active(digest));
    set.properties.emplace_back(property_of(digest), std::string(kIndexing) + std::string(job));
  }
  if (pending.empty()) return pending;
  add(pending, set);
  VESTA_CHECK_OK(store_.commit(set));
  return pending;
}

Result<std::vector<ActiveParameter>> CustomParameters::resume_indexing(std::string_view job,
                                                                       const std::vector<std::string>& digests) {
  const MutexLock lock(mutex_);
  std::vector<ActiveParameter> resumed;
  for (const std::string& digest : digests) {
    if (!activations_.contains(digest) || !is_pending(digest)) continue;
    VESTA_TRY(const std::optional<std::string> state, store_.property(property_of(digest)));
    if (state == std::string(kIndexing) + std::string(job)) resumed.push_back(active(digest));
  }
  return resumed;
}

Status CustomParameters::finish_indexing(const std::vector<ActiveParameter>& parameters, std::uint64_t epoch,
                                         store::WriteSet& set) {
  const MutexLock lock(mutex_);
  std::vector<std::string> ready;
  for (const ActiveParameter& each : parameters) {
    const auto known = activations_.find(each.digest);
    if (known == activations_.end() || known->second != each.activation) continue;
    ready.push_back(each.digest);
    set.properties.emplace_back(property_of(each.digest), std::string(kReady) + std::to_string(epoch));
  }
  VESTA_CHECK_OK(store_.commit(set));
  for (const std::string& digest : ready) registry_.set_ready(digest);
  return kOk;
}

void CustomParameters::set_progress(const std::vector<ActiveParameter>& parameters, std::uint64_t done,
                                    std::uint64_t total) {
  const MutexLock lock(mutex_);
  for (const ActiveParameter& each : parameters) {
    search::IndexProgress* progress = registry_.progress(each.digest);
    if (progress == nullptr) continue;
    progress->done = done;
    progress->total = total;
  }
}

std::vector<search::ParameterId> CustomParameters::ids_of(const std::vector<ActiveParameter>& parameters) {
  const MutexLock lock(mutex_);
  std::vector<search::ParameterId> ids;
  for (const ActiveParameter& each : parameters) {
    const auto of_one = registry_.ids_of(each.digest);
    ids.insert(ids.end(), of_one.begin(), of_one.end());
  }
  return ids;
}

}  // namespace vesta::ops
