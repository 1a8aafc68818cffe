// Filter: which of some candidates match.
#include <algorithm>
#include <iterator>

#include "search/matcher.h"
#include "store/sqlite/executor.h"
#include "store/sqlite/row_scan.h"
#include "store/sqlite/values.h"

namespace vesta::store::sqlite {
namespace {

constexpr std::int64_t kFirstRows = 16;
constexpr std::int64_t kAhead = 4;  // who wants everything has that many times the candidates so far still ahead

}  // namespace

Result<Keys> Executor::filter_node(PlanNode& node, Keys keys) {
  if (keys.empty()) return keys;
  switch (node.kind) {
    case PlanNode::Kind::none:
      return Keys();
    case PlanNode::Kind::all:
      return keys;
    case PlanNode::Kind::id:
      return intersection(keys, Keys{node.key});
    case PlanNode::Kind::ids:
      return members(keys, *node.keys);
    case PlanNode::Kind::equality:
      return filter_equality(node, keys);
    case PlanNode::Kind::range:
      return filter_range(node, keys);
    case PlanNode::Kind::test:
      return filter_rows(node, keys);
    case PlanNode::Kind::chain:
    case PlanNode::Kind::has:
      return filter_link(node, keys);
    case PlanNode::Kind::shared:
      return filter_shared(node, std::move(keys));
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

// OPTIMIZATION: resources of one patient or one import have neighbouring keys, so between candidates that follow each
// other the leaf often has few rows: reading those is cheaper than a look-up per candidate. Where it has many, or the
// candidates come from another order, the next ones are looked up: the more of them, the longer that goes on.
Result<Keys> Executor::filter_equality(PlanNode& node, const Keys& keys) {
  VESTA_TRY(const Keys* const all, kept_keys(node));
  if (all != nullptr) return members(keys, *all);
  Keys found;
  std::int64_t spent = 0;
  std::int64_t rows = kFirstRows;
  std::int64_t look_ups = tuning_.min_probes;
  for (auto at = keys.begin(); at != keys.end();) {
    VESTA_TRY(const KeyPage page, equality_keys(connection_, node.equality, {*at - 1, keys.back(), rows}));
    spent += static_cast<std::int64_t>(page.keys.size());
    const auto covered = std::upper_bound(at, keys.end(), page.upto);
    std::set_intersection(at, covered, page.keys.begin(), page.keys.end(), std::back_inserter(found));
    const bool pays = (covered - at) * kRowsPerLookUp >= rows;
    at = covered;
    rows = pays ? 2 * rows : kFirstRows;
    if (pays) {
      look_ups = tuning_.min_probes;
      continue;
    }
    const auto next = at + std::min(look_ups, keys.end() - at);
    VESTA_CHECK_OK(equality_look_up(connection_, node.equality, {at, next}, found));
    spent += (next - at) * kRowsPerLookUp;
    at = next;
    look_ups *= 2;
  }
  VESTA_CHECK_OK(note_spent(node, spent));
  return found;
}

// Tests resources one by one by their rows; when that has gone on for long enough, gathers the leaf instead.
Result<Keys> Executor::filter_range(PlanNode& node, const Keys& keys) {
  node.probed += static_cast<std::int64_t>(keys.size());
  if (node.probed >= tuning_.min_probes) {
    const std::int64_t worth = node.probed * tuning_.rows_per_probe * (goal_ == Goal::everything ? kAhead : 1);
    const std::int64_t limit = affordable_rows(node, std::min(worth, tuning_.max_gathered_rows));
    if (limit >= 2 * node.failed_limit) VESTA_CHECK_OK(gather(node, limit));
  }
  if (node.gathered) return members(keys, *node.gathered);
  return filter_rows(node, keys);
}

// OPTIMIZATION: only the rows of matches are remembered: those will be asked for again, by other filters and sorts.
Result<Keys> Executor::filter_rows(PlanNode& node, const Keys& keys) {
  Keys found;
  RowScan rows(connection_);
  for (const std::int64_t key : keys) {
    if (const ResourceFacts* facts = remembered_facts(key); facts != nullptr) {
      VESTA_TRY(const bool is_match, holds(node, facts->last_updated, facts->indexed));
      if (is_match) found.push_back(key);
      continue;
    }
    VESTA_CHECK_OK(rows.move_to(key));
    VESTA_TRY(const bool is_match, holds(node, rows.last_updated(), rows.indexed()));
    if (is_match) {
      found.push_back(key);
      remember_facts(key, {rows.last_updated(), std::string(rows.indexed()), rows.type(), rows.state()});
    }
  }
  return found;
}

Result<bool> Executor::holds(const PlanNode& node, Instant last_updated, std::string_view indexed) {
  const search::Leaf& leaf = *node.range.leaf;
  if (std::holds_alternative<search::PresentMatch>(leaf.match)) {
    const std::optional<bool> is_present = decode_present(indexed, node.range.param);
    if (!is_present) return damaged_values();
    return *is_present;
  }
  search::IndexValues values;
  const search::ParameterId parameter = leaf.parameter == nullptr ? search::ParameterId{0} : leaf.parameter->id;
  if (leaf.parameter != nullptr && !decode_values(catalog_, indexed, node.range.param, parameter, values)) {
    return damaged_values();
  }
  return search::matches(leaf, {fhir::kNoType, {}, last_updated, &values});
}

}  // namespace vesta::store::sqlite
