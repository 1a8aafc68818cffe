// Estimate: how many candidates a node has, who leads in an And, and what is worth gathering.
#include <algorithm>
#include <cmath>
#include <optional>
#include <variant>

#include "base/check.h"
#include "store/sqlite/executor.h"

namespace vesta::store::sqlite {
namespace {

constexpr std::int64_t kCompositeRowCost = 4;  // of rows of one value: each is decoded as a whole

}  // namespace

std::int64_t Executor::affordable_rows(const PlanNode& node, std::int64_t rows) {
  const bool is_composite = std::holds_alternative<search::CompositeMatch>(node.range.leaf->match);
  return is_composite ? std::max(std::int64_t{1}, rows / kCompositeRowCost) : rows;
}

// OPTIMIZATION: most ranges have many matches, and then the first candidates in the order of keys fill a page. So no
// more than a few rows are looked at before; if tests go on for long, the filter gathers the range.
std::int64_t Executor::rows_to_drive(const PlanNode& node) const {
  if (goal_ == Goal::everything) return tuning_.max_gathered_rows;
  return affordable_rows(node, page_limit(tuning_.first_page_gather, tuning_.large_estimate));
}

Result<std::int64_t> Executor::estimate_node(PlanNode& node, std::int64_t limit) {
  switch (node.kind) {
    case PlanNode::Kind::none:
      return std::int64_t{0};
    case PlanNode::Kind::id:
      return std::int64_t{1};
    case PlanNode::Kind::ids:
      return std::min(static_cast<std::int64_t>(node.keys->size()), limit);
    case PlanNode::Kind::equality: {
      VESTA_TRY(const Keys* const all, kept_keys(node));
      if (all == nullptr) return count_rows(node.equality, limit);
      return std::min(static_cast<std::int64_t>(all->size()), limit);
    }
    case PlanNode::Kind::range: {
      if (node.known) return std::min(*node.known, limit);
      VESTA_TRY(const bool complete, gather(node, affordable_rows(node, limit)));
      return complete ? static_cast<std::int64_t>(node.gathered->size()) : limit;
    }
    case PlanNode::Kind::chain:
    case PlanNode::Kind::has:
      return estimate_link(node, limit);
    case PlanNode::Kind::shared:
      return estimate_shared(node, limit);
    case PlanNode::Kind::and_: {
      std::int64_t least = limit;
      for (PlanNode& child : node.children) {
        VESTA_TRY(const std::int64_t rows, estimate(child, least));
        least = std::min(least, rows);
      }
      return least;
    }
    case PlanNode::Kind::or_: {
      std::int64_t sum = 0;
      for (PlanNode& child : node.children) {
        if (sum >= limit) break;
        VESTA_TRY(const std::int64_t rows, estimate(child, limit));
        sum += rows;
      }
      return std::min(sum, limit);
    }
    case PlanNode::Kind::all:
    case PlanNode::Kind::not_:
    case PlanNode::Kind::test: {
      VESTA_TRY(const std::int64_t resources, type_size());
      return std::min(resources, limit);
    }
  }
  return limit;
}

Result<std::int64_t> Executor::count_rows(const Equality& equality, std::int64_t limit) {
  if (counts_ == nullptr) return equality_rows(connection_, equality, limit);
  const CountKey key = count_key_of(equality);
  if (const auto kept = counts_->find(key, limit)) return *kept;
  VESTA_TRY(const std::int64_t rows, equality_rows(connection_, equality, limit));
  counts_->keep(key, rows, limit);
  return rows;
}

// Known only if few resources stand on the other side; then those are gathered, and, if they are few, the keys too.
Result<std::int64_t> Executor::estimate_link(PlanNode& node, std::int64_t limit) {
  look_for_kept(node);
  if (node.linked && !node.gathered && static_cast<std::int64_t>(node.linked->size()) >= limit) return limit;
  if (!node.gathered) {
    VESTA_TRY(const bool is_known, gather_linked(node, std::min(limit, tuning_.link_probes)));
    if (is_known) {
      VESTA_TRY(const bool may_be_few, node.kind == PlanNode::Kind::has ? true : has_few_sources(node, limit));
      if (may_be_few) VESTA_CHECK_OK(gather_link(node, limit));
    }
  }
  return node.gathered ? std::min(static_cast<std::int64_t>(node.gathered->size()), limit) : limit;
}

// OPTIMIZATION: as the counts that are kept tell, which costs less than finding out by gathering.
Result<bool> Executor::has_few_sources(PlanNode& node, std::int64_t limit) {
  if (limit <= node.failed_limit) return false;
  if (counts_ == nullptr) return true;
  std::int64_t rows = 0;
  for (const std::int64_t target : *node.linked) {
    VESTA_TRY(const std::vector<Equality> sources, sources_of(node.link, target));
    for (const Equality& equality : sources) {
      VESTA_TRY(const std::int64_t more, count_rows(equality, limit - rows));
      rows += more;
      if (rows < limit) continue;
      node.failed_limit = limit;
      return false;
    }
  }
  return true;
}

Result<bool> Executor::is_small(PlanNode& node, std::int64_t limit) {
  VESTA_TRY(const std::int64_t rows, estimate(node, limit));
  return rows < limit;
}

std::int64_t Executor::page_limit(std::int64_t factor, std::int64_t resources) {
  const double product = static_cast<double>(factor) * static_cast<double>(resources);
  return std::max(std::int64_t{1}, static_cast<std::int64_t>(std::sqrt(product)));
}

namespace {

// Has it rows of its own, in the order of keys?
bool is_ordered(const PlanNode& node) {
  switch (node.kind) {
    case PlanNode::Kind::none:
    case PlanNode::Kind::id:
    case PlanNode::Kind::ids:
    case PlanNode::Kind::equality:
    case PlanNode::Kind::and_:
    case PlanNode::Kind::or_:
      return true;
    case PlanNode::Kind::shared:
      // Of one that is not bound, as it was found when it was.
      if (!node.children.empty()) node.shared->is_ordered.store(is_ordered(node.children.front()));
      return node.shared->is_ordered.load();
    default:
      return false;
  }
}
bool is_everything(const PlanNode& node) {
  return node.kind == PlanNode::Kind::all || node.kind == PlanNode::Kind::not_ || node.kind == PlanNode::Kind::test;
}

}  // namespace

// Makes the child with the fewest candidates the driver, among large ones the first. `least`: its number.
Status Executor::look_for_driver(PlanNode& node, std::int64_t limit, bool with_unordered, std::int64_t& least) {
  least = INT64_MAX;
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    PlanNode& child = node.children[i];
    if (!with_unordered && !is_ordered(child)) continue;
    std::int64_t rows = INT64_MAX - 1;
    if (!is_everything(child)) {
      VESTA_TRY(rows, estimate(child, std::min(limit, least)));
    }
    if (rows >= least) continue;
    least = rows;
    node.driver = static_cast<int>(i);
  }
  return kOk;
}

