// Searches: one statement for a page, beside it those for its total, for what lies on the other side, and for includes.
#include "store/postgres/search.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "search/readiness.h"
#include "store/postgres/conditions.h"
#include "store/postgres/distribution.h"
#include "store/postgres/explain.h"
#include "store/postgres/includes.h"
#include "store/postgres/parameters.h"
#include "store/postgres/sorting.h"
#include "store/postgres/versions.h"
#include "store/sort_tuple.h"

namespace vesta::store::postgres {
namespace {

using Direction = SearchOptions::Direction;

// What is contained is made anew with each version: its place in the order of creation is that of the commit.
constexpr std::int64_t kMostContained = 1 << 20;

// Reading so many index rows one behind the other costs what looking up one or two keys does; and most times only some
// of them are read (is_bounded).
constexpr std::int64_t kGatheredPerKey = 16;

// What the coordinator has read in its own shards by itself Citus does not explain afterwards.
constexpr const char* kExplainable = "SET LOCAL citus.enable_local_execution = off";
// Plans of a pool's connections are made once for all values.
constexpr const char* kPlanned = "SET LOCAL plan_cache_mode = auto";

// FROM and WHERE of one query, and what its rows are.
struct Part {
  std::string columns;  // of a match: part, ord, key, seq, place, and s0 …
  std::string from;
  std::string where;
  std::string ord;
};

Result<Part> make_part(Connection& connection, Catalog& catalog, Parameters& parameters, const search::Query& query,
                       std::size_t number) {
  const bool is_contained = query.scope == search::Scope::contained;
  const SqlSubject subject =
      is_contained ? SqlSubject::of_contained(query.type, "c", "r") : SqlSubject::of_resource(query.type, "r");
  Conditions conditions(connection, catalog, parameters, query.base_url);
  VESTA_TRY(const std::string condition, conditions.of(query.plan, subject));
  VESTA_TRY(const std::string sort, sort_columns(catalog, query, subject));
  const std::string type = std::to_string(catalog.number_of_type(query.type));
  Part part;
  part.ord = is_contained ? "(r.seq * " + std::to_string(kMostContained) + " + c.place - 1)" : "r.key";
  part.from = is_contained ? "contained c JOIN resource r ON r.key = c.key" : "resource r";
  part.where = (is_contained ? "c.type = " + type : "r.type = " + type + " AND NOT r.deleted") + " AND " + condition;
  part.columns = std::to_string(number) + " AS part, " + part.ord + " AS ord, r.key, r.seq, " +
                 (is_contained ? "c.place" : "0 AS place") + sort;
  return part;
}

// The criteria of a conjunction; what is none is its only one.
std::span<const search::Plan> criteria_of(const search::Plan& plan) {
  return plan.kind == search::Plan::Kind::and_ ? std::span(plan.children) : std::span(&plan, 1);
}

// How a query begins with one of its criteria: with the one of the fewest index rows, if these are few, or with an only
// one whose rows an index has in the order of the page. Their keys are read in that order, and each resource is looked
// up and asked for the rest. A join would be left to a guess of how far the first matches are apart, and to the
// planner's time.
class Walk {
 public:
  // All outlive it.
  Walk(Connection& connection, Catalog& catalog, RowCounts& counts, Parameters& parameters, const search::Query& query)
      : connection_(connection),
        catalog_(catalog),
        counts_(counts),
        query_(query),
        conditions_(connection, catalog, parameters, query.base_url) {}

  // False: there is no such criterion.
  Result<bool> begin() {
    if (query_.scope != search::Scope::resource) return false;
    for (const search::Plan& criterion : criteria_of(query_.plan)) ranges_.push_back(ranges_of(criterion));
    if (std::ranges::all_of(ranges_, &Ranges::empty)) return false;
    if (ranges_.size() == 1 && query_.sort.empty()) return are_equalities(ranges_.front());
    VESTA_TRY(rows_, counts_.of(connection_, catalog_, ranges_));
    first_ = static_cast<std::size_t>(std::ranges::min_element(rows_) - rows_.begin());
    return rows_[first_] < counts_.max_walked();
  }

