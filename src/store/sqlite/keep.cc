// Keep: what a search takes from what earlier ones read of a value, and leaves to later ones.
#include <algorithm>
#include <utility>

#include "store/sqlite/executor.h"
#include "store/sqlite/id_keys.h"

namespace vesta::store::sqlite {
namespace {

// `later` are all above `keys`.
std::shared_ptr<const Keys> joined(const Keys& keys, const Keys& later) {
  Keys all;
  all.reserve(keys.size() + later.size());
  all.insert(all.end(), keys.begin(), keys.end());
  all.insert(all.end(), later.begin(), later.end());
  return std::make_shared<const Keys>(std::move(all));
}

}  // namespace

Result<const Keys*> Executor::kept_keys(PlanNode& node) {
  if (values_ == nullptr || !ValueView::can_keep(node.equality)) return nullptr;
  if (!node.kept) {
    ValueView::Found found = values_->find(node.equality);
    if (found.has_grown) VESTA_CHECK_OK(catch_up(node.equality, found));
    node.kept = std::move(found.value);
  }
  return node.kept->keys.get();
}

// OPTIMIZATION: most resources get their keys when they are written first, above all others. So behind such writes only
// their rows are read, however many the value had before. Where they are too many it is forgotten, for all searches.
Status Executor::catch_up(const Equality& equality, ValueView::Found& found) {
  KeptValue& value = found.value;
  if (!value.count && !value.keys) return kOk;
  VESTA_TRY(const KeyPage added,
            equality_keys(connection_, equality, {value.last_key, INT64_MAX, tuning_.max_grown_keys + 1}));
  if (added.upto != INT64_MAX) {
    value = {};
  } else {
    if (value.count) *value.count += added.keys.size();
    if (value.keys) {
      const auto all = static_cast<std::int64_t>(value.keys->size() + added.keys.size());
      found.lacks_room = all <= tuning_.max_kept_keys && !values_->hold(added.keys.size());
      const bool fits = all <= tuning_.max_kept_keys && !found.lacks_room;
      value.keys = fits ? joined(*value.keys, added.keys) : nullptr;
    }
    VESTA_TRY(value.last_key, last_key(connection_));
  }
  if (!found.lacks_room) values_->keep(equality, value);
  return kOk;
}

// Absolute URLs and canonicals are other values: who refers by them is not known by the targets' keys.
void Executor::look_for_kept(PlanNode& node) {
  if (values_ == nullptr || node.kept || node.gathered || !node.is_target_set() || !node.link.is_local()) return;
  node.kept = values_->find({node.link.param, node.linked});
  node.gathered = node.kept->keys;
}

Status Executor::keep(PlanNode& node) {
  if (node.is_target_set()) {
    values_->keep({node.link.param, node.linked}, *node.kept);
    return kOk;
  }
  VESTA_TRY(node.kept->last_key, last_key(connection_));
  values_->keep(node.equality, *node.kept);
  return kOk;
}

// OPTIMIZATION: a search reads as much of a value as it needs. But once all searches since it was last forgotten have
// spent as much as reading all of it costs, it is read as a whole, and the later ones go over memory. So nothing costs
// more than a few times as much as it would without, however often a value changes.
Status Executor::note_spent(PlanNode& node, std::int64_t rows) {
  if (!node.kept) return kOk;
  KeptValue& kept = *node.kept;
  kept.spent += rows;
  node.unnoted += rows;
  if (node.unnoted < tuning_.noted_rows) return kOk;
  node.unnoted = 0;
  if (kept.spent >= 2 * kept.considered) {
    kept.considered = kept.spent;
    VESTA_CHECK_OK(node.is_target_set() ? read_all_sources(node) : read_whole(node));
  }
  return keep(node);
}

// If it has not more rows than were spent on it.
Status Executor::read_whole(PlanNode& node) {
  const std::int64_t limit = std::min(node.kept->spent, tuning_.max_kept_keys);
  VESTA_TRY(const std::int64_t rows, count_rows(node.equality, limit + 1));
  if (rows > limit || !values_->hold(static_cast<std::size_t>(rows))) return kOk;
  // The number may be one of before.
  VESTA_TRY(KeyPage page, equality_keys(connection_, node.equality, {0, INT64_MAX, limit + 1}));
  if (page.upto != INT64_MAX) return kOk;
  page.keys.shrink_to_fit();
  node.kept->count = page.keys.size();
  node.kept->keys = std::make_shared<const Keys>(std::move(page.keys));
  return kOk;
}

// The same, of all sources of a set of targets.
Status Executor::read_all_sources(PlanNode& node) {
  const std::int64_t limit = std::min(node.kept->spent, tuning_.max_kept_set_keys);
  VESTA_TRY(const bool are_few, has_few_sources(node, limit + 1));
  if (!are_few) return kOk;
  VESTA_TRY(const bool is_known, gather_sources(node, limit + 1));
  (void)is_known;
  return kOk;
}

Status Executor::keep_gathered(PlanNode& node) {
  if (!node.kept || !node.is_target_set()) return kOk;
  const Keys& keys = *node.gathered;
  const auto rows = static_cast<std::int64_t>(keys.size());
  if (rows > tuning_.max_kept_set_keys || !values_->hold(keys.size())) return kOk;
  node.kept->keys = node.gathered;
  return keep(node);
}

// A page may be the whole.
Status Executor::keep_page(PlanNode& node, const KeyPage& page, const Step& step) {
  const auto rows = static_cast<std::int64_t>(page.keys.size());
  const bool is_all = step.from == start_of(step.direction) && page.upto == end_of(step.direction);
  if (!node.kept || !is_all || rows < tuning_.noted_rows || rows > tuning_.max_kept_keys ||
      !values_->hold(page.keys.size())) {
    return note_spent(node, rows + kRowsPerPage);
  }
  node.kept->count = page.keys.size();
  node.kept->keys = std::make_shared<const Keys>(page.keys);
  return keep(node);
}

Result<std::uint64_t> Executor::count_equality(PlanNode& node) {
  VESTA_TRY(const Keys* const all, kept_keys(node));
  if (all != nullptr) return all->size();
  if (node.kept && node.kept->count) return *node.kept->count;
  VESTA_TRY(const std::uint64_t count, equality_count(connection_, node.equality));
  if (!node.kept) return count;
  node.kept->count = count;
  VESTA_CHECK_OK(keep(node));
  return count;
}

std::optional<DecidedValue> Executor::decided_value(const PlanNode& node) {
  if (node.kind != PlanNode::Kind::and_ || node.children.size() != 2) return std::nullopt;
  const bool is_first = node.children.front().kind == PlanNode::Kind::equality;
  const PlanNode& value = node.children[is_first ? 0 : 1];
  const PlanNode& guard = node.children[is_first ? 1 : 0];
  if (value.kind != PlanNode::Kind::equality || guard.kind != PlanNode::Kind::shared) return std::nullopt;
  if (guard.shared->edition == 0 || !ValueView::can_keep(value.equality)) return std::nullopt;
  return DecidedValue{value.equality, guard.shared->edition};
}

// OPTIMIZATION: an edition's decisions of keys hold as long as it does, so behind writes of new resources only these
// are looked at.
Result<std::uint64_t> Executor::count_decided(PlanNode& node, const DecidedValue& of) {
  const ValueView::Found found = values_->find(of);
  const bool is_known = found.value.count.has_value();
  std::uint64_t total = found.value.count.value_or(0);
  if (is_known && !found.has_grown) return total;
  for (std::int64_t after = is_known ? found.value.last_key : 0; after != INT64_MAX;) {
    VESTA_TRY(const KeyPage page, matches(node, {after, tuning_.count_chunk}));
    total += page.keys.size();
    after = page.upto;
  }
  KeptValue value{.count = total, .keys = nullptr};
  VESTA_TRY(value.last_key, last_key(connection_));
  values_->keep(of, std::move(value));
  return total;
}

}  // namespace vesta::store::sqlite
