// Link: chains and `_has`, from the side that has fewer resources.
//
// chain: the subject's references (in its row) lead to resources that match the child. has: resources that match the
// child have references to the subject. Either all matches of the child are gathered, and the references are followed
// from there; or candidates are tested one by one, which is always possible and needs no memory to speak of.
#include <algorithm>
#include <iterator>

#include "store/sqlite/executor.h"

namespace vesta::store::sqlite {
namespace {

constexpr std::int64_t kFirstSources = 64;
constexpr std::int64_t kMostSources = 4'096;
constexpr int kLeaps = 8;

void sort_and_unique(Keys& keys) {
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
}

}  // namespace

Result<bool> Executor::gather_linked(PlanNode& node, std::int64_t limit) {
  if (node.linked) return true;
  if (limit <= node.failed_linked) return false;
  Executor& other = of(node.link.type);
  PlanNode& child = node.children.front();
  VESTA_TRY(const bool is_small, other.is_small(child, limit));
  if (!is_small) {
    node.failed_linked = limit;
    return false;
  }
  Keys keys;
  for (std::int64_t after = 0; after != INT64_MAX;) {
    VESTA_TRY(const KeyPage page, other.matches(child, {after, tuning_.count_chunk}));
    keys.insert(keys.end(), page.keys.begin(), page.keys.end());
    after = page.upto;
  }
  node.linked = std::make_shared<const Keys>(std::move(keys));
  return true;
}

Result<bool> Executor::gather_link(PlanNode& node, std::int64_t limit) {
  if (node.gathered) return true;
  if (node.kind == PlanNode::Kind::chain) return gather_sources(node, limit);
  VESTA_CHECK_OK(gather_subjects(node));
  return true;
}

// The resources with a reference to one of the gathered targets.
Result<bool> Executor::gather_sources(PlanNode& node, std::int64_t limit) {
  if (limit <= node.failed_limit) return false;
  Keys keys;
  for (const std::int64_t target : *node.linked) {
    VESTA_TRY(const std::vector<Equality> sources, sources_of(node.link, target));
    for (const Equality& equality : sources) {
      const std::int64_t left = limit - static_cast<std::int64_t>(keys.size());
      VESTA_TRY(const KeyPage page, equality_keys(connection_, equality, {0, INT64_MAX, left}));
      keys.insert(keys.end(), page.keys.begin(), page.keys.end());
      if (static_cast<std::int64_t>(keys.size()) >= limit) {
        node.failed_limit = limit;
        return false;
      }
    }
  }
  sort_and_unique(keys);
  keys.shrink_to_fit();
  node.gathered = std::make_shared<const Keys>(std::move(keys));
  VESTA_CHECK_OK(keep_gathered(node));
  return true;
}

// The current resources of this type that one of the gathered resources refers to.
Status Executor::gather_subjects(PlanNode& node) {
  Keys keys;
  for (const std::int64_t source : *node.linked) {
    VESTA_TRY(const Keys targets, targets_of(source, node.link));
    keys.insert(keys.end(), targets.begin(), targets.end());
    if (keys.size() > 2 * static_cast<std::size_t>(tuning_.link_batch)) sort_and_unique(keys);
  }
  sort_and_unique(keys);
  VESTA_TRY(Keys current, current_ones(keys));
  node.gathered = std::make_shared<const Keys>(std::move(current));
  return kOk;
}

// As with ranges: tests one by one, until that has gone on for so long that gathering pays.
Result<Keys> Executor::filter_link(PlanNode& node, const Keys& keys) {
  look_for_kept(node);
  if (node.gathered) return members(keys, *node.gathered);
  node.probed += static_cast<std::int64_t>(keys.size());
  if (!node.linked) {
    const std::int64_t limit =
        std::min(std::max(node.probed, tuning_.min_probes) * tuning_.rows_per_probe, tuning_.max_linked);
    if (limit >= 2 * node.failed_linked) VESTA_CHECK_OK(gather_linked(node, limit));
  }
  if (node.kind == PlanNode::Kind::chain) return filter_chain(node, keys);
  if (node.linked && static_cast<std::int64_t>(node.linked->size()) <= node.probed) {
    VESTA_CHECK_OK(gather_subjects(node));
    return members(keys, *node.gathered);
  }
  Keys found;
  for (const std::int64_t key : keys) {
    VESTA_TRY(const bool is_match, has_match(node, key));
    if (is_match) found.push_back(key);
  }
  return found;
}

// In batches of so many targets, however many references a resource has.
Result<Keys> Executor::filter_chain(PlanNode& node, const Keys& keys) {
  Keys found;
  for (std::size_t begin = 0; begin < keys.size();) {
    std::vector<Keys> targets;
    Keys all;
    std::size_t end = begin;
    while (end < keys.size() && static_cast<std::int64_t>(all.size()) < tuning_.link_batch) {
      VESTA_TRY(Keys some, targets_of(keys[end++], node.link));
      all.insert(all.end(), some.begin(), some.end());
      targets.push_back(std::move(some));
    }
    if (!node.linked) VESTA_CHECK_OK(decide_targets(node, std::move(all)));
    const auto is_match = [&node](std::int64_t target) {
      return node.linked ? std::binary_search(node.linked->begin(), node.linked->end(), target)
                         : node.decided->at(target);
    };
    for (std::size_t i = begin; i < end; ++i) {
      if (std::any_of(targets[i - begin].begin(), targets[i - begin].end(), is_match)) found.push_back(keys[i]);
    }
    begin = end;
  }
  VESTA_CHECK_OK(note_spent(node, static_cast<std::int64_t>(keys.size()) * kRowsPerLookUp));
  return found;
}

// Afterwards each of `targets` is decided.
Status Executor::decide_targets(PlanNode& node, Keys targets) {
  sort_and_unique(targets);
  if (!node.decided) node.decided = std::make_unique<std::unordered_map<std::int64_t, bool>>();
  if (static_cast<std::int64_t>(node.decided->size() + targets.size()) > tuning_.max_decided) node.decided->clear();
  std::erase_if(targets, [&](std::int64_t target) { return node.decided->contains(target); });
  Executor& other = of(node.link.type);
  VESTA_TRY(Keys current, other.current_ones(targets));
  VESTA_TRY(const Keys matching, other.filter(node.children.front(), std::move(current)));
  for (const std::int64_t target : targets) {
    (*node.decided)[target] = std::binary_search(matching.begin(), matching.end(), target);
  }
  return kOk;
}

Result<std::optional<std::int64_t>> Executor::next_linked(PlanNode& node, std::int64_t& after) {
  using Found = std::optional<std::int64_t>;
  if (node.linked) {
    const auto next = std::upper_bound(node.linked->begin(), node.linked->end(), after);
    after = next == node.linked->end() ? INT64_MAX : *next;
    return next == node.linked->end() ? Found() : Found(*next);
  }
  VESTA_TRY(const KeyPage page, of(node.link.type).drive(node.children.front(), {after, 1}));
  after = page.upto;
  return page.keys.empty() ? Found() : Found(page.keys.front());
}

// From the next resource that refers to the subject to the child's next candidate, and from there to the next resource
// that refers to the subject. nullopt: after a few leaps it is open whether any behind `after` matches.
Result<std::optional<bool>> Executor::leap(PlanNode& node, const Equality& sources, std::int64_t& after) {
  using Decided = std::optional<bool>;
  for (int i = 0; i < kLeaps && after != INT64_MAX; ++i) {
    VESTA_TRY(const KeyPage source, equality_keys(connection_, sources, {after, INT64_MAX, 1}));
    if (source.keys.empty()) return Decided(false);
    const std::int64_t at = source.keys.front();
    after = at - 1;
    VESTA_TRY(const std::optional<std::int64_t> candidate, next_linked(node, after));
    if (!candidate) continue;
    if (*candidate == at) {
      after = at;
      if (node.linked || of(node.link.type).is_exact(node.children.front())) return Decided(true);
      VESTA_TRY(const Keys matching, of(node.link.type).filter(node.children.front(), Keys{at}));
      if (!matching.empty()) return Decided(true);
    } else {
      after = *candidate - 1;
    }
  }
  return after == INT64_MAX ? Decided(false) : Decided();
}

// Does any resource that refers to `key` match the child? First by leaps, for resources of one subject often stand
// together; then by looking at all of the subject's.
Result<bool> Executor::has_match(PlanNode& node, std::int64_t key) {
  VESTA_TRY(const std::vector<Equality> sources, sources_of(node.link, key));
  for (const Equality& equality : sources) {
    VESTA_TRY(const bool is_match, any_source_matches(node, equality));
    if (is_match) return true;
  }
  return false;
}

Result<bool> Executor::any_source_matches(PlanNode& node, const Equality& sources) {
  Executor& other = of(node.link.type);
  std::int64_t after = 0;
  VESTA_TRY(const std::optional<bool> decided, leap(node, sources, after));
  if (decided) return *decided;
  for (std::int64_t chunk = kFirstSources; after != INT64_MAX; chunk = std::min(chunk * 4, kMostSources)) {
    VESTA_TRY(KeyPage page, equality_keys(connection_, sources, {after, INT64_MAX, chunk}));
    after = page.upto;
    if (node.linked) {
      if (!intersection(page.keys, *node.linked).empty()) return true;
      continue;
    }
    VESTA_TRY(const Keys matching, other.filter(node.children.front(), std::move(page.keys)));
    if (!matching.empty()) return true;
  }
  return false;
}

}  // namespace vesta::store::sqlite
