// Shared plans: what was decided before is not decided again, and only for the rest are they bound.
#include <algorithm>
#include <bit>
#include <iterator>

#include "store/sqlite/executor.h"

namespace vesta::store::sqlite {
namespace {

// What is bound for few resources decides some more, that come behind them: they are often of the same patient, and
// asked for next. Not before it was asked some times: where much is written, what is decided does not hold for long.
constexpr std::int64_t kDecidedAtOnce = 16;
constexpr std::uint32_t kAskedBefore = 4;

// More at once are of a search that looks at most of a type: their decisions would take the places of all others.
constexpr std::size_t kMaxKeptAtOnce = 4'096;

void keep_decided(const SharedPlan& shared, const Keys& keys, const Keys& matches) {
  auto match = matches.begin();
  for (const std::int64_t key : keys) {
    const bool is_match = match != matches.end() && *match == key;
    if (is_match) ++match;
    shared.decided->keep(shared.edition, key, is_match);
  }
}

}  // namespace

Status Executor::need_shared(PlanNode& node) {
  if (!node.children.empty()) return kOk;
  const SharedPlan& shared = *node.shared;
  PlanNode child;
  VESTA_CHECK_OK(bind_plan({connection_, catalog_, shared.ids, shared.base_url}, type_, *shared.plan, child));
  node.children.push_back(std::move(child));
  return kOk;
}

Result<std::int64_t> Executor::estimate_shared(PlanNode& node, std::int64_t limit) {
  if (node.children.empty() && limit <= node.shared->at_least.load(std::memory_order_relaxed)) return limit;
  VESTA_CHECK_OK(need_shared(node));
  const bool is_small = limit <= tuning_.large_estimate;
  // Up to some more, so that it need not be asked again for a few.
  const auto rounded = static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(limit)));
  VESTA_TRY(const std::int64_t rows, estimate(node.children.front(), is_small ? rounded : limit));
  std::atomic<std::int64_t>& known = node.shared->at_least;
  for (std::int64_t before = known.load(); before < rows && !known.compare_exchange_weak(before, rows);) continue;
  return std::min(rows, limit);
}

Result<Keys> Executor::filter_shared(PlanNode& node, Keys found) {
  const SharedPlan& shared = *node.shared;
  Keys undecided;
  std::erase_if(found, [&](std::int64_t key) {
    const std::optional<bool> is_match = shared.edition == 0 ? std::nullopt : shared.decided->find(shared.edition, key);
    if (!is_match) undecided.push_back(key);
    return !is_match.value_or(false);
  });
  if (undecided.empty()) return found;
  VESTA_CHECK_OK(need_shared(node));
  VESTA_TRY(const Keys more, decide_shared(node, undecided));
  Keys all;
  std::set_union(found.begin(), found.end(), more.begin(), more.end(), std::back_inserter(all));
  return all;
}

Result<Keys> Executor::decide_shared(PlanNode& node, const Keys& keys) {
  const SharedPlan& shared = *node.shared;
  PlanNode& child = node.children.front();
  if (shared.edition == 0 || keys.size() > kMaxKeptAtOnce) return filter(child, keys);
  const std::int64_t ahead = kDecidedAtOnce - static_cast<std::int64_t>(keys.size());
  if (shared.asked.fetch_add(1) >= kAskedBefore && ahead > 0) {
    VESTA_TRY(const KeyPage next, drive_type({keys.back(), ahead, Direction::forward}));
    Keys longer = keys;
    longer.insert(longer.end(), next.keys.begin(), next.keys.end());
    Result<Keys> matches = filter(child, longer);
    if (matches.ok()) {
      keep_decided(shared, longer, *matches);
      matches->erase(std::upper_bound(matches->begin(), matches->end(), keys.back()), matches->end());
      return matches;
    }
    // One of those that nobody has asked for may be damaged.
  }
  VESTA_TRY(Keys matches, filter(child, keys));
  keep_decided(shared, keys, matches);
  return matches;
}

}  // namespace vesta::store::sqlite
