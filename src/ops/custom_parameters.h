// CustomParameters: the SearchParameters that stand in a store, as search goes by them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/thread_annotations.h"
#include "search/parameter.h"
#include "store/scratch.h"
#include "store/store.h"

namespace vesta::ops {

inline constexpr std::uint32_t kMaxSameCode = 200;  // active SearchParameters of one code, when another one comes

// A custom parameter that is in the Registry. `activation` tells apart whether it has been away in between.
struct ActiveParameter {
  std::string digest;
  std::uint64_t activation = 0;
  std::vector<fhir::TypeId> types;  // concrete ones
  bool operator==(const ActiveParameter& other) const {
    return digest == other.digest && activation == other.activation;
  }
};

// What one commit makes of SearchParameters: a composite may be made of these, and not of what is there until then.
struct Together {
  std::vector<const fhir::Node*> nodes;  // written
  std::vector<std::string> rewritten;    // ids of those that are written or deleted
};

// Keeps the Registry in step with the store: every write of a SearchParameter goes through `check` before its commit
// and through `note` after it. What is indexed is durable: property "search-index/<digest>" says whether, and each
// commit that brings a definition or takes it away clears it. Thread-safe. `registry` and `store` outlive it.
class CustomParameters {
 public:
  CustomParameters(search::Registry& registry, store::Store& store);

  // Reads all that are stored, and which of them are ready. At the start, and again after a failure of `note`.
  Status load() EXCLUDES(mutex_);
  // Reads them again if another node has changed any, and tells on_change. As cheap as a look into memory otherwise.
  void look() EXCLUDES(mutex_);
  bool must_load() EXCLUDES(mutex_);
  // Takes them all out of the Registry again.
  void unload() EXCLUDES(mutex_);

  // The write of `resource`, which `writes` already has, under `id` in the place of `old` (null: none). Adds the
  // conditions that keep codes unique. Errors: unprocessable (it cannot be
  // searched by), those of Store::search.
  Status check(const fhir::Node& resource, std::string_view id, const fhir::Node* old, const Together& together,
               store::WriteSet& writes) EXCLUDES(mutex_);
  // The same for a deletion of `old`.
  void check_removal(const fhir::Node& old, store::WriteSet& writes) EXCLUDES(mutex_);
  fhir::TypeId type() const { return type_; }  // of the resources that define parameters
  // After the commit of `writes`, which was answered by `written`. What cannot be read now is read by the next `load`.
  void note(const store::WriteSet& writes, std::span<const store::Written> written) EXCLUDES(mutex_);
  // Called by `note` and `look` whenever something has changed.
  void on_change(std::function<void()> call) { on_change_ = std::move(call); }

  // Commits a set, which has something of its caller already, with what belongs to it.
  using Commit = std::function<Status(store::WriteSet&)>;
  // Marks all that are pending as being indexed by `job`, durably: `save` is called with them, and calls what it is
  // given, again if it must. What was extracted before they were there is committed before this returns.
  using Save = std::function<Status(const std::vector<ActiveParameter>&, const Commit&)>;
  Result<std::vector<ActiveParameter>> begin_indexing(std::string_view job, const Save& save) EXCLUDES(mutex_);
  // Those of `digests` that `job` was indexing when the process ended.
  Result<std::vector<ActiveParameter>> resume_indexing(std::string_view job, const std::vector<std::string>& digests)
      EXCLUDES(mutex_);
  // Makes those that have been there all the time ready, durably, together with `set`.
  Status finish_indexing(const std::vector<ActiveParameter>& parameters, std::uint64_t epoch, store::WriteSet& set)
      EXCLUDES(mutex_);
  // A node that comes late to a change may have taken back what the store says of a parameter that is ready: says it
  // again. `fence`: of whoever indexes.
  Status restate_ready(const std::optional<store::ExpectedProperty>& fence) EXCLUDES(mutex_);
  std::vector<search::ParameterId> ids_of(const std::vector<ActiveParameter>& parameters) EXCLUDES(mutex_);
  bool has_pending() EXCLUDES(mutex_);

 private:
  using ById = std::map<std::string, std::string>;  // id of a resource → digest of what it defines

  Status load_all() REQUIRES(mutex_);
  Result<std::vector<store::Version>> stored() const;
  // What the resource defines; nullopt if nothing: it is not active, or R4 has the same.
  std::optional<search::CustomParameter> defined_by(const fhir::Node& resource) const;
  std::vector<search::CustomParameter> components_in(std::span<const fhir::Node* const> nodes,
                                                     const search::CustomParameter& parameter) const;
  std::string digest_of(const fhir::Node& resource) REQUIRES(mutex_);
  Status apply(const std::string& id, const std::optional<search::CustomParameter>& parameter) REQUIRES(mutex_);
  Status clear_state(const std::string& digest) REQUIRES(mutex_);
  Result<std::optional<search::CustomParameter>> read(const std::string& id) const;
  Status refresh(const std::string& id) REQUIRES(mutex_);
  Status refresh_unless_composite(const std::string& id) REQUIRES(mutex_);
  void load_after(const std::string& id, const Status& refreshed) REQUIRES(mutex_);
  Status check_code(const search::CustomParameter& parameter, std::string_view id, store::WriteSet& writes) const;
  bool clashes(const search::CustomParameter& parameter, const store::Write& other) const;
  ActiveParameter active(const std::string& digest) REQUIRES(mutex_);
  bool is_pending(const std::string& digest) REQUIRES(mutex_);

  search::Registry& registry_;
  store::Store& store_;
  const fhir::TypeId type_;  // SearchParameter
  std::function<void()> on_change_;

  Mutex mutex_;
  ById by_id_ GUARDED_BY(mutex_);
  std::set<std::string> composites_ GUARDED_BY(mutex_);  // ids of active ones: they follow what they are made of
  std::map<std::string, std::uint64_t> activations_ GUARDED_BY(mutex_);  // by digest, of those in the Registry
  std::uint64_t next_activation_ GUARDED_BY(mutex_) = 1;
  bool must_load_ GUARDED_BY(mutex_) = false;
  std::uint64_t epoch_ GUARDED_BY(mutex_) = 0;  // of the index for which what is ready is so
};

}  // namespace vesta::ops
