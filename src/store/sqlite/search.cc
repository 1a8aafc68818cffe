// Search: from a plan to a page of versions.
#include "store/sqlite/search.h"

#include <algorithm>

#include "store/sort_tuple.h"
#include "store/sqlite/executor.h"
#include "store/sqlite/resource_rows.h"
#include "store/sqlite/sorting.h"

namespace vesta::store::sqlite {
namespace {

constexpr Sql kVersion{"SELECT " VESTA_VERSION_COLUMNS("r") " FROM resource r WHERE r.key = ?1"};

// The first `count` matches with key > after, in the order of creation.
Result<Keys> first_keys(Executor& executor, PlanNode& plan, std::int64_t after, std::size_t count) {
  Keys found;
  std::int64_t chunk = std::max(static_cast<std::int64_t>(count) * 4, executor.tuning().first_chunk);
  if (plan.kind == PlanNode::Kind::all || plan.kind == PlanNode::Kind::equality) {
    chunk = static_cast<std::int64_t>(count);
  }
  while (after != INT64_MAX && found.size() < count) {
    VESTA_TRY(const KeyPage page, executor.matches(plan, after, chunk));
    found.insert(found.end(), page.keys.begin(), page.keys.end());
    after = page.upto;
    chunk = std::min(chunk * 4, std::max(chunk, executor.tuning().count_chunk));
  }
  if (found.size() > count) found.resize(count);
  return found;
}

// The versions of `tuples`, in their order, up to `max_bytes`.
Status read_entries(Connection& connection, const Catalog& catalog, const Bodies& bodies,
                    const std::vector<SortTuple>& tuples, std::size_t max_bytes, std::vector<Version>& entries) {
  entries.reserve(tuples.size());
  Cursor cursor(connection, kVersion);
  std::size_t bytes = 0;
  for (const SortTuple& tuple : tuples) {
    cursor.integer(1, tuple.key);
    if (!cursor.step()) {
      VESTA_CHECK_OK(cursor.status());
      return make_error(Category::unavailable, "an index row points to a resource that is not there");
    }
    VESTA_TRY(Version version, version_at(catalog, bodies, cursor));
    bytes += version.tail.size();
    entries.push_back(std::move(version));
    cursor.reset();
    if (bytes >= max_bytes) break;
  }
  return kOk;
}

}  // namespace

Result<SearchPage> run_search(Connection& connection, const Catalog& catalog, const Bodies& bodies,
                              const search::Query& query, const SearchOptions& options, const Tuning& tuning) {
  std::optional<SortTuple> after;
  if (!options.from.empty()) {
    VESTA_TRY(after, decode_position(query, catalog.definitions(), options.from));
  }
  const bool wants_total = options.total != search::Total::none || options.count == 0;
  SearchPage page;
  const std::int64_t type = catalog.find_type(query.type);
  if (type == 0) {  // nothing of this type was ever written
    if (wants_total) page.total = 0;
    return page;
  }
  const auto goal = wants_total ? Executor::Goal::everything : Executor::Goal::first_page;
  Executor executor(connection, catalog, type, goal, tuning);
  VESTA_TRY(PlanNode plan, bind_plan(connection, catalog, type, query.plan));
  if (wants_total) {
    VESTA_TRY(page.total, executor.count(plan));
  }
  if (options.count == 0) return page;
  const std::size_t count = std::min(options.count, kMaxPageSize);
  std::vector<SortTuple> tuples;
  if (query.sort.empty()) {
    VESTA_TRY(const Keys keys, first_keys(executor, plan, after ? after->key : 0, count + 1));
    for (const std::int64_t key : keys) tuples.push_back({{}, key});
  } else {
    VESTA_TRY(tuples, sorted_matches(executor, plan, query, after ? &*after : nullptr, count + 1));
  }
  const std::size_t found = tuples.size();
  if (found > count) tuples.resize(count);
  VESTA_CHECK_OK(read_entries(connection, catalog, bodies, tuples, options.max_bytes, page.entries));
  if (page.entries.size() < found) {
    page.next = encode_position(query, catalog.definitions(), tuples[page.entries.size() - 1]);
  }
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
    VESTA_TRY(const Keys keys, first_keys(executor, plan, 0, condition.matches.size() + 1));
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
