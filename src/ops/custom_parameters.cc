// The way of a SearchParameter: checked, committed, in the Registry, indexed, ready.
#include "ops/custom_parameters.h"

#include <algorithm>
#include <set>
#include <span>

#include "base/check.h"
#include "base/log.h"
#include "base/reason.h"
#include "ops/search_parameter_reader.h"
#include "search/plan.h"

namespace vesta::ops {
namespace {

constexpr std::string_view kIndexing = "indexing ";  // and the job
constexpr std::string_view kReady = "ready ";        // and the epoch of the store's index

std::string ready_for(std::uint64_t epoch) {
  return std::string(kReady) + std::to_string(epoch);
}

std::string property_of(std::string_view digest) {
  return "search-index/" + std::string(digest);
}

fhir::TypeId search_parameter_type(const fhir::Definitions& definitions) {
  const auto type = definitions.find_resource_type("SearchParameter");
  CHECK(type.has_value());
  return *type;
}

// Whether some concrete type is of both.
bool shares_type(const fhir::Definitions& definitions, std::span<const fhir::TypeId> left,
                 std::span<const fhir::TypeId> right) {
  return std::ranges::any_of(left, [&](fhir::TypeId one) {
    return std::ranges::any_of(
        right, [&](fhir::TypeId other) { return definitions.is_a(one, other) || definitions.is_a(other, one); });
  });
}

}  // namespace

CustomParameters::CustomParameters(search::Registry& registry, store::Store& store)
    : registry_(registry), store_(store), type_(search_parameter_type(registry.definitions())) {}

std::optional<search::CustomParameter> CustomParameters::defined_by(const fhir::Node& resource) const {
  auto read = read_search_parameter(registry_.definitions(), resource);
  if (!read.ok()) {
    if (is_active(registry_.definitions(), resource)) {
      log::error("a stored search parameter is not used", {{"reason", reason_of(read.error())}});
    }
    return std::nullopt;
  }
  if (!read->is_active || is_core(registry_.definitions(), read->parameter)) return std::nullopt;
  return std::move(read->parameter);
}

// Of what comes with it, the components of `parameter`.
std::vector<search::CustomParameter> CustomParameters::components_in(std::span<const fhir::Node* const> nodes,
                                                                     const search::CustomParameter& parameter) const {
  const fhir::Definitions& definitions = registry_.definitions();
  const auto is_component = [&](const fhir::Node& resource) {
    for (const fhir::Node& child : resource.children()) {
      if (definitions.name(child.name) != "url") continue;
      return std::ranges::any_of(parameter.components,
                                 [&](const auto& each) { return each.definition == child.value; });
    }
    return false;
  };
  std::vector<search::CustomParameter> found;
  for (const fhir::Node* other : nodes) {
    if (other->type != type_ || !is_component(*other)) continue;
    auto read = read_search_parameter(definitions, *other);
    if (!read.ok() || !read->is_active || is_core(definitions, read->parameter)) continue;
    if (read->parameter.components.empty()) found.push_back(std::move(read->parameter));
  }
  return found;
}

std::string CustomParameters::digest_of(const fhir::Node& resource) {
  const auto parameter = defined_by(resource);
  return parameter ? registry_.digest_of(*parameter) : std::string();
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
  return load_all();
}

void CustomParameters::look() {
  if (store_.newest(type_).value <= registry_.known().seq) return;
  {
    const MutexLock lock(mutex_);
    if (store_.newest(type_).value <= registry_.known().seq) return;  // somebody has looked meanwhile
    if (const Status loaded = load_all(); !loaded.ok()) {
      log::warning("search parameters of other nodes could not be read", {{"reason", reason_of(loaded.error())}});
      return;
    }
  }
  if (on_change_) on_change_();
}

Status CustomParameters::load_all() {
  const CommitSeq newest = store_.newest(type_);
  VESTA_TRY(const std::vector<store::Version> versions, stored());
  VESTA_TRY(const store::Statistics statistics, store_.statistics());
  epoch_ = statistics.index_epoch;
  std::vector<std::pair<std::string, search::CustomParameter>> found;
  std::set<std::string> ids;
  for (const store::Version& version : versions) {
    store::ScratchLease scratch(registry_.definitions());
    VESTA_TRY(const fhir::Node* const tree, scratch->read(version));
    auto parameter = defined_by(*tree);
    if (!parameter) continue;
    ids.insert(version.id);
    found.emplace_back(version.id, std::move(*parameter));
  }
  for (const auto& [id, digest] : ById(by_id_)) {
    if (!ids.contains(id)) VESTA_CHECK_OK(apply(id, std::nullopt));
  }
  // Components before the composites that are made of them.
  std::ranges::stable_sort(found, {}, [](const auto& each) { return !each.second.components.empty(); });
  for (const auto& [id, parameter] : found) {
    if (const Status applied = apply(id, parameter); !applied.ok()) {
      log::error("a stored search parameter is not used", {{"id", id}, {"reason", reason_of(applied.error())}});
      continue;
    }
    const std::string digest = registry_.digest_of(parameter);
    VESTA_TRY(const std::optional<std::string> state, store_.property(property_of(digest)));
    if (state == ready_for(epoch_)) registry_.set_ready(digest);
  }
  must_load_ = false;
  registry_.set_known({type_, newest.value});
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

// Forgets how far the index of a parameter has come: once it is out of the Registry, its rows go.
Status CustomParameters::clear_state(const std::string& digest) {
  VESTA_TRY(const std::optional<std::string> state, store_.property(property_of(digest)));
  if (!state || state->empty()) return kOk;
  store::WriteSet set;
  set.properties.emplace_back(property_of(digest), "");
  const auto cleared = store_.commit(set);
  // Busy: the whole index is being made anew, and of another epoch then.
  if (!cleared.ok() && cleared.error().category != Category::busy) return cleared.error();
  return kOk;
}

// Brings the Registry to what the resource defines now. What is there stays if that fails.
Status CustomParameters::apply(const std::string& id, const std::optional<search::CustomParameter>& parameter) {
  if (parameter && !parameter->components.empty()) {
    composites_.insert(id);
  } else {
    composites_.erase(id);
  }
  const std::string digest = parameter ? registry_.digest_of(*parameter) : std::string();
  const auto known = by_id_.find(id);
  const std::string before = known == by_id_.end() ? std::string() : known->second;
  if (before == digest) return kOk;
  if (!before.empty()) VESTA_CHECK_OK(clear_state(before));
  Status added = digest.empty() ? Status(kOk) : registry_.add(*parameter);
  if (!added.ok()) VESTA_CHECK_OK(clear_state(digest));
  if (!before.empty()) {
    registry_.retire(before);
    activations_.erase(before);
    by_id_.erase(id);
  }
  if (digest.empty() || !added.ok()) return added;
  activations_[digest] = next_activation_++;
  by_id_.emplace(id, digest);
  return kOk;
}

Result<std::optional<search::CustomParameter>> CustomParameters::read(const std::string& id) const {
  VESTA_TRY(const std::optional<store::Version> version, store_.read(type_, id));
  if (!version || version->deleted) return std::optional<search::CustomParameter>();
  store::ScratchLease scratch(registry_.definitions());
  VESTA_TRY(const fhir::Node* const tree, scratch->read(*version));
  return defined_by(*tree);
}

// What comes into use now is indexed from the start, whatever its property says of an earlier use.
Status CustomParameters::refresh(const std::string& id) {
  VESTA_TRY(const auto parameter, read(id));
  const std::string digest = parameter ? registry_.digest_of(*parameter) : std::string();
  if (!digest.empty() && !activations_.contains(digest)) VESTA_CHECK_OK(clear_state(digest));
  return apply(id, parameter);
}

Status CustomParameters::refresh_unless_composite(const std::string& id) {
  VESTA_TRY(const auto parameter, read(id));
  if (!parameter || parameter->components.empty()) return refresh(id);
  // One that becomes a composite is no component any more, before others are looked at.
  if (!composites_.contains(id)) VESTA_CHECK_OK(apply(id, std::nullopt));
  composites_.insert(id);
  return kOk;
}

void CustomParameters::load_after(const std::string& id, const Status& refreshed) {
  if (refreshed.ok()) return;
  log::error("a search parameter is not used yet", {{"id", id}, {"reason", reason_of(refreshed.error())}});
  must_load_ = true;
}

// Composites come last, also those that are not of the set: what they are made of may have changed.
// The commit was refused, had there been changes of others that were not known: up to it all is known now.
void CustomParameters::note(const store::WriteSet& writes, std::span<const store::Written> written) {
  bool has_changed = false;
  {
    const MutexLock lock(mutex_);
    std::uint64_t seq = registry_.known().seq;
    for (std::size_t i = 0; i < writes.writes.size(); ++i) {
      const store::Write& write = writes.writes[i];
      if (write.type != type_ || write.kind == store::Write::Kind::index) continue;
      has_changed = true;
      seq = std::max(seq, written[i].seq.value);
      load_after(write.id, refresh_unless_composite(write.id));
    }
    if (has_changed) {
      for (const std::string& id : std::set<std::string>(composites_)) load_after(id, refresh(id));
      registry_.set_known({type_, seq});
    }
  }
  if (has_changed && on_change_) on_change_();
}

// Another write of the same set that makes an active SearchParameter of this code for one of these types, by its
// values.
bool CustomParameters::clashes(const search::CustomParameter& parameter, const store::Write& other) const {
  const fhir::Definitions& definitions = registry_.definitions();
  const auto has = [&](std::string_view code, const auto& is_it) {
    const search::Parameter* by = registry_.find_core(type_, code);
    CHECK(by != nullptr);
    return std::ranges::any_of(other.added.tokens, [&](const search::TokenValue& value) {
      return value.parameter == by->id && is_it(value.code);
    });
  };
  const auto is_shared = [&](std::string_view name) {
    const auto type = definitions.find_type(name);
    return type && shares_type(definitions, parameter.base, {&*type, 1});
  };
  return has("code", [&](std::string_view code) { return code == parameter.code; }) &&
         has("status", [](std::string_view status) { return status == "active"; }) && has("base", is_shared);
}

// A type has one active custom parameter of a code. Who else is active in the store with this code is a condition of
// the commit. What the same set takes away or writes anew counts as it will be; of the set, only what stands before.
Status CustomParameters::check_code(const search::CustomParameter& parameter, std::string_view id,
                                    store::WriteSet& writes) const {
  const search::Parameter* code = registry_.find_core(type_, "code");
  const search::Parameter* status = registry_.find_core(type_, "status");
  CHECK(code != nullptr && status != nullptr);
  const auto refused = [&parameter](std::string_view url) {
    const Issue issue{Severity::error, "duplicate",
                      "'" + parameter.code + "' is the code of the active SearchParameter " + std::string(url) +
                          ", for a type that both have.",
                      "SearchParameter.code"};
    return Error{Category::unprocessable, {}, {issue}};
  };
  std::set<std::string_view> rewritten{id};
  for (const store::Write& write : writes.writes) {
    if (write.type != type_ || write.id == id) continue;
    rewritten.insert(write.id);
    if (write.kind == store::Write::Kind::put && clashes(parameter, write)) return refused("in the same transaction");
  }
  std::vector<search::Plan> both;
  both.push_back(search::Plan::make_leaf({code, search::TokenMatch{std::nullopt, parameter.code}}));
  both.push_back(search::Plan::make_leaf({status, search::TokenMatch{std::nullopt, "active"}}));
  search::Query query{type_, search::Plan::make(search::Plan::Kind::and_, std::move(both)), {}};
  store::SearchOptions options;
  options.count = kMaxSameCode;
  VESTA_TRY(const store::SearchPage page, store_.search(query, options));
  if (page.next) {
    return make_error(Category::too_large, "More than " + std::to_string(kMaxSameCode) +
                                               " active SearchParameters have the code " + parameter.code);
  }
  store::Condition condition{std::move(query), {}};
  for (const store::Version& version : page.entries) {
    condition.matches.push_back(version.id);
    if (rewritten.contains(version.id)) continue;
    store::ScratchLease scratch(registry_.definitions());
    VESTA_TRY(const fhir::Node* const tree, scratch->read(version));
    const auto other = defined_by(*tree);
    if (other && shares_type(registry_.definitions(), parameter.base, other->base)) return refused(other->url);
  }
  writes.conditions.push_back(std::move(condition));
  return kOk;
}

// What is not active may say what it likes, where it is a definition that is taken out of use.
Status CustomParameters::check(const fhir::Node& resource, std::string_view id, const fhir::Node* old,
                               const Together& together, store::WriteSet& writes) {
  if (resource.type != type_) return kOk;
  const fhir::Definitions& definitions = registry_.definitions();
  const bool must_mean_something = old == nullptr || is_active(definitions, resource);
  auto read = read_search_parameter(definitions, resource);
  if (!read.ok() && must_mean_something) return read.take_error();
  std::string after;
  if (read.ok() && must_mean_something && !is_core(definitions, read->parameter)) {
    const std::vector<search::CustomParameter> components = components_in(together.nodes, read->parameter);
    {
      const MutexLock lock(mutex_);
      search::Registry::Change change{components, {}};
      for (const std::string& each : together.rewritten) {
        if (const auto known = by_id_.find(each); known != by_id_.end()) change.retired.push_back(known->second);
      }
      VESTA_CHECK_OK(registry_.check(read->parameter, change));
      if (read->is_active) after = registry_.digest_of(read->parameter, change);
    }
    if (read->is_active) VESTA_CHECK_OK(check_code(read->parameter, id, writes));
  }
  const MutexLock lock(mutex_);
  const std::string before = old == nullptr ? std::string() : digest_of(*old);
  if (before == after) return kOk;
  if (!before.empty()) writes.properties.emplace_back(property_of(before), "");
  if (!after.empty()) writes.properties.emplace_back(property_of(after), "");
  return kOk;
}

void CustomParameters::check_removal(const fhir::Node& old, store::WriteSet& writes) {
  if (old.type != type_) return;
  const MutexLock lock(mutex_);
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

Result<std::vector<ActiveParameter>> CustomParameters::begin_indexing(std::string_view job, const Save& save) {
  const MutexLock lock(mutex_);
  std::vector<ActiveParameter> pending;
  for (const auto& [digest, activation] : activations_) {
    if (is_pending(digest)) pending.push_back(active(digest));
  }
  if (pending.empty()) return pending;
  VESTA_CHECK_OK(save(pending, [&](store::WriteSet& set) -> Status {
    for (const ActiveParameter& each : pending) {
      set.properties.emplace_back(property_of(each.digest), std::string(kIndexing) + std::string(job));
    }
    VESTA_CHECK_OK(store_.commit(set));
    return kOk;
  }));
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
    set.properties.emplace_back(property_of(each.digest), ready_for(epoch));
  }
  VESTA_CHECK_OK(store_.commit(set));
  for (const std::string& digest : ready) registry_.set_ready(digest);
  return kOk;
}

Status CustomParameters::restate_ready(const std::optional<store::ExpectedProperty>& fence) {
  const MutexLock lock(mutex_);
  const std::string ready = ready_for(epoch_);
  for (const auto& [digest, activation] : activations_) {
    if (is_pending(digest)) continue;
    VESTA_TRY(std::optional<std::string> state, store_.property(property_of(digest)));
    if (state == ready) continue;
    store::WriteSet set;
    if (fence) set.expected_properties.push_back(*fence);
    set.expected_properties.emplace_back(property_of(digest), std::move(state));
    set.properties.emplace_back(property_of(digest), ready);
    const auto written = store_.commit(set);
    if (!written.ok() && written.error().category != Category::conflict) return written.error();
  }
  return kOk;
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
