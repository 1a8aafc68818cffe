// Keep: what a search takes from what earlier ones read of a value, and leaves to later ones.
#include <algorithm>

#include "store/sqlite/executor.h"

namespace vesta::store::sqlite {
const Keys* Executor::kept_keys(PlanNode& node) {
  if (values_ == nullptr || !ValueView::can_keep(node.equality)) return nullptr;
  if (!node.kept) node.kept = values_->find(node.equality);
  return node.kept->keys.get();
}

// Absolute URLs and canonicals are other values: who refers by them is not known by the targets' keys.
void Executor::look_for_kept(PlanNode& node) {
  if (values_ == nullptr || node.kept || node.gathered || !node.is_target_set() || !node.link.is_local()) return;
  node.kept = values_->find({node.link.param, node.linked});
  node.gathered = node.kept->keys;
}

void Executor::keep(const PlanNode& node) const {
  if (node.is_target_set()) {
    values_->keep({node.link.param, node.linked}, *node.kept);
  } else {
    values_->keep(node.equality, *node.kept);
  }
}

// OPTIMIZATION: a search reads as much of a value as it needs. But once all searches since it last changed have spent
// as much as reading all of it costs, it is read as a whole, and the later ones go over memory. So nothing costs more
// than a few times as much as it would without, however often a value changes.
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
  keep(node);
  return kOk;
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

void Executor::keep_gathered(PlanNode& node) {
  if (!node.kept || !node.is_target_set()) return;
  const Keys& keys = *node.gathered;
  const auto rows = static_cast<std::int64_t>(keys.size());
  if (rows > tuning_.max_kept_set_keys || !values_->hold(keys.size())) return;
  node.kept->keys = node.gathered;
  keep(node);
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
  values_->keep(node.equality, *node.kept);
  return kOk;
}

Result<std::uint64_t> Executor::count_equality(PlanNode& node) {
  if (const Keys* all = kept_keys(node); all != nullptr) return all->size();
  if (node.kept && node.kept->count) return *node.kept->count;
  VESTA_TRY(const std::uint64_t count, equality_count(connection_, node.equality));
  if (!node.kept) return count;
  node.kept->count = count;
  values_->keep(node.equality, *node.kept);
  return count;
}

}  // namespace vesta::store::sqlite
