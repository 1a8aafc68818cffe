// Search: from a plan to a page of versions.
#include "store/sqlite/search.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <string>

#include "base/check.h"
#include "search/rewrite/rewrite.h"
#include "store/sort_tuple.h"
#include "store/sqlite/contained_rows.h"
#include "store/sqlite/executor.h"
#include "store/sqlite/explain.h"
#include "store/sqlite/includes.h"
#include "store/sqlite/resource_rows.h"
#include "store/sqlite/sorting.h"

namespace vesta::store::sqlite {
namespace {

constexpr Sql kId{"SELECT id FROM resource WHERE key = ?1"};

// How many candidates to look at next, after `asked` gave `found`, if `missing` are still wanted: some more than it
// takes if they match as often, but no more than four times as many as before.
std::int64_t next_chunk(std::int64_t asked, std::size_t found, std::size_t missing, std::int64_t most) {
  std::int64_t wanted = 4 * asked;
  if (found > 0) {
    const double expected = static_cast<double>(missing) * static_cast<double>(asked) / static_cast<double>(found);
    wanted = std::min(wanted, static_cast<std::int64_t>(1.25 * expected) + 1);
  }
  return std::clamp(wanted, std::int64_t{1}, std::max(asked, most));
}

// The `count` matches that come first behind `from`, as the direction goes.
Result<Keys> first_keys(Executor& executor, PlanNode& plan, std::int64_t from, Direction direction, std::size_t count) {
  Keys found;
  std::int64_t chunk = std::max(static_cast<std::int64_t>(count), executor.tuning().first_chunk);
  if (from == start_of(direction)) {
    VESTA_TRY(const std::optional<std::int64_t> known, executor.known_count(plan));
    count = std::min(count, static_cast<std::size_t>(known.value_or(INT64_MAX)));
  }
  while (from != end_of(direction) && found.size() < count) {
    VESTA_TRY(KeyPage page, executor.matches(plan, {from, chunk, direction}));
    if (direction == Direction::backward) std::reverse(page.keys.begin(), page.keys.end());
    found.insert(found.end(), page.keys.begin(), page.keys.end());
    from = page.upto;
    if (found.size() < count) {
      chunk = next_chunk(chunk, page.keys.size(), count - found.size(), executor.tuning().count_chunk);
    }
  }
  if (found.size() > count) found.resize(count);
  return found;
}

// The matches of one page and whether there is more behind and before it. All in the order of the direction.
struct Found {
  std::vector<SortTuple> tuples;
  bool has_other_side = false;
};

// Unsorted: part after part, from the one that `from` stands in.
Result<Found> first_matches(std::span<Part> parts, const SortTuple* from, Direction direction, std::size_t count) {
  Found found;
  for (std::size_t i = 0; i < parts.size() && found.tuples.size() < count; ++i) {
    Part& part = parts[direction == Direction::forward ? i : parts.size() - 1 - i];
    const bool is_inside = from != nullptr && part.number == from->part;
    const bool is_behind =
        from == nullptr || (direction == Direction::forward ? part.number > from->part : part.number < from->part);
    if (!is_inside && !is_behind) continue;
    VESTA_TRY(const Keys keys, first_keys(part.executor, part.plan, is_inside ? from->key : start_of(direction),
                                          direction, count - found.tuples.size()));
    for (const std::int64_t key : keys) found.tuples.push_back({{}, part.number, key});
  }
  return found;
}

Result<Found> find_tuples(std::span<Part> parts, const SortTuple* from, Direction direction, std::size_t count) {
  if (parts.front().query.sort.empty()) return first_matches(parts, from, direction, count);
  VESTA_TRY(Sorted sorted, sorted_matches(parts, from, direction, count));
  return Found{std::move(sorted.tuples), sorted.has_other_side};
}

// Does anything come before `first`, against the direction? Where `from` was, most times something still is.
Result<bool> has_other_side(std::span<Part> parts, const SortTuple& first, Direction direction) {
  const Direction back = direction == Direction::forward ? Direction::backward : Direction::forward;
  VESTA_TRY(const Found found, find_tuples(parts, &first, back, 1));
  return !found.tuples.empty();
}

std::string title_of(const Catalog& catalog, std::span<const search::Query> queries) {
  if (queries.size() == 1) return "search " + std::string(catalog.definitions().type(queries.front().type).name);
  const std::string types = std::to_string(queries.size()) + " types";
  return "search " + types + (queries.front().sort.empty() ? ", one after the other" : ", in one order");
}

// The steps of one search around those of its plans.
class Steps {
 public:
  explicit Steps(const SearchOptions& options) : is_wanted_(options.explain) {}
  // Ends the present step.
  void end(std::string what, std::optional<std::uint64_t> rows) {
    if (!is_wanted_) return;
    const auto now = std::chrono::steady_clock::now();
    steps_.push_back({std::move(what), {}, rows, microseconds(now - last_), {}});
    last_ = now;
  }
  // Everything, with the plans' own steps first: of several, each below the type it is of.
  std::optional<search::PlanStep> finish(const Catalog& catalog, std::span<const search::Query> queries,
                                         std::span<const Part> parts, const SearchPage& page) {
    if (!is_wanted_) return std::nullopt;
    const std::size_t found = page.entries.empty() && page.total ? *page.total : page.entries.size();
    search::PlanStep all{title_of(catalog, queries), {}, found, microseconds(last_ - start_), {}};
    std::size_t empty = 0;
    for (const Part& part : parts) {
      if (queries.size() > 1 && part.plan.kind == PlanNode::Kind::none) {
        ++empty;
        continue;
      }
      search::PlanStep plan = explain_node(catalog, part.plan);
      if (queries.size() > 1) {
        search::PlanStep type{"of " + std::string(catalog.definitions().type(part.query.type).name), {}, {}, {}, {}};
        type.children.push_back(std::move(plan));
        plan = std::move(type);
      }
      all.children.push_back(std::move(plan));
    }
    if (empty > 0) all.children.push_back({"nothing in " + std::to_string(empty) + " types", {}, {}, {}, {}});
    for (search::PlanStep& step : steps_) all.children.push_back(std::move(step));
    return all;
  }

