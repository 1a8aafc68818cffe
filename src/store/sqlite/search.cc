// Search: from a plan to a page of versions.
#include "store/sqlite/search.h"

#include <algorithm>
#include <chrono>

#include "store/sort_tuple.h"
#include "store/sqlite/executor.h"
#include "store/sqlite/explain.h"
#include "store/sqlite/includes.h"
#include "store/sqlite/resource_rows.h"
#include "store/sqlite/sorting.h"

namespace vesta::store::sqlite {
namespace {

// The `count` matches that come first behind `from`, as the direction goes.
Result<Keys> first_keys(Executor& executor, PlanNode& plan, std::int64_t from, Direction direction, std::size_t count) {
  Keys found;
  std::int64_t chunk = std::max(static_cast<std::int64_t>(count), executor.tuning().first_chunk);
  while (from != end_of(direction) && found.size() < count) {
    VESTA_TRY(KeyPage page, executor.matches(plan, {from, chunk, direction}));
    if (direction == Direction::backward) std::reverse(page.keys.begin(), page.keys.end());
    found.insert(found.end(), page.keys.begin(), page.keys.end());
    from = page.upto;
    chunk = std::min(chunk * 4, std::max(chunk, executor.tuning().count_chunk));
  }
  if (found.size() > count) found.resize(count);
  return found;
}

// The matches of one page and whether there is more behind and before it. All in the order of the direction.
struct Found {
  std::vector<SortTuple> tuples;
  bool has_other_side = false;
};
Result<Found> find_tuples(Executor& executor, PlanNode& plan, const search::Query& query, const SortTuple* from,
                          Direction direction, std::size_t count) {
  if (!query.sort.empty()) {
    VESTA_TRY(Sorted sorted, sorted_matches(executor, plan, query, from, direction, count));
    return Found{std::move(sorted.tuples), sorted.has_other_side};
  }
  VESTA_TRY(const Keys keys,
            first_keys(executor, plan, from == nullptr ? start_of(direction) : from->key, direction, count));
  Found found;
  for (const std::int64_t key : keys) found.tuples.push_back({{}, key});
  return found;
}

// Does anything come before `first`, against the direction? Where `from` was, most times something still is.
Result<bool> has_other_side(Executor& executor, PlanNode& plan, const search::Query& query, const SortTuple& first,
                            Direction direction) {
  const Direction back = direction == Direction::forward ? Direction::backward : Direction::forward;
  VESTA_TRY(const Found found, find_tuples(executor, plan, query, &first, back, 1));
  return !found.tuples.empty();
}

// The steps of one search around those of its plan.
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
  // Everything, with the plan's own steps first.
  std::optional<search::PlanStep> finish(const Catalog& catalog, const search::Query& query, const PlanNode* plan,
                                         const SearchPage& page) {
    if (!is_wanted_) return std::nullopt;
    search::PlanStep all{"search " + std::string(catalog.definitions().type(query.type).name),
                         {},
                         page.entries.size(),
                         microseconds(last_ - start_),
                         {}};
    if (plan != nullptr) all.children.push_back(explain_node(catalog, *plan));
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

Status find_page(Executor& executor, PlanNode& plan, const Bodies& bodies, const search::Query& query,
                 const SearchOptions& options, const SortTuple* from, SearchPage& page, Steps& steps) {
  const fhir::Definitions& definitions = executor.catalog().definitions();
  const std::size_t count = std::min(options.count, kMaxPageSize);
  VESTA_TRY(Found found, find_tuples(executor, plan, query, from, options.direction, count + 1));
  std::vector<SortTuple>& tuples = found.tuples;
  const std::size_t all = tuples.size();
  steps.end(query.sort.empty() ? "find the page, in the order of creation" : "find the page, sorted", all);
  if (all > count) tuples.resize(count);
  Keys keys;
  for (const SortTuple& tuple : tuples) keys.push_back(tuple.key);
  VESTA_CHECK_OK(
      read_versions(executor.connection(), executor.catalog(), bodies, keys, options.max_bytes, page.entries));
  steps.end("read the matches", page.entries.size());
  if (page.entries.empty()) return kOk;
  tuples.resize(page.entries.size());
  keys.resize(page.entries.size());
  std::optional<Position> far, near;
  if (tuples.size() < all) far = encode_position(query, definitions, tuples.back());
  if (from != nullptr) {
    if (!found.has_other_side) {
      VESTA_TRY(found.has_other_side, has_other_side(executor, plan, query, tuples.front(), options.direction));
    }
    steps.end("look for a page on the other side", std::nullopt);
    if (found.has_other_side) near = encode_position(query, definitions, tuples.front());
  }
  if (options.direction == Direction::backward) {
    std::reverse(page.entries.begin(), page.entries.end());
    std::reverse(keys.begin(), keys.end());
    std::swap(far, near);
  }
  page.next = std::move(far);
  page.previous = std::move(near);
  if (options.includes.empty()) return kOk;
  VESTA_CHECK_OK(add_included(executor, bodies, options.includes, keys, page.included));
  steps.end("follow includes and read what they lead to", page.included.size());
  return kOk;
}

}  // namespace

Result<SearchPage> run_search(Connection& connection, const Catalog& catalog, const Bodies& bodies,
                              const search::Query& query, const SearchOptions& options, const Tuning& tuning) {
  std::optional<SortTuple> from;
  if (!options.from.empty()) {
    VESTA_TRY(from, decode_position(query, catalog.definitions(), options.from));
  }
  const bool is_exact = options.total == search::Total::accurate || options.count == 0;
  SearchPage page;
  Steps steps(options);
  const std::int64_t type = catalog.find_type(query.type);
  if (type == 0) {  // nothing of this type was ever written
    page.explanation = steps.finish(catalog, query, nullptr, page);
    if (is_exact || options.total != search::Total::none) page.total = 0;
    return page;
  }
  Executor executor(connection, catalog, type, is_exact ? Executor::Goal::everything : Executor::Goal::first_page,
                    tuning);
  if (options.explain) executor.explain();
  VESTA_TRY(PlanNode plan, bind_plan(connection, catalog, type, query.plan));
  steps.end("bind the plan to the store", std::nullopt);
  if (is_exact) {
    VESTA_TRY(page.total, executor.count(plan));
  } else if (options.total == search::Total::estimate) {
    VESTA_TRY(page.total, executor.count_about(plan, tuning.estimated_from));
  }
  if (page.total) steps.end(is_exact ? "count all matches" : "estimate the number of matches", page.total);
  if (options.count > 0) {
    VESTA_CHECK_OK(find_page(executor, plan, bodies, query, options, from ? &*from : nullptr, page, steps));
  }
  page.explanation = steps.finish(catalog, query, &plan, page);
  return page;
}

Status check_condition(Connection& connection, const Catalog& catalog, const Condition& condition) {
  const Error changed = make_error(Category::conflict, "the matches of a condition have changed");
  const std::int64_t type = catalog.find_type(condition.query.type);
  std::vector<std::string> ids;
  if (type != 0) {
    Executor executor(connection, catalog, type, Executor::Goal::first_page, Tuning());
    VESTA_TRY(PlanNode plan, bind_plan(connection, catalog, type, condition.query.plan));
    // One more than there should be shows that there are too many.
    VESTA_TRY(const Keys keys, first_keys(executor, plan, 0, Direction::forward, condition.matches.size() + 1));
    for (const std::int64_t key : keys) {
      VESTA_TRY(const ResourceFacts* facts, executor.facts(key));
      ids.push_back(facts->id);
    }
  }
  std::vector<std::string> expected = condition.matches;
  std::sort(ids.begin(), ids.end());
  std::sort(expected.begin(), expected.end());
  if (ids != expected) return changed;
  return kOk;
}

}  // namespace vesta::store::sqlite
