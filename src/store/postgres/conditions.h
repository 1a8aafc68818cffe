// Conditions: a plan as SQL, exactly as search/matcher decides it.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "search/plan.h"
#include "store/postgres/catalog.h"
#include "store/postgres/connection.h"
#include "store/postgres/parameters.h"
#include "store/store.h"

namespace vesta::store::postgres {

// The planner joins what is asked in conjunctions in any order that it finds best, at a cost that grows fast with the
// tables. So only the first ones are for it to order; others are asked for each row.
inline constexpr int kMaxJoinedTables = 6;
inline constexpr std::size_t kMaxWalkedRanges = 32;    // of one criterion whose keys a search begins with
inline constexpr std::size_t kMaxPositions = 100'000;  // within the latitudes of a search by distance

// What a condition is about, as SQL: a row of `resource`, or one of `contained` beside it.
struct SqlSubject {
  fhir::TypeId type = fhir::kNoType;
  std::string key, place, id, last_updated, present;
  bool is_contained = false;

  static SqlSubject of_resource(fhir::TypeId type, const std::string& alias);
  static SqlSubject of_contained(fhir::TypeId type, const std::string& alias, const std::string& outer);
};

// What bounds ranges of an index: who satisfies the criterion has a row in one of them.
using Ranges = std::vector<const search::Leaf*>;
// Empty: the criterion is another one, or one of more than kMaxWalkedRanges. They live as long as the plan.
Ranges ranges_of(const search::Plan& criterion);
// In each of them the rows stand in the order of their keys.
bool are_equalities(const Ranges& ranges);
// Decided by index rows alone, whatever else the resource is.
bool is_by_rows(const search::Plan& criterion);

// To say it in SQL nothing is asked of the database before.
bool is_of_one_statement(const search::Plan& plan);

// The text names the parameters of one statement; it holds for the snapshot that it was made in.
class Conditions {
 public:
  // All outlive it. `base_url`: as of search::Query.
  Conditions(Connection& connection, Catalog& catalog, Parameters& parameters, std::string base_url)
      : connection_(connection), catalog_(catalog), parameters_(parameters), base_url_(std::move(base_url)) {}

  Result<std::string> of(const search::Plan& plan, const SqlSubject& subject);
  // The same, asked for each row by itself: nothing is left for the planner to order.
  Result<std::string> of_each(const search::Plan& plan, const SqlSubject& subject);
  // The keys of the index rows in the ranges; of those of keys `between` ("1 AND 2"), and in an order, if there is one.
  struct Which {
    std::string between;
    std::string order;
  };
  Result<std::string> rows_of(const Ranges& ranges, const Which& which = {});
  // Of these each once, in their order.
  Result<std::string> keys_of(const Ranges& ranges, SearchOptions::Direction direction);

 private:
  Result<std::string> of_all(const search::Plan& plan, const SqlSubject& subject);
  Result<std::string> of_criterion(const search::Plan& plan, const SqlSubject& subject);
  Result<std::string> of_leaf(const search::Leaf& leaf, const SqlSubject& subject);
  Result<std::string> of_any(const search::Plan& plan, const SqlSubject& subject);
  Result<std::string> of_values(const std::vector<const search::Leaf*>& leaves, const SqlSubject& subject);
  Result<std::string> of_composite(const search::CompositeMatch& match, const SqlSubject& subject);
  Result<std::string> any_element(const search::Parameter& component, const SqlSubject& subject);
  Result<std::string> of_position(const search::Leaf& leaf, const search::PositionMatch& match,
                                  const SqlSubject& subject);
  Result<std::string> of_chain(const search::Plan& plan, const SqlSubject& subject);
  Result<std::string> of_has(const search::Plan& plan, const SqlSubject& subject);
  Result<std::string> of_contains(const search::Plan& plan, const SqlSubject& subject);
  Result<std::string> chain_by_canonical(const search::Plan& plan, std::int32_t held, std::int32_t names);
  Result<std::string> chain_inside(const search::Plan& plan, std::int32_t parameter);
  Result<bool> leads_inside(std::int32_t parameter);
  std::string base_condition(const std::string& alias);
  std::string exists(const std::string& rows) const;
  bool may_join() const { return joins_ && aliases_ < kMaxJoinedTables; }
  std::string alias() { return "a" + std::to_string(++aliases_); }

  Connection& connection_;
  Catalog& catalog_;
  Parameters& parameters_;
  const std::string base_url_;
  std::string base_parameter_;
  std::optional<std::set<std::int32_t>> inner_parameters_;
  int aliases_ = 0;
  bool joins_ = true;
};

// Of what nothing satisfies. Citus refuses it in a WHERE that ties rows to a resource: the planner drops what ties
// them.
inline constexpr const char* kFalse = "false";

// The table of a leaf's values, and when the row `alias` of it satisfies the match; kFalse: none does. Not for those on
// the subject itself, composites and positions.
struct ValueCondition {
  const char* table;
  std::string sql;
};
ValueCondition value_condition(const Catalog& catalog, Parameters& parameters, const search::Leaf& leaf,
                               const std::string& alias);
// Of a range [low, high) in two expressions.
std::string date_condition(Parameters& parameters, const search::DateMatch& match, const std::string& low,
                           const std::string& high);

}  // namespace vesta::store::postgres
