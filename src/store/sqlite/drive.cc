// Drive: the candidates of each kind of node, in the order of keys.
#include <algorithm>
#include <iterator>

#include "store/sqlite/executor.h"

namespace vesta::store::sqlite {
namespace {

constexpr Sql kTypeForward{
    "SELECT key FROM resource INDEXED BY resource_type WHERE type = ?1 AND state = 1 AND key > ?2 ORDER BY key LIMIT "
    "?3"};
constexpr Sql kTypeBackward{
    "SELECT key FROM resource INDEXED BY resource_type WHERE type = ?1 AND state = 1 AND key < ?2 ORDER BY key DESC"
    " LIMIT ?3"};

// A part of keys that are all known.
KeyPage page_of(const Keys& all, const Executor::Step& step) {
  if (step.direction == Direction::forward) {
    const auto from = std::upper_bound(all.begin(), all.end(), step.from);
    const bool is_rest = all.end() - from <= step.chunk;
    const auto to = is_rest ? all.end() : from + step.chunk;
    return {Keys(from, to), is_rest ? end_of(step.direction) : *(to - 1)};
  }
  const auto to = std::lower_bound(all.begin(), all.end(), step.from);
  const bool is_rest = to - all.begin() <= step.chunk;
  const auto from = is_rest ? all.begin() : to - step.chunk;
  return {Keys(from, to), is_rest ? end_of(step.direction) : *from};
}

// Puts `page` beside `merged`: what lies beyond the shorter of the two comes with the next step.
void merge(const KeyPage& page, Direction direction, KeyPage& merged) {
  Keys keys;
  std::set_union(merged.keys.begin(), merged.keys.end(), page.keys.begin(), page.keys.end(), std::back_inserter(keys));
  merged.keys = std::move(keys);
  merged.upto = direction == Direction::forward ? std::min(merged.upto, page.upto) : std::max(merged.upto, page.upto);
}
void cut(Direction direction, KeyPage& merged) {
  Keys& keys = merged.keys;
  if (direction == Direction::forward)
    keys.erase(std::upper_bound(keys.begin(), keys.end(), merged.upto), keys.end());
  else
    keys.erase(keys.begin(), std::lower_bound(keys.begin(), keys.end(), merged.upto));
}

}  // namespace

Result<KeyPage> Executor::drive_node(PlanNode& node, const Step& step) {
  const KeyPage nothing{{}, end_of(step.direction)};
  switch (node.kind) {
    case PlanNode::Kind::none:
      return nothing;
    case PlanNode::Kind::id:
      return page_of(Keys{node.key}, step);
    case PlanNode::Kind::ids: {
      KeyPage page = page_of(*node.keys, step);
      VESTA_TRY(page.keys, current_ones(page.keys));
      return page;
    }
    case PlanNode::Kind::equality: {
      VESTA_TRY(const Keys* const all, kept_keys(node));
      if (all != nullptr) return page_of(*all, step);
      VESTA_TRY(KeyPage page, equality_keys(connection_, node.equality,
                                            {step.from, end_of(step.direction), step.chunk, step.direction}));
      VESTA_CHECK_OK(keep_page(node, page, step));
      return page;
    }
    case PlanNode::Kind::range: {
      VESTA_TRY(const bool complete, gather(node, rows_to_drive(node)));
      return complete ? page_of(*node.gathered, step) : drive_type(step);
    }
    case PlanNode::Kind::chain:
    case PlanNode::Kind::has:
      return drive_link(node, step);
    case PlanNode::Kind::shared:
      VESTA_CHECK_OK(need_shared(node));
      return drive(node.children.front(), step);
    case PlanNode::Kind::and_:
      return drive_and(node, step);
    case PlanNode::Kind::or_:
      return drive_or(node, step);
    case PlanNode::Kind::all:
    case PlanNode::Kind::not_:
    case PlanNode::Kind::test:
      return drive_type(step);
  }
  return nothing;
}

Result<KeyPage> Executor::drive_and(PlanNode& node, const Step& step) {
  if (node.driver < 0)
    VESTA_CHECK_OK(choose_driver(node));
  else
    change_driver(node);
  VESTA_TRY(KeyPage page, drive(node.children[static_cast<std::size_t>(node.driver)], step));
  node.driven += static_cast<std::int64_t>(page.keys.size());
  return page;
}

Result<KeyPage> Executor::drive_type(const Step& step) {
  const bool is_forward = step.direction == Direction::forward;
  Cursor cursor(connection_, is_forward ? kTypeForward : kTypeBackward);
  cursor.integer(1, type_).integer(2, step.from).integer(3, step.chunk);
  KeyPage page;
  while (cursor.step()) page.keys.push_back(cursor.integer_at(0));
  VESTA_CHECK_OK(cursor.status());
  page.upto = static_cast<std::int64_t>(page.keys.size()) < step.chunk ? end_of(step.direction) : page.keys.back();
  if (!is_forward) std::reverse(page.keys.begin(), page.keys.end());
  return page;
}

Result<KeyPage> Executor::drive_or(PlanNode& node, const Step& step) {
  KeyPage merged{{}, end_of(step.direction)};
  for (PlanNode& child : node.children) {
    VESTA_TRY(const KeyPage page, drive(child, step));
    merge(page, step.direction, merged);
  }
  cut(step.direction, merged);
  return merged;
}

// By its keys, if they can be gathered; else, few targets side by side; else all resources are candidates.
Result<KeyPage> Executor::drive_link(PlanNode& node, const Step& step) {
  node.is_merged = false;
  look_for_kept(node);
  if (!node.gathered) {
    VESTA_TRY(const bool is_known, gather_to_drive(node));
    if (!is_known) return drive_type(step);
  }
  if (node.gathered) return page_of(*node.gathered, step);
  VESTA_TRY(const std::int64_t targets, of(node.link.type).type_size());
  node.is_merged = static_cast<std::int64_t>(node.linked->size()) <= page_limit(tuning_.first_page_links, targets);
  return node.is_merged ? drive_targets(node, step) : drive_type(step);
}

// Gathers the other side of a link, and, as far as that pays, its own keys. False: the other side is too large.
Result<bool> Executor::gather_to_drive(PlanNode& node) {
  const bool wants_all = goal_ == Goal::everything;
  std::int64_t limit = wants_all ? tuning_.max_linked : tuning_.link_probes;
  if (node.kind == PlanNode::Kind::has) {
    // Looking at each resource of the link costs as much as looking at its subjects.
    VESTA_TRY(const std::int64_t subjects, type_size());
    limit = std::min(limit, wants_all ? std::max(tuning_.link_probes, subjects * tuning_.rows_per_probe)
                                      : page_limit(tuning_.first_page_links, subjects));
  }
  VESTA_TRY(const bool is_known, gather_linked(node, limit));
  if (!is_known) return false;
  if (wants_all || node.kind == PlanNode::Kind::has) VESTA_CHECK_OK(gather_link(node, tuning_.max_gathered_rows));
  return true;
}

// The references to each target stand in the order of keys: a merge of as many streams.
Result<KeyPage> Executor::drive_targets(PlanNode& node, const Step& step) {
  KeyPage merged{{}, end_of(step.direction)};
  std::int64_t spent = 0;
  for (const std::int64_t target : *node.linked) {
    VESTA_TRY(const std::vector<Equality> sources, sources_of(node.link, target));
    for (const Equality& equality : sources) {
      // What lies beyond the end of an earlier stream comes with the next step.
      VESTA_TRY(const KeyPage page,
                equality_keys(connection_, equality, {step.from, merged.upto, step.chunk, step.direction}));
      merged.keys.insert(merged.keys.end(), page.keys.begin(), page.keys.end());
      spent += static_cast<std::int64_t>(page.keys.size()) + kRowsPerPage;
      merged.upto =
          step.direction == Direction::forward ? std::min(merged.upto, page.upto) : std::max(merged.upto, page.upto);
    }
  }
  std::sort(merged.keys.begin(), merged.keys.end());
  merged.keys.erase(std::unique(merged.keys.begin(), merged.keys.end()), merged.keys.end());
  cut(step.direction, merged);
  VESTA_CHECK_OK(note_spent(node, spent));
  return merged;
}

}  // namespace vesta::store::sqlite
