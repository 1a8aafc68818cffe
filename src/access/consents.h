// Consents: the active Consents of the store as they are now, those that say the same together.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "access/consent.h"
#include "base/ids.h"
#include "base/mutex.h"
#include "base/result.h"
#include "base/thread_annotations.h"
#include "search/parameter.h"
#include "search/plan.h"
#include "store/store.h"

namespace vesta::access {

// Patients of whose Consents one says this.
struct ConsentGroup {
  Provision rule;
  std::shared_ptr<const search::IdSet> patients;
};

// Immutable.
struct ConsentState {
  std::vector<std::shared_ptr<const ConsentGroup>> groups;
  std::set<std::string> actor_types;  // of whom they speak: "Practitioner"
  bool is_overfull = false;           // there are others, and nobody knows what they say
};

struct ConsentLimits {
  std::size_t consents = 1'000'000;  // that are active; with more, the records of all patients are closed
  std::size_t rules = 10'000;        // different ones; those whose Consents say another one deny everything
};

// Thread-safe. A Consent is in force with its commit.
class Consents {
 public:
  // `store` and `registry` outlive it.
  Consents(store::Store& store, const search::Registry& registry, std::string base_url, ConsentLimits limits = {});

  // The same object as long as no Consent has changed. Errors: those of the store.
  Result<std::shared_ptr<const ConsentState>> now();
  // Another one after each commit of a Consent. Takes no lock.
  CommitSeq newest() const { return type_ == fhir::kNoType ? CommitSeq() : store_.newest(type_); }

 private:
  struct Patients {
    std::set<std::pair<std::string, std::string>> consents;  // (patient, id of the Consent)
    std::shared_ptr<const ConsentGroup> group;               // null: to be made anew
  };
  using Groups = std::map<Provision, Patients>;
  struct Known {
    Groups::iterator group;
    std::string patient;
  };

  Status load() REQUIRES(mutex_);
  Status follow(CommitSeq since) REQUIRES(mutex_);
  void take(const store::Version& version) REQUIRES(mutex_);
  void forget(std::string_view id) REQUIRES(mutex_);
  void remember(const std::string& id, Consent consent) REQUIRES(mutex_);
  std::shared_ptr<const ConsentState> state() REQUIRES(mutex_);

  store::Store& store_;
  const search::Registry& registry_;
  const std::string base_url_;
  const ConsentLimits limits_;
  fhir::TypeId type_ = fhir::kNoType;

  Mutex mutex_;
  std::shared_ptr<const ConsentState> state_ GUARDED_BY(mutex_);  // null: not loaded
  CommitSeq seq_ GUARDED_BY(mutex_);                              // up to which the store was looked at
  bool has_changed_ GUARDED_BY(mutex_) = false;
  Groups groups_ GUARDED_BY(mutex_);
  std::map<std::string, Known, std::less<>> known_ GUARDED_BY(mutex_);  // by the id of the Consent
  std::set<std::string, std::less<>> left_out_ GUARDED_BY(mutex_);      // nobody knows what they say
};

}  // namespace vesta::access