  Result<Part> part(std::size_t number, Direction direction) {
    const SqlSubject outer = SqlSubject::of_resource(query_.type, "r"),
                     inner = SqlSubject::of_resource(query_.type, "k");
    VESTA_TRY(std::string keys, conditions_.keys_of(ranges_[first_], direction));
    std::string with;
    if (is_bounded()) {
      with = "WITH first AS MATERIALIZED (" + std::exchange(keys, "SELECT key FROM first") +
             "), bounds AS MATERIALIZED (SELECT min(key) AS low, max(key) AS high FROM first) ";
    }
    const bool is_sorted_inside = is_by_parameters(query_.sort);
    VESTA_TRY(const std::string sort, sort_columns(catalog_, query_, is_sorted_inside ? inner : outer));
    Part part;
    part.ord = "d.key";
    part.columns = std::to_string(number) + " AS part, d.key AS ord, d.key, r.seq, 0 AS place";
    part.where = "r.type = " + std::to_string(catalog_.number_of_type(query_.type)) + " AND NOT r.deleted";
    std::string of_rows = "true";
    for (std::size_t i = 0; i < ranges_.size(); ++i) {
      if (i == first_) continue;
      const search::Plan& criterion = criteria_of(query_.plan)[i];
      const bool is_inside = is_by_rows(criterion);
      VESTA_TRY(const std::string one, other(i, criterion, is_inside ? inner : outer));
      std::string& where = is_inside && one != kFalse ? of_rows : part.where;  // inside are rows tied to a key
      where += " AND " + one;
    }
    part.from = "(" + with + "SELECT k.key" + (is_sorted_inside ? sort : std::string()) + " FROM (" + keys +
                ") k WHERE " + of_rows + " ORDER BY " +
                order_by_key(is_sorted_inside ? query_.sort : std::vector<search::SortKey>(), direction) + ") d" +
                resource_of_each(catalog_.is_distributed());
    if (!is_sorted_inside) part.columns += sort;
    for (std::size_t i = 0; is_sorted_inside && i < query_.sort.size(); ++i)
      part.columns += ", d.s" + std::to_string(i);
    return part;
  }

 private:
  // Of few rows, if not of many more than the first ones, all keys are gathered; else each key's rows are looked up.
  bool is_gathered(std::size_t i) const {
    return i != first_ && rows_[i] < counts_.max_walked() && rows_[i] <= kGatheredPerKey * rows_[first_] &&
           !catalog_.is_distributed();
  }
  // OPTIMIZATION: what belongs together often came together, and has neighbouring keys: of what is gathered only those
  // between the first ones' are of use.
  bool is_bounded() const {
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if (is_gathered(i) && rows_[i] > rows_[first_]) return true;
    }
    return false;
  }
  Result<std::string> other(std::size_t i, const search::Plan& criterion, const SqlSubject& subject) {
    if (is_gathered(i)) {
      const std::string bounds = is_bounded() ? "(SELECT low FROM bounds) AND (SELECT high FROM bounds)" : "";
      VESTA_TRY(const std::string rows, conditions_.rows_of(ranges_[i], {.between = bounds, .order = {}}));
      return "(" + subject.key + " IN (" + rows + ")) IS TRUE";
    }
    return conditions_.of_each(criterion, subject);
  }

  Connection& connection_;
  Catalog& catalog_;
  RowCounts& counts_;
  const search::Query& query_;
  Conditions conditions_;
  std::vector<Ranges> ranges_;      // of each criterion
  std::vector<std::int64_t> rows_;  // of these, if it matters
  std::size_t first_ = 0;
};

class Search {
 public:
  Search(Connection& connection, Catalog& catalog, RowCounts& counts, std::span<const search::Query> queries,
         const SearchOptions& options)
      : connection_(connection), catalog_(catalog), counts_(counts), queries_(queries), options_(options) {}

  Result<SearchPage> run() {
    std::optional<SortTuple> from;
    if (!options_.from.empty()) {
      VESTA_TRY(from, decode_position(queries_, catalog_.definitions(), options_.from));
    }
    if (!is_one_statement()) VESTA_CHECK_OK(begin());
    if (options_.explain && catalog_.is_distributed()) VESTA_CHECK_OK(connection_.run(kExplainable));
    SearchPage page;
    if (options_.total != search::Total::none || options_.count == 0) {
      VESTA_TRY(page.total, total());
    }
    if (options_.count > 0) VESTA_CHECK_OK(fill(from ? &*from : nullptr, page));
    if (options_.explain) VESTA_CHECK_OK(explain(from ? &*from : nullptr, page));
    if (!page.entries.empty() && !options_.includes.empty()) {
      VESTA_TRY(page.included, read_included(connection_, catalog_, queries_.front().base_url, options_, keys_));
    }
    if (has_begun_) connection_.finish();
    return page;
  }

 private:
  // A first page alone, of what one statement says: it needs no transaction to be of one moment.
  bool is_one_statement() const {
    return !catalog_.is_distributed() && options_.total == search::Total::none && options_.count > 0 &&
           options_.from.empty() && options_.includes.empty() && !options_.explain &&
           std::ranges::all_of(queries_, [](const search::Query& query) { return is_of_one_statement(query.plan); });
  }
  Status begin() {
    if (std::exchange(has_begun_, true)) return kOk;
    return begin_reading(connection_, catalog_.is_distributed());
  }