 private:
  static std::chrono::microseconds microseconds(std::chrono::steady_clock::duration time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time);
  }

  bool is_wanted_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point last_ = start_;
  std::vector<search::PlanStep> steps_;
};

// One search at work: its queries, bound to the store. Those of types that the store has never seen have no part.
class Run {
 public:
  Run(Connection& connection, const SearchTools& tools, std::span<const search::Query> queries,
      const SearchOptions& options)
      : connection_(connection),
        catalog_(tools.catalog),
        bodies_(tools.bodies),
        queries_(queries),
        options_(options),
        tuning_(tools.tuning),
        counts_(tools.counts),
        ids_(tools.ids),
        shared_(tools.tuning.keeps_values ? &tools.shared : nullptr),
        values_(tools.tuning.keeps_values ? std::optional<ValueView>(tools.values) : std::nullopt),
        is_exact_(options.total == search::Total::accurate || options.count == 0),
        steps_(options) {
    // What is kept is exact only if `values_` was made before anything was read.
    CHECK(!connection.has_snapshot());
  }

  Result<SearchPage> run() {
    std::optional<SortTuple> from;
    if (!options_.from.empty()) {
      VESTA_TRY(from, decode_position(queries_, catalog_.definitions(), options_.from));
    }
    SearchPage page;
    VESTA_CHECK_OK(bind());
    VESTA_CHECK_OK(count(page));
    if (options_.count > 0 && !parts_.empty()) VESTA_CHECK_OK(find_page(from ? &*from : nullptr, page));
    page.explanation = steps_.finish(catalog_, queries_, parts_, page);
    return page;
  }

 private:
  Binding binding(std::string_view base_url) const {
    return {connection_, catalog_, &ids_, base_url, shared_, values_ ? values_->state() : 0};
  }

  Status bind() {
    const auto goal = is_exact_ ? Executor::Goal::everything : Executor::Goal::first_page;
    parts_.reserve(queries_.size());
    for (std::uint32_t number = 0; number < queries_.size(); ++number) {
      const search::Query& query = queries_[number];
      const std::int64_t type = catalog_.find_type(query.type, query.scope);
      if (type == 0) continue;
      if (!root_) {
        root_.emplace(connection_, catalog_, type, goal, tuning_, &counts_, values_ ? &*values_ : nullptr);
        VESTA_CHECK_OK(root_->type_size());  // the first read: the snapshot begins
        if (options_.explain) root_->explain();
      }
      search::Plan& rewritten = plans_.emplace_back(query.plan);
      for (const std::string_view name :
           search::rewrite(catalog_.registry(), query.type, tuning_.rewrites_off, rewritten)) {
        if (rewrites_.find(name) == std::string::npos) rewrites_ += (rewrites_.empty() ? "" : ", ") + std::string(name);
      }
      parts_.push_back({number, query, root_->of(type), {}});
      PlanNode& plan = parts_.back().plan;
      VESTA_CHECK_OK(options_.visible == nullptr
                         ? bind_plan(binding(query.base_url), type, rewritten, plan)
                         : bind_guarded(binding(query.base_url), type, rewritten, *options_.visible, plan));
    }
    const std::string rewritten = rewrites_.empty() ? "" : "rewrite the plan (" + rewrites_ + ") and ";
    if (!parts_.empty()) steps_.end(rewritten + "bind it to the store", std::nullopt);
    return kOk;
  }

  Status count(SearchPage& page) {
    if (!is_exact_ && options_.total == search::Total::none) return kOk;
    std::uint64_t total = 0;
    for (Part& part : parts_) {
      VESTA_TRY(const std::uint64_t matches, is_exact_ ? part.executor.count(part.plan)
                                                       : part.executor.count_about(part.plan, tuning_.estimated_from));
      total += matches;
    }
    page.total = total;
    if (!parts_.empty()) steps_.end(is_exact_ ? "count all matches" : "estimate the number of matches", total);
    return kOk;
  }

