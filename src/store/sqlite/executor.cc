// Executor: drivers, filters and the choices between them.
#include "store/sqlite/executor.h"

#include <algorithm>
#include <iterator>

#include "base/check.h"
#include "search/matcher.h"
#include "store/sqlite/ranges.h"
#include "store/sqlite/resource_rows.h"

namespace vesta::store::sqlite {
namespace {

constexpr Sql kTypeKeys{
    "SELECT key FROM resource INDEXED BY resource_type WHERE type = ?1 AND state = 1 AND key > ?2 ORDER BY key LIMIT "
    "?3"};
constexpr Sql kFacts{"SELECT id, last_updated, ranges FROM resource WHERE key = ?1"};
constexpr Sql kTypeCount{"SELECT resources FROM type_count WHERE type = ?1"};

Keys intersection(const Keys& left, const Keys& right) {
  Keys out;
  std::set_intersection(left.begin(), left.end(), right.begin(), right.end(), std::back_inserter(out));
  return out;
}

}  // namespace

Result<const ResourceFacts*> Executor::facts(std::int64_t key) {
  if (facts_.size() >= kMaxRememberedFacts && !facts_.contains(key)) facts_.clear();
  const auto [remembered, is_new] = facts_.try_emplace(key);
  ResourceFacts& facts = remembered->second;
  if (!is_new) return &facts;
  Cursor cursor(connection_, kFacts);
  cursor.integer(1, key);
  if (!cursor.step()) {
    facts_.erase(remembered);
    VESTA_CHECK_OK(cursor.status());
    return make_error(Category::unavailable, "an index row points to a resource that is not there");
  }
  facts.id = id_at(cursor, 0);
  facts.last_updated = from_stored_time(cursor.integer_at(1));
  facts.ranges = cursor.bytes_at(2);
  return &facts;
}

Result<bool> Executor::gather(PlanNode& node, std::int64_t limit) {
  if (node.gathered) return true;
  if (limit <= node.failed_limit) return false;
  VESTA_TRY(node.gathered, range_keys(connection_, catalog_, node.range, limit));
  if (!node.gathered) node.failed_limit = limit;
  return node.gathered.has_value();
}

Result<std::int64_t> Executor::estimate(PlanNode& node, std::int64_t limit) {
  switch (node.kind) {
    case PlanNode::Kind::none:
      return std::int64_t{0};
    case PlanNode::Kind::id:
      return std::int64_t{1};
    case PlanNode::Kind::equality:
      return equality_rows(connection_, node.equality, limit);
    case PlanNode::Kind::range: {
      VESTA_TRY(const bool complete, gather(node, limit));
      return complete ? static_cast<std::int64_t>(node.gathered->size()) : limit;
    }
    case PlanNode::Kind::and_: {
      std::int64_t least = limit;
      for (PlanNode& child : node.children) {
        VESTA_TRY(const std::int64_t rows, estimate(child, limit));
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
      return limit;
  }
  return limit;
}

Result<bool> Executor::is_small(PlanNode& node, std::int64_t limit) {
  VESTA_TRY(const std::int64_t rows, estimate(node, limit));
  return rows < limit;
}

// The child with the fewest candidates; among large ones the first, which can be read in the order of keys. Counting is
// what a first page spends most of its time on: nobody is counted beyond the least so far, and ranges, which cost a
// test per row, are counted further only if no equality has few rows.
Status Executor::choose_driver(PlanNode& node) {
  std::int64_t least = INT64_MAX;
  const auto look = [&](std::int64_t limit, bool with_ranges) -> Status {
    least = INT64_MAX;
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      PlanNode& child = node.children[i];
      if (!with_ranges && child.kind == PlanNode::Kind::range) continue;
      VESTA_TRY(std::int64_t rows, estimate(child, std::min(limit, least)));
      if (child.kind == PlanNode::Kind::all || child.kind == PlanNode::Kind::not_) rows = INT64_MAX - 1;
      if (rows >= least) continue;
      least = rows;
      node.driver = static_cast<int>(i);
    }
    return kOk;
  };
  VESTA_CHECK_OK(look(tuning_.small_estimate, true));
  if (least < tuning_.small_estimate) return kOk;
  VESTA_CHECK_OK(look(tuning_.large_estimate, false));
  if (least < tuning_.large_estimate) return kOk;
  VESTA_CHECK_OK(look(tuning_.large_estimate, true));
  CHECK(node.driver >= 0);  // an And has children
  return kOk;
}

bool Executor::is_exact(const PlanNode& node) const {
  switch (node.kind) {
    case PlanNode::Kind::range:
      return node.gathered.has_value();
    case PlanNode::Kind::none:
    case PlanNode::Kind::all:
    case PlanNode::Kind::equality:
    case PlanNode::Kind::id:
      return true;
    default:
      return false;
  }
}

Result<KeyPage> Executor::drive_type(std::int64_t after, std::int64_t chunk) {
  Cursor cursor(connection_, kTypeKeys);
  cursor.integer(1, type_).integer(2, after).integer(3, chunk);
  KeyPage page;
  while (cursor.step()) page.keys.push_back(cursor.integer_at(0));
  VESTA_CHECK_OK(cursor.status());
  page.upto = static_cast<std::int64_t>(page.keys.size()) < chunk ? INT64_MAX : page.keys.back();
  return page;
}

Result<KeyPage> Executor::drive_or(PlanNode& node, std::int64_t after, std::int64_t chunk) {
  KeyPage merged;
  merged.upto = INT64_MAX;
  for (PlanNode& child : node.children) {
    VESTA_TRY(const KeyPage page, drive(child, after, chunk));
    Keys keys;
    std::set_union(merged.keys.begin(), merged.keys.end(), page.keys.begin(), page.keys.end(),
                   std::back_inserter(keys));
    merged.keys = std::move(keys);
    merged.upto = std::min(merged.upto, page.upto);
  }
  // Beyond the shortest page some keys may be missing: they come with the next chunk.
  merged.keys.erase(std::upper_bound(merged.keys.begin(), merged.keys.end(), merged.upto), merged.keys.end());
  return merged;
}

Result<KeyPage> Executor::drive(PlanNode& node, std::int64_t after, std::int64_t chunk) {
  switch (node.kind) {
    case PlanNode::Kind::none:
      return KeyPage{{}, INT64_MAX};
    case PlanNode::Kind::id:
      return node.key > after ? KeyPage{{node.key}, INT64_MAX} : KeyPage{{}, INT64_MAX};
    case PlanNode::Kind::equality:
      return equality_keys(connection_, node.equality, {after, INT64_MAX, chunk});
    case PlanNode::Kind::range: {
      VESTA_TRY(const bool complete,
                gather(node, goal_ == Goal::everything ? tuning_.max_gathered_rows : tuning_.first_page_gather));
      if (!complete) return drive_type(after, chunk);
      const auto from = std::upper_bound(node.gathered->begin(), node.gathered->end(), after);
      const bool is_rest = node.gathered->end() - from <= chunk;
      const auto to = is_rest ? node.gathered->end() : from + chunk;
      return KeyPage{Keys(from, to), is_rest ? INT64_MAX : *(to - 1)};
    }
    case PlanNode::Kind::and_:
      if (node.driver < 0) VESTA_CHECK_OK(choose_driver(node));
      return drive(node.children[static_cast<std::size_t>(node.driver)], after, chunk);
    case PlanNode::Kind::or_:
      return drive_or(node, after, chunk);
    case PlanNode::Kind::all:
    case PlanNode::Kind::not_:
      return drive_type(after, chunk);
  }
  return KeyPage{{}, INT64_MAX};
}

Result<KeyPage> Executor::matches(PlanNode& node, std::int64_t after, std::int64_t chunk) {
  VESTA_TRY(KeyPage page, drive(node, after, chunk));
  if (is_exact(node)) return page;
  if (node.kind != PlanNode::Kind::and_) {
    VESTA_TRY(page.keys, filter(node, std::move(page.keys)));
    return page;
  }
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    if (static_cast<int>(i) == node.driver && is_exact(node.children[i])) continue;
    VESTA_TRY(page.keys, filter(node.children[i], std::move(page.keys)));
  }
  return page;
}

Result<std::uint64_t> Executor::count(PlanNode& node) {
  if (node.kind == PlanNode::Kind::equality) return equality_count(connection_, node.equality);
  if (node.kind == PlanNode::Kind::all) {
    Cursor cursor(connection_, kTypeCount);
    cursor.integer(1, type_);
    const std::int64_t resources = cursor.step() ? cursor.integer_at(0) : 0;
    VESTA_CHECK_OK(cursor.status());
    return static_cast<std::uint64_t>(resources);
  }
  std::uint64_t total = 0;
  for (std::int64_t after = 0; after != INT64_MAX;) {
    VESTA_TRY(const KeyPage page, matches(node, after, tuning_.count_chunk));
    total += page.keys.size();
    after = page.upto;
  }
  return total;
}

Result<Keys> Executor::filter(PlanNode& node, Keys keys) {
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
  if (std::holds_alternative<search::TokenMatch>(node.range.leaf->match)) return filter_tokens(node, keys);
  node.probed += static_cast<std::int64_t>(keys.size());
  if (node.probed >= tuning_.min_probes) {
    const std::int64_t limit = std::min(node.probed * tuning_.rows_per_probe, tuning_.max_gathered_rows);
    if (limit >= 2 * node.failed_limit) VESTA_CHECK_OK(gather(node, limit));
  }
  if (node.gathered) return intersection(keys, *node.gathered);
  Keys found;
  for (const std::int64_t key : keys) {
    VESTA_TRY(const bool is_match, holds(node, key));
    if (is_match) found.push_back(key);
  }
  return found;
}

// A token without a code is not in the resource's ranges: its rows are gathered, or walked through for each chunk.
Result<Keys> Executor::filter_tokens(PlanNode& node, const Keys& keys) {
  VESTA_TRY(const bool complete, gather(node, tuning_.max_gathered_rows));
  if (complete) return intersection(keys, *node.gathered);
  Keys found;
  const auto collect = [&](std::int64_t key) {
    if (std::binary_search(keys.begin(), keys.end(), key)) found.push_back(key);
    return true;
  };
  VESTA_CHECK_OK(visit_range(connection_, catalog_, node.range, collect, INT64_MAX));
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

Result<bool> Executor::holds(const PlanNode& node, std::int64_t key) {
  const search::Leaf& leaf = *node.range.leaf;
  VESTA_TRY(const ResourceFacts* facts, this->facts(key));
  search::IndexValues values;
  const search::ParameterId parameter = leaf.parameter == nullptr ? search::ParameterId{0} : leaf.parameter->id;
  if (leaf.parameter != nullptr && !decode_ranges(catalog_, facts->ranges, node.range.param, parameter, values)) {
    return make_error(Category::unavailable, "the stored index values of a resource are damaged");
  }
  return search::matches(leaf, {fhir::kNoType, {}, facts->last_updated, &values});
}

}  // namespace vesta::store::sqlite
