// Filter: which of some candidates match.
#include <algorithm>
#include <iterator>

#include "search/matcher.h"
#include "store/sqlite/executor.h"
#include "store/sqlite/values.h"

namespace vesta::store::sqlite {

Result<Keys> Executor::filter_node(PlanNode& node, Keys keys) {
  if (keys.empty()) return keys;
  switch (node.kind) {
    case PlanNode::Kind::none:
      return Keys();
    case PlanNode::Kind::all:
      return keys;
    case PlanNode::Kind::id:
      return intersection(keys, Keys{node.key});
    case PlanNode::Kind::equality:
      return filter_equality(node, keys);
    case PlanNode::Kind::range:
      return filter_range(node, keys);
    case PlanNode::Kind::test:
      return filter_rows(node, keys);
    case PlanNode::Kind::chain:
    case PlanNode::Kind::has:
      return filter_link(node, keys);
    case PlanNode::Kind::and_:
      for (PlanNode& child : node.children) {
        VESTA_TRY(keys, filter(child, std::move(keys)));
      }
      return keys;
    case PlanNode::Kind::or_: {
      Keys found;
      for (PlanNode& child : node.children) {
        VESTA_TRY(const Keys more, filter(child, keys));
        Keys both;
        std::set_union(found.begin(), found.end(), more.begin(), more.end(), std::back_inserter(both));
        found = std::move(both);
      }
      return found;
    }
    case PlanNode::Kind::not_: {
      VESTA_TRY(const Keys without, filter(node.children.front(), keys));
      Keys rest;
      std::set_difference(keys.begin(), keys.end(), without.begin(), without.end(), std::back_inserter(rest));
      return rest;
    }
  }
  return keys;
}

// OPTIMIZATION: resources of one patient or one import have neighbouring keys, so between the first and the last
// candidate the leaf often has few rows: reading those is cheaper than a look-up per candidate. If it has many, look
// up.
Result<Keys> Executor::filter_equality(PlanNode& node, const Keys& keys) {
  const auto limit = static_cast<std::int64_t>(keys.size()) * tuning_.rows_per_probe + tuning_.min_probes;
  VESTA_TRY(const KeyPage page, equality_keys(connection_, node.equality, {keys.front() - 1, keys.back(), limit}));
  Keys found = intersection(keys, page.keys);
  for (auto at = std::upper_bound(keys.begin(), keys.end(), page.upto); at != keys.end(); ++at) {
    VESTA_TRY(const bool is_match, equality_holds(connection_, node.equality, *at));
    if (is_match) found.push_back(*at);
  }
  return found;
}

// Tests resources one by one by their rows; when that has gone on for long enough, gathers the leaf instead.
Result<Keys> Executor::filter_range(PlanNode& node, const Keys& keys) {
  node.probed += static_cast<std::int64_t>(keys.size());
  if (node.probed >= tuning_.min_probes) {
    const std::int64_t limit = std::min(node.probed * tuning_.rows_per_probe, tuning_.max_gathered_rows);
    if (limit >= 2 * node.failed_limit) VESTA_CHECK_OK(gather(node, limit));
  }
  if (node.gathered) return intersection(keys, *node.gathered);
  return filter_rows(node, keys);
}

Result<Keys> Executor::filter_rows(PlanNode& node, const Keys& keys) {
  Keys found;
  for (const std::int64_t key : keys) {
    VESTA_TRY(const bool is_match, holds(node, key));
    if (is_match) found.push_back(key);
  }
  return found;
}

Result<bool> Executor::holds(const PlanNode& node, std::int64_t key) {
  const search::Leaf& leaf = *node.range.leaf;
  VESTA_TRY(const ResourceFacts* facts, this->facts(key));
  search::IndexValues values;
  const search::ParameterId parameter = leaf.parameter == nullptr ? search::ParameterId{0} : leaf.parameter->id;
  if (leaf.parameter != nullptr && !decode_values(catalog_, facts->indexed, node.range.param, parameter, values)) {
    return make_error(Category::unavailable, "the stored index values of a resource are damaged");
  }
  return search::matches(leaf, {fhir::kNoType, {}, facts->last_updated, &values});
}

}  // namespace vesta::store::sqlite
