// Executor: which resources a bound plan matches, in the order of keys. `drive` proposes candidates, `filter` decides.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "base/ids.h"
#include "store/sqlite/plan_node.h"
#include "store/sqlite/tuning.h"

namespace vesta::store::sqlite {

// One resource's sortable and testable parts.
struct ResourceFacts {
  std::string id;
  Instant last_updated;
  std::string ranges;
};

// A filter and a sort look at the same resources one after the other: so many are kept between them.
inline constexpr std::size_t kMaxRememberedFacts = 4'096;

// Works within the read transaction of its connection; one per search; not thread-safe.
class Executor {
 public:
  enum class Goal { first_page, everything };  // how much may be spent on gathering a range at once

  Executor(Connection& connection, const Catalog& catalog, std::int64_t type, Goal goal, const Tuning& tuning)
      : connection_(connection), catalog_(catalog), type_(type), goal_(goal), tuning_(tuning) {}

  // All matches with after < key <= upto, of about `chunk` candidates.
  Result<KeyPage> matches(PlanNode& node, std::int64_t after, std::int64_t chunk);
  // The number of all matches.
  Result<std::uint64_t> count(PlanNode& node);
  // The keys among `keys` that match.
  Result<Keys> filter(PlanNode& node, Keys keys);
  // True if the plan surely has at most `limit` candidates.
  Result<bool> is_small(PlanNode& node, std::int64_t limit);

  // Valid until the next call.
  Result<const ResourceFacts*> facts(std::int64_t key);

  Connection& connection() { return connection_; }
  const Catalog& catalog() const { return catalog_; }
  std::int64_t type() const { return type_; }
  const Tuning& tuning() const { return tuning_; }

 private:
  // A superset of the node's matches with after < key <= upto.
  Result<KeyPage> drive(PlanNode& node, std::int64_t after, std::int64_t chunk);
  Result<KeyPage> drive_type(std::int64_t after, std::int64_t chunk);
  Result<KeyPage> drive_or(PlanNode& node, std::int64_t after, std::int64_t chunk);
  Status choose_driver(PlanNode& node);
  // The number of candidates, or `limit` if there are so many or it is not known.
  Result<std::int64_t> estimate(PlanNode& node, std::int64_t limit);
  Result<bool> gather(PlanNode& node, std::int64_t limit);
  Result<Keys> filter_equality(PlanNode& node, const Keys& keys);
  Result<Keys> filter_range(PlanNode& node, const Keys& keys);
  Result<Keys> filter_tokens(PlanNode& node, const Keys& keys);
  Result<bool> holds(const PlanNode& node, std::int64_t key);
  // Does what `drive` gives for this node need no filter?
  bool is_exact(const PlanNode& node) const;

  Connection& connection_;
  const Catalog& catalog_;
  const std::int64_t type_;
  const Goal goal_;
  const Tuning tuning_;
  std::unordered_map<std::int64_t, ResourceFacts> facts_;  // at most kMaxRememberedFacts
};

}  // namespace vesta::store::sqlite