  Status find_page(const SortTuple* from, SearchPage& page) {
    const fhir::Definitions& definitions = catalog_.definitions();
    const std::size_t count = std::min(options_.count, kMaxPageSize);
    VESTA_TRY(Found found, find_tuples(parts_, from, options_.direction, count + 1));
    std::vector<SortTuple>& tuples = found.tuples;
    const std::size_t all = tuples.size();
    steps_.end(queries_.front().sort.empty() ? "find the page, in the order of creation" : "find the page, sorted",
               all);
    if (all > count) tuples.resize(count);
    Keys keys;
    VESTA_CHECK_OK(read_matches(tuples, keys, page.entries));
    steps_.end("read the matches", page.entries.size());
    if (page.entries.empty()) return kOk;
    tuples.resize(page.entries.size());
    keys.resize(page.entries.size());
    std::optional<Position> far, near;
    if (tuples.size() < all) far = encode_position(queries_, definitions, tuples.back());
    if (from != nullptr) {
      if (!found.has_other_side) {
        VESTA_TRY(found.has_other_side, has_other_side(parts_, tuples.front(), options_.direction));
      }
      steps_.end("look for a page on the other side", std::nullopt);
      if (found.has_other_side) near = encode_position(queries_, definitions, tuples.front());
    }
    if (options_.direction == Direction::backward) {
      std::reverse(page.entries.begin(), page.entries.end());
      std::reverse(keys.begin(), keys.end());
      std::swap(far, near);
    }
    page.next = std::move(far);
    page.previous = std::move(near);
    if (options_.includes.empty()) return kOk;
    const Includes includes{options_.includes, options_.visible, binding(queries_.front().base_url)};
    VESTA_CHECK_OK(add_included(*root_, bodies_, includes, keys, page.included));
    steps_.end("follow includes and read what they lead to", page.included.size());
    return kOk;
  }

  // What is contained is read with the whole of what contains it; `keys` become those of the rows that are read.
  Status read_matches(std::span<const SortTuple> tuples, Keys& keys, std::vector<Version>& versions) {
    std::vector<std::optional<std::uint32_t>> places;
    for (const SortTuple& tuple : tuples) {
      std::optional<InnerName> inner;
      if (queries_[tuple.part].scope == Scope::contained) {
        VESTA_TRY(inner, inner_name_of(connection_, tuple.key));
        if (!inner) return make_error(Category::unavailable, "the row of a contained resource is damaged");
      }
      keys.push_back(inner ? inner->outer : tuple.key);
      places.push_back(inner ? std::optional(inner->place) : std::nullopt);
    }
    VESTA_CHECK_OK(read_versions(connection_, catalog_, bodies_, keys, options_.max_bytes, versions));
    for (std::size_t i = 0; i < versions.size(); ++i) versions[i].contained = places[i];
    return kOk;
  }

  Connection& connection_;
  const Catalog& catalog_;
  const Bodies& bodies_;
  const std::span<const search::Query> queries_;
  const SearchOptions& options_;
  const Tuning& tuning_;
  ValueCounts& counts_;
  IdKeys& ids_;
  SharedPlans* const shared_;        // null: nothing is kept
  std::optional<ValueView> values_;  // of before the snapshot; none: nothing is kept
  const bool is_exact_;
  Steps steps_;
  std::optional<Executor> root_;    // of the first part's type; the others' are its own
  std::deque<search::Plan> plans_;  // as rewritten; what parts refer to
  std::string rewrites_;            // names of what changed them
  std::vector<Part> parts_;
};

}  // namespace

Result<SearchPage> run_search(Connection& connection, const SearchTools& tools, std::span<const search::Query> queries,
                              const SearchOptions& options) {
  return Run(connection, tools, queries, options).run();
}

Status check_condition(Connection& connection, const Catalog& catalog, const Condition& condition) {
  const Error changed = make_error(Category::conflict, "the matches of a condition have changed");
  const std::int64_t type = catalog.find_type(condition.query.type);
  std::vector<std::string> ids;
  if (type != 0) {
    Executor executor(connection, catalog, type, Executor::Goal::first_page, Tuning(), nullptr, nullptr);
    PlanNode plan;
    VESTA_CHECK_OK(
        bind_plan({connection, catalog, nullptr, condition.query.base_url}, type, condition.query.plan, plan));
    // One more than there should be shows that there are too many.
    VESTA_TRY(const Keys keys, first_keys(executor, plan, 0, Direction::forward, condition.matches.size() + 1));
    Cursor cursor(connection, kId);
    for (const std::int64_t key : keys) {
      cursor.integer(1, key);
      if (cursor.step()) ids.push_back(id_at(cursor, 0));
      VESTA_CHECK_OK(cursor.status());
      cursor.reset();
    }
  }
  std::vector<std::string> expected = condition.matches;
  std::sort(ids.begin(), ids.end());
  std::sort(expected.begin(), expected.end());
  if (ids != expected) return changed;
  return kOk;
}

}  // namespace vesta::store::sqlite