  const std::vector<search::SortKey>& sort() const { return queries_.front().sort; }
  std::uint32_t count() const { return std::min(options_.count, kMaxPageSize); }

  // The first `limit` matches in a direction.
  Result<std::string> matches(const SortTuple* from, Direction direction, const std::string& limit,
                              Parameters& parameters) {
    const std::string order = order_by(sort(), direction);
    std::string all;
    for (std::size_t i = 0; i < queries_.size(); ++i) {
      const bool is_before =
          from != nullptr && sort().empty() && (direction == Direction::forward ? i < from->part : i > from->part);
      if (is_before) continue;
      VESTA_TRY(Part part, part_of(queries_[i], i, direction, parameters));
      // Unsorted, the order of creation is an index's.
      if (from != nullptr && sort().empty() && i == from->part) {
        part.where +=
            " AND " + part.ord + (direction == Direction::forward ? " > " : " < ") + parameters.bigint(from->key);
      }
      std::string one = "SELECT " + part.columns + " FROM " + part.from + " WHERE " + part.where;
      if (from != nullptr && !sort().empty()) {
        one = "SELECT * FROM (" + one + ") found WHERE " + beyond(sort(), *from, direction, parameters);
      }
      one += " ORDER BY " + order + " LIMIT " + limit;
      if (queries_.size() == 1) return one;
      all += (all.empty() ? "(" : " UNION ALL (") + one + ")";
    }
    return "SELECT * FROM (" + all + ") matches ORDER BY " + order + " LIMIT " + limit;
  }

  Result<Part> part_of(const search::Query& query, std::size_t number, Direction direction, Parameters& parameters) {
    Walk walk(connection_, catalog_, counts_, parameters, query);
    VESTA_TRY(const bool is_walked, walk.begin());
    if (is_walked) return walk.part(number, direction);
    VESTA_CHECK_OK(leave_to_planner());
    return make_part(connection_, catalog_, parameters, query, number);
  }

  // Of this transaction: by the values that are looked for.
  Status leave_to_planner() {
    VESTA_CHECK_OK(begin());
    if (!std::exchange(is_planned_, true)) connection_.send(kPlanned);
    return kOk;
  }

  // The page's statement: rows of `history` with the columns of their matches behind. Texts that are long stand beside
  // their rows: their sizes are summed before any is read.
  Result<std::string> page_sql(const SortTuple* from, Parameters& parameters) {
    const std::string limit = parameters.bigint(std::int64_t{count()} + 1);
    VESTA_TRY(const std::string found, matches(from, options_.direction, limit, parameters));
    std::string sorts;
    for (std::size_t i = 0; i < sort().size(); ++i) sorts += ", s" + std::to_string(i);
    const std::string order = order_by(sort(), options_.direction);
    return "SELECT " VESTA_HISTORY_COLUMNS ", part, ord, h.key, place, found" + sorts +
           " FROM (SELECT b.*, part, ord, place" + sorts +
           ", count(*) OVER () AS found, sum(octet_length(b.tail)) OVER (ORDER BY " + order +
           " ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before FROM (" + found +
           ") m JOIN history b ON b.seq = m.seq) h WHERE before IS NULL OR before < " +
           parameters.bigint(static_cast<std::int64_t>(std::min(options_.max_bytes, kMaxPageBytes))) + " ORDER BY " +
           order + " LIMIT " + parameters.bigint(count());
  }

  Status fill(const SortTuple* from, SearchPage& page) {
    Parameters parameters;
    VESTA_TRY(const std::string sql, page_sql(from, parameters));
    VESTA_TRY(const Rows rows, connection_.run(sql, parameters));
    const bool is_forward = options_.direction == Direction::forward;
    const int size = rows.size();
    if (size == 0) return kOk;
    const bool has_further = rows.integer(0, kHistoryColumns + 4) > size;
    for (int i = 0; i < size; ++i) {
      const int row = is_forward ? i : size - 1 - i;
      Version version = version_at(catalog_, rows, row);
      const std::int64_t place = rows.integer(row, kHistoryColumns + 3);
      if (place > 0) version.contained = static_cast<std::uint32_t>(place - 1);
      keys_.push_back(rows.integer(row, kHistoryColumns + 2));
      page.entries.push_back(std::move(version));
    }
    const SortTuple first = tuple_at(rows, is_forward ? 0 : size - 1), last = tuple_at(rows, is_forward ? size - 1 : 0);
    bool has_other_side = false;
    if (from != nullptr) {
      VESTA_TRY(has_other_side,
                any_beyond(is_forward ? first : last, is_forward ? Direction::backward : Direction::forward));
    }
    if (is_forward ? has_further : has_other_side) page.next = position(last);
    if (is_forward ? has_other_side : has_further) page.previous = position(first);
    return kOk;
  }

