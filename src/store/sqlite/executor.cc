// Executor: pages and counts of matches, and what is remembered of resources.
#include "store/sqlite/executor.h"

#include <algorithm>
#include <iterator>

#include "base/check.h"
#include "store/sqlite/resource_rows.h"
#include "store/sqlite/shared_statements.h"
#include "store/sqlite/values.h"
#include "store/sqlite/ways.h"

namespace vesta::store::sqlite {
namespace {

constexpr Sql kFactsOfKey{"SELECT last_updated, indexed, type, state FROM resource WHERE key = ?1"};
constexpr Sql kTypeAndState{"SELECT type, state FROM resource WHERE key = ?1"};
constexpr Sql kTypeCount{"SELECT resources FROM type_count WHERE type = ?1"};

// Adds the time of its life to a node's, unless an outer one does.
class NodeTimer {
 public:
  explicit NodeTimer(NodeStats& stats) : stats_(stats), start_(std::chrono::steady_clock::now()) { ++stats_.depth; }
  ~NodeTimer() {
    if (--stats_.depth == 0) stats_.time += std::chrono::steady_clock::now() - start_;
  }
  NodeTimer(const NodeTimer&) = delete;
  NodeTimer& operator=(const NodeTimer&) = delete;

 private:
  NodeStats& stats_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace

Keys intersection(const Keys& left, const Keys& right) {
  Keys out;
  std::set_intersection(left.begin(), left.end(), right.begin(), right.end(), std::back_inserter(out));
  return out;
}

Keys members(const Keys& keys, const Keys& all) {
  constexpr std::size_t kLooksPerSearch = 16;  // so many keys passed over cost as much as a binary search
  if (keys.size() * kLooksPerSearch >= all.size()) return intersection(keys, all);
  Keys found;
  for (const std::int64_t key : keys) {
    if (std::binary_search(all.begin(), all.end(), key)) found.push_back(key);
  }
  return found;
}

Executor& Executor::of(std::int64_t type) {
  if (root_ != nullptr) return root_->of(type);
  if (type == type_) return *this;
  std::unique_ptr<Executor>& other = others_[type];
  if (!other) {
    other.reset(new Executor(connection_, catalog_, type, goal_, tuning_, counts_, values_, this));
    other->explains_ = explains_;
  }
  return *other;
}

Result<const ResourceFacts*> Executor::facts(std::int64_t key) {
  if (const ResourceFacts* remembered = remembered_facts(key); remembered != nullptr) return remembered;
  Cursor cursor(connection_, kFactsOfKey);
  cursor.integer(1, key);
  VESTA_CHECK_OK(step_to_facts(cursor));
  return &remember_facts(key, {from_stored_time(cursor.integer_at(0)), std::string(cursor.bytes_at(1)),
                               cursor.integer_at(2), static_cast<State>(cursor.integer_at(3))});
}

Status Executor::step_to_facts(Cursor& cursor) {
  if (cursor.step()) return kOk;
  VESTA_CHECK_OK(cursor.status());
  return make_error(Category::unavailable, "an index row points to a resource that is not there");
}

const ResourceFacts& Executor::remember_facts(std::int64_t key, ResourceFacts facts) {
  if (root_ != nullptr) return root_->remember_facts(key, std::move(facts));
  if (facts_.size() >= kMaxRememberedFacts) facts_.clear();
  return facts_[key] = std::move(facts);
}

const ResourceFacts* Executor::remembered_facts(std::int64_t key) const {
  if (root_ != nullptr) return root_->remembered_facts(key);
  const auto remembered = facts_.find(key);
  return remembered == facts_.end() ? nullptr : &remembered->second;
}

// OPTIMIZATION: a row that is looked at once is neither copied nor remembered.
Result<Keys> Executor::targets_of(std::int64_t key, const StoredLink& link) {
  const ResourceFacts* remembered = remembered_facts(key);
  Cursor cursor(connection_, kSelectIndexed);
  std::string_view indexed;
  if (remembered != nullptr) {
    indexed = remembered->indexed;
  } else {
    cursor.integer(1, key);
    if (cursor.step()) indexed = cursor.bytes_at(0);
    VESTA_CHECK_OK(cursor.status());
  }
  std::vector<StoredReference> references;
  // 0: no row has the parameter, while decode_references would take all.
  if (link.param != 0 && !decode_references(catalog_, indexed, link.param, references)) {
    return damaged_values();
  }
  Keys targets;
  for (const StoredReference& reference : references) targets.push_back(reference.target);
  if (!link.is_local()) VESTA_CHECK_OK(append_targets(connection_, catalog_, indexed, link, targets));
  std::sort(targets.begin(), targets.end());
  targets.erase(std::unique(targets.begin(), targets.end()), targets.end());
  return targets;
}

Result<std::vector<Equality>> Executor::sources_of(const StoredLink& link, std::int64_t target) {
  if (link.is_local()) return sqlite::sources_of(connection_, catalog_, link, target, {});
  VESTA_TRY(const ResourceFacts* facts, this->facts(target));
  return sqlite::sources_of(connection_, catalog_, link, target, facts->indexed);
}

Result<Keys> Executor::current_ones(const Keys& keys) {
  Keys found;
  Cursor cursor(connection_, kTypeAndState);
  for (const std::int64_t key : keys) {
    cursor.integer(1, key);
    VESTA_CHECK_OK(step_to_facts(cursor));
    const bool is_current = static_cast<State>(cursor.integer_at(1)) == State::current;
    if (is_current && cursor.integer_at(0) == type_) found.push_back(key);
    cursor.reset();
  }
  return found;
}

Result<std::int64_t> Executor::type_size() {
  if (type_size_ >= 0) return type_size_;
  Cursor cursor(connection_, kTypeCount);
  cursor.integer(1, type_);
  const std::int64_t resources = cursor.step() ? cursor.integer_at(0) : 0;
  VESTA_CHECK_OK(cursor.status());
  return type_size_ = resources;
}

bool Executor::is_exact(const PlanNode& node) const {
  switch (node.kind) {
    case PlanNode::Kind::chain:
      return node.is_merged || node.gathered != nullptr;
    case PlanNode::Kind::range:
    case PlanNode::Kind::has:
      return node.gathered != nullptr;
    case PlanNode::Kind::none:
    case PlanNode::Kind::all:
    case PlanNode::Kind::equality:
    case PlanNode::Kind::id:
    case PlanNode::Kind::ids:
      return true;
    case PlanNode::Kind::shared:
      return !node.children.empty() && is_exact(node.children.front());
    case PlanNode::Kind::or_:
      return std::ranges::all_of(node.children,
                                 [](const PlanNode& each) { return each.kind == PlanNode::Kind::equality; });
    default:
      return false;
  }
}

Result<KeyPage> Executor::drive(PlanNode& node, const Step& step) {
  if (!explains_) return drive_node(node, step);
  const NodeTimer timer(node.stats);
  Result<KeyPage> page = drive_node(node, step);
  if (page.ok()) node.stats.proposed += page->keys.size();
  return page;
}

Result<Keys> Executor::filter(PlanNode& node, Keys keys) {
  if (keys.empty() || !explains_) return filter_node(node, std::move(keys));
  const NodeTimer timer(node.stats);
  node.stats.asked += keys.size();
  Result<Keys> found = filter_node(node, std::move(keys));
  if (found.ok()) node.stats.let_through += found->size();
  return found;
}

Result<std::int64_t> Executor::estimate(PlanNode& node, std::int64_t limit) {
  if (!explains_) return estimate_node(node, limit);
  const NodeTimer timer(node.stats);
  Result<std::int64_t> rows = estimate_node(node, limit);
  if (!rows.ok()) return rows;
  const auto count = static_cast<std::uint64_t>(*rows);
  // Of other nodes the limit may stand for what is not known.
  const bool is_counted = node.kind == PlanNode::Kind::equality ||
                          (node.kind == PlanNode::Kind::range && affordable_rows(node, limit) == limit);
  const bool is_cut = is_counted && *rows >= limit;
  NodeStats& stats = node.stats;
  if (!stats.estimated || count > *stats.estimated) {
    stats.estimated = count;
    stats.is_at_least = is_cut;
  } else if (count == *stats.estimated) {
    stats.is_at_least = stats.is_at_least && is_cut;
  }
  return rows;
}

Result<KeyPage> Executor::matches(PlanNode& node, const Step& step) {
  VESTA_TRY(KeyPage page, drive(node, step));
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

Result<std::optional<std::int64_t>> Executor::known_count(const PlanNode& node) {
  if (node.known) return node.known;
  const bool is_rest = node.kind == PlanNode::Kind::not_ && node.children.front().known;
  if (node.kind != PlanNode::Kind::all && !is_rest) return std::optional<std::int64_t>();
  VESTA_TRY(const std::int64_t resources, type_size());
  return std::optional(is_rest ? resources - *node.children.front().known : resources);
}

Result<std::uint64_t> Executor::count(PlanNode& node) {
  return count_about(node, INT64_MAX);
}

// Keys are given in the order of creation, so what lies before a key is a fair sample of what lies behind it.
Result<std::uint64_t> Executor::count_about(PlanNode& node, std::int64_t candidates) {
  if (node.kind == PlanNode::Kind::shared) {
    VESTA_CHECK_OK(need_shared(node));
    PlanNode& child = node.children.front();
    if (is_exact(child)) return count_about(child, candidates);  // counts may be kept, and nothing must be decided
  }
  if (node.kind == PlanNode::Kind::equality) {
    if (candidates == INT64_MAX) return count_equality(node);
    VESTA_TRY(const std::int64_t rows, equality_rows(connection_, node.equality, candidates));
    if (rows < candidates) return static_cast<std::uint64_t>(rows);
  }
  VESTA_TRY(const std::optional<std::int64_t> known, known_count(node));
  if (known) return static_cast<std::uint64_t>(*known);
  if (values_ != nullptr && candidates == INT64_MAX) {
    if (const std::optional<DecidedValue> of = decided_value(node)) return count_decided(node, *of);
  }
  std::uint64_t total = 0;
  std::int64_t looked_at = 0;
  for (std::int64_t after = 0; after != INT64_MAX;) {
    VESTA_TRY(const KeyPage page, matches(node, {after, tuning_.count_chunk}));
    total += page.keys.size();
    after = page.upto;
    looked_at += tuning_.count_chunk;
    if (looked_at < candidates || after == INT64_MAX) continue;
    Cursor cursor(connection_, kMaxKey);
    const std::int64_t last = cursor.step() ? cursor.integer_at(0) : after;
    VESTA_CHECK_OK(cursor.status());
    return static_cast<std::uint64_t>(static_cast<double>(total) * static_cast<double>(last) /
                                      static_cast<double>(after));
  }
  return total;
}

}  // namespace vesta::store::sqlite
