// Owners: whose compartments a rule is about, looked up once for a grant instead of with each request.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "search/plan.h"
#include "store/store.h"

namespace vesta::access {

inline constexpr std::size_t kMaxOwners = 10'000;  // of one rule; more are looked for with each request

// What was looked up, and of which state it is.
struct OwnerSet {
  search::Query query;                                   // for the owners
  std::shared_ptr<const search::IdSet> ids;              // null: there are more than kMaxOwners
  std::vector<std::pair<fhir::TypeId, CommitSeq>> read;  // what it depends on: types, and the newest of each before
};

// Of one grant that is made. Not thread-safe.
class Owners {
 public:
  // `before`: what was looked up for an earlier grant of the principal; what is the same stays the same object, by
  // which the store knows it again.
  explicit Owners(store::Store& store, std::vector<OwnerSet> before = {}) : store_(store), before_(std::move(before)) {}

  // The ids of the resources that the query finds. Null: too many. Errors: those of Store::search; `status` too then.
  Result<std::shared_ptr<const search::IdSet>> of(const search::Query& query);
  Status status() const { return failure_ ? Status(Error(*failure_)) : kOk; }
  const std::vector<OwnerSet>& sets() const { return sets_; }

 private:
  store::Store& store_;
  const std::vector<OwnerSet> before_;
  std::vector<OwnerSet> sets_;
  std::optional<Error> failure_;
};

// Has nothing been committed since that could make it another one?
bool is_current(store::Store& store, const OwnerSet& set);
// Looks again. False: it is another one now. Errors: those of Store::search.
Result<bool> renew(store::Store& store, OwnerSet& set);

}  // namespace vesta::access
