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

namespace vesta::store::postgres {

inline constexpr std::size_t kMaxPositions = 100'000;  // within the latitudes of a search by distance

// What a condition is about, as SQL: a row of `resource`, or one of `contained` beside it.
struct SqlSubject {
  fhir::TypeId type = fhir::kNoType;
  std::string key, place, id, last_updated, present;
  bool is_contained = false;

  static SqlSubject of_resource(fhir::TypeId type, const std::string& alias);
  static SqlSubject of_contained(fhir::TypeId type, const std::string& alias, const std::string& outer);
};

// The text names the parameters of one statement; it holds for the snapshot that it was made in.
class Conditions {
 public:
  // All outlive it. `base_url`: as of search::Query.
  Conditions(Connection& connection, Catalog& catalog, Parameters& parameters, std::string base_url)
      : connection_(connection), catalog_(catalog), parameters_(parameters), base_url_(std::move(base_url)) {}

  Result<std::string> of(const search::Plan& plan, const SqlSubject& subject);
  // Of a plan that is one equality: the keys of its resources, each once; nullopt: it is another one.
  Result<std::optional<std::string>> keys_of(const search::Plan& plan);

 private:
  Result<std::string> of_children(const search::Plan& plan, const SqlSubject& subject, const char* between);
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
  std::string alias() { return "a" + std::to_string(++aliases_); }

  Connection& connection_;
  Catalog& catalog_;
  Parameters& parameters_;
  const std::string base_url_;
  std::string base_parameter_;
  std::optional<std::set<std::int32_t>> inner_parameters_;
  int aliases_ = 0;
};

// The table of a leaf's values, and when the row `alias` of it satisfies the match. Not for those on the subject
// itself, composites and positions.
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