// Is the child a guard that is known to have many candidates? Of a type that is not large that is looked at, and again
// when the type has twice as many resources.
Result<bool> Executor::has_many(PlanNode& child) {
  if (child.kind != PlanNode::Kind::shared) return false;
  const SharedPlan& shared = *child.shared;
  VESTA_TRY(const std::int64_t resources, type_size());
  const bool is_large = resources > tuning_.large_estimate;
  const std::int64_t many = is_large ? tuning_.large_estimate : tuning_.small_estimate;
  if (shared.at_least.load() < many && !is_large && resources >= 2 * shared.looked_at.load()) {
    VESTA_CHECK_OK(estimate(child, many));
    shared.looked_at.store(resources);
  }
  return shared.at_least.load() >= many;
}

// The only child that may have few candidates, if it has them in order: it leads, and nothing need be counted for that.
Result<std::optional<int>> Executor::only_driver(PlanNode& node) {
  std::optional<int> only;
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    VESTA_TRY(const bool is_many, has_many(node.children[i]));
    if (is_many) continue;
    if (only || !is_ordered(node.children[i])) return std::optional<int>();
    only = static_cast<int>(i);
  }
  return only;
}

// Counting is what a first page spends most of its time on: nobody is counted beyond the least so far, a child alone of
// its kind not at all, and ranges and links, which cost a test per row, only as far as that pays.
Status Executor::choose_driver(PlanNode& node) {
  VESTA_TRY(const std::optional<int> only, only_driver(node));
  if (only) {
    node.driver = *only;
    return kOk;
  }
  std::int64_t least = INT64_MAX;
  VESTA_CHECK_OK(look_for_driver(node, tuning_.small_estimate, true, least));
  if (least < tuning_.small_estimate) return kOk;
  const auto ordered = std::count_if(node.children.begin(), node.children.end(), is_ordered);
  const bool wants_all = goal_ == Goal::everything;
  if (ordered > 1 || (ordered == 1 && wants_all)) {
    VESTA_CHECK_OK(look_for_driver(node, tuning_.large_estimate, false, least));
    if (least < tuning_.large_estimate) return kOk;
  }
  const bool has_order = ordered > 0 && !wants_all;
  const std::int64_t limit =
      has_order ? page_limit(tuning_.first_page_gather, tuning_.large_estimate) : tuning_.large_estimate;
  VESTA_CHECK_OK(look_for_driver(node, limit, true, least));
  CHECK(node.driver >= 0);  // an And has children
  return kOk;
}

void Executor::change_driver(PlanNode& node) {
  if (node.children[static_cast<std::size_t>(node.driver)].gathered) return;
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    const PlanNode& child = node.children[i];
    if (child.gathered && static_cast<std::int64_t>(child.gathered->size()) <= node.driven) {
      node.driver = static_cast<int>(i);
      return;
    }
  }
}

Result<bool> Executor::gather(PlanNode& node, std::int64_t limit) {
  if (node.gathered) return true;
  if (limit <= std::max(node.failed_limit, node.known.value_or(0) - 1)) return false;
  const bool is_kept = counts_ != nullptr && !std::holds_alternative<search::TokenSetMatch>(node.range.leaf->match);
  if (is_kept && !node.count_key) node.count_key = count_key_of(catalog_.registry(), node.range);
  const bool is_too_large = is_kept && counts_->find(*node.count_key, limit + 1) == limit + 1;
  if (!is_too_large) {
    VESTA_TRY(std::optional<Keys> keys, range_keys(connection_, catalog_, node.range, limit));
    if (keys) node.gathered = std::make_shared<const Keys>(std::move(*keys));
  }
  if (node.gathered) return true;
  node.failed_limit = limit;
  if (is_kept && !is_too_large) counts_->keep(*node.count_key, limit + 1, limit + 1);
  return false;
}

}  // namespace vesta::store::sqlite