  SortTuple tuple_at(const Rows& rows, int row) const {
    SortTuple tuple;
    tuple.part = static_cast<std::uint32_t>(rows.integer(row, kHistoryColumns));
    tuple.key = rows.integer(row, kHistoryColumns + 1);
    tuple.values = sort_values_at(sort(), rows, row, kHistoryColumns + 5);
    return tuple;
  }
  Position position(const SortTuple& tuple) const { return encode_position(queries_, catalog_.definitions(), tuple); }

  Result<bool> any_beyond(const SortTuple& tuple, Direction direction) {
    Parameters parameters;
    VESTA_TRY(const std::string sql, matches(&tuple, direction, "1", parameters));
    VESTA_TRY(const Rows rows, connection_.run("SELECT 1 FROM (" + sql + ") any_match", parameters));
    return rows.size() > 0;
  }

  Result<std::string> total_sql(Parameters& parameters) {
    std::string sql;
    for (const search::Query& query : queries_) {
      VESTA_TRY(const std::string one, total_of(query, parameters));
      sql += (sql.empty() ? "SELECT (" : " + (") + one + ")";
    }
    return sql;
  }
  Result<std::uint64_t> total() {
    Parameters parameters;
    VESTA_TRY(const std::string sql, total_sql(parameters));
    VESTA_TRY(const Rows rows, connection_.run(sql, parameters));
    return static_cast<std::uint64_t>(rows.integer(0, 0));
  }

  // Index rows are of resources of the parameter's type that are there.
  Result<std::string> total_of(const search::Query& query, Parameters& parameters) {
    if (const Ranges ranges = ranges_of(query.plan); !ranges.empty() && query.scope == search::Scope::resource) {
      Conditions conditions(connection_, catalog_, parameters, query.base_url);
      VESTA_TRY(const std::string rows, conditions.rows_of(ranges));
      return "SELECT count(DISTINCT key) FROM (" + rows + ") found";
    }
    const search::Query unsorted{query.type, query.plan, {}, query.base_url, query.scope};
    VESTA_TRY(const Part part, part_of(unsorted, 0, Direction::forward, parameters));
    return "SELECT count(*) FROM " + part.from + " WHERE " + part.where;
  }

  // The page's statement, or that of the total where no page is asked for, is run once more, and its parts are counted
  // and timed.
  Status explain(const SortTuple* from, SearchPage& page) {
    Parameters parameters;
    VESTA_TRY(const std::string sql, options_.count > 0 ? page_sql(from, parameters) : total_sql(parameters));
    VESTA_TRY(const Rows rows,
              connection_.run("EXPLAIN (ANALYZE, TIMING, FORMAT JSON) " + sql, parameters, Connection::Keep::once));
    VESTA_TRY(search::PlanStep all, read_plan(rows.bytes(0, 0)));
    all.rows = page.entries.empty() && page.total ? *page.total : page.entries.size();
    page.explanation = std::move(all);
    return kOk;
  }

  Connection& connection_;
  Catalog& catalog_;
  RowCounts& counts_;
  const std::span<const search::Query> queries_;
  const SearchOptions& options_;
  std::vector<std::int64_t> keys_;  // of the matches
  bool has_begun_ = false;
  bool is_planned_ = false;
};

}  // namespace

Result<SearchPage> run_search(Connection& connection, Catalog& catalog, RowCounts& counts,
                              std::span<const search::Query> queries, const SearchOptions& options) {
  VESTA_CHECK_OK(search::check_ready(catalog.registry(), queries, options.includes, options.visible));
  if (options.visible == nullptr) return Search(connection, catalog, counts, queries, options).run();
  const std::vector<search::Query> guarded = search::guarded(queries, *options.visible);
  return Search(connection, catalog, counts, guarded, options).run();
}

Status check_condition(Connection& connection, Catalog& catalog, const Condition& condition) {
  Parameters parameters;
  VESTA_TRY(const Part part, make_part(connection, catalog, parameters, condition.query, 0));
  const std::string limit = parameters.bigint(static_cast<std::int64_t>(condition.matches.size()) + 1);
  VESTA_TRY(const Rows rows,
            connection.run("SELECT r.id FROM " + part.from + " WHERE " + part.where + " LIMIT " + limit, parameters));
  std::vector<std::string> found, expected = condition.matches;
  for (int row = 0; row < rows.size(); ++row) found.emplace_back(rows.bytes(row, 0));
  std::ranges::sort(found);
  std::ranges::sort(expected);
  if (found == expected) return kOk;
  return make_error(Category::conflict, "the matches of a condition have changed");
}

}  // namespace vesta::store::postgres
