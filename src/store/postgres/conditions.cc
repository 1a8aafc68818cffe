// Conditions: the tree of a plan, and the steps from one resource to others.
#include "store/postgres/conditions.h"

#include <algorithm>
#include <map>
#include <utility>
#include <variant>

#include "search/params/match.h"
#include "sql/dialect.h"
#include "sql/parameters.h"
#include "store/postgres/distribution.h"

namespace vesta::store::postgres {
namespace {

// On a sphere of the earth's mean radius, a degree of latitude in meters, and some more degrees for what is rounded.
constexpr double kMetersPerDegree = 111'195;
constexpr double kDegreesOfSlack = 0.01;

constexpr const char* kInnerParameters = "SELECT parameter FROM inner_parameter";

constexpr const char* kTrue = "true";

std::string number(std::int64_t value) {
  return std::to_string(value);
}

// The columns that tie rows of one element to each other.
std::string same_element(const std::string& left, const std::string& right) {
  return left + ".key = " + right + ".key AND " + left + ".place = " + right + ".place AND " + left +
         ".element = " + right + ".element";
}

std::string of_subject(const std::string& alias, const SqlSubject& subject) {
  return alias + ".key = " + subject.key + " AND " + alias + ".place = " + subject.place;
}

bool has_elements(const std::string& table) {
  return table != "word";
}

// Decided by rows of one index table, each by itself.
bool is_of_rows(const search::Leaf& leaf) {
  return !std::holds_alternative<search::IdMatch>(leaf.match) &&
         !std::holds_alternative<search::IdSetMatch>(leaf.match) &&
         !std::holds_alternative<search::LastUpdatedMatch>(leaf.match) &&
         !std::holds_alternative<search::PresentMatch>(leaf.match) &&
         !std::holds_alternative<search::CompositeMatch>(leaf.match) &&
         !std::holds_alternative<search::PositionMatch>(leaf.match);
}

// Rows with one value, which an index has in the order of their keys.
bool is_equality(const search::Leaf& leaf) {
  if (const auto* token = std::get_if<search::TokenMatch>(&leaf.match)) return token->code && !token->unequal;
  if (const auto* uri = std::get_if<search::UriMatch>(&leaf.match)) return uri->mode == search::UriMode::exact;
  return std::holds_alternative<search::ReferenceMatch>(leaf.match);
}

bool is_range(const search::Leaf& leaf) {
  using search::StringMode;
  if (const auto* date = std::get_if<search::DateMatch>(&leaf.match)) return date->prefix != search::Prefix::ne;
  if (const auto* text = std::get_if<search::StringMatch>(&leaf.match)) {
    return text->mode == StringMode::prefix || text->mode == StringMode::exact || text->mode == StringMode::equal;
  }
  return is_equality(leaf);
}

// False: it is no disjunction of ranges.
bool add_ranges(const search::Plan& plan, Ranges& ranges) {
  using Kind = search::Plan::Kind;
  if (plan.kind == Kind::shared) return add_ranges(*plan.shared, ranges);
  if (plan.kind == Kind::or_) {
    return std::ranges::all_of(plan.children,
                               [&ranges](const search::Plan& child) { return add_ranges(child, ranges); });
  }
  if (plan.kind != Kind::leaf || !is_range(plan.leaf)) return false;
  ranges.push_back(&plan.leaf);
  return true;
}

template <class Wanted>
bool has_leaves_alone(const search::Plan& plan, const Wanted& is_wanted) {
  using Kind = search::Plan::Kind;
  switch (plan.kind) {
    case Kind::and_:
    case Kind::or_:
    case Kind::not_:
      return std::ranges::all_of(plan.children,
                                 [&](const search::Plan& child) { return has_leaves_alone(child, is_wanted); });
    case Kind::leaf:
      return is_wanted(plan.leaf);
    case Kind::shared:
      return has_leaves_alone(*plan.shared, is_wanted);
    default:
      return false;
  }
}

}  // namespace

Ranges ranges_of(const search::Plan& criterion) {
  Ranges ranges;
  if (!add_ranges(criterion, ranges) || ranges.size() > kMaxWalkedRanges) ranges.clear();
  return ranges;
}

bool are_equalities(const Ranges& ranges) {
  return std::ranges::all_of(ranges, [](const search::Leaf* leaf) { return is_equality(*leaf); });
}

bool is_by_rows(const search::Plan& criterion) {
  return has_leaves_alone(criterion, is_of_rows);
}

bool is_of_one_statement(const search::Plan& plan) {
  return has_leaves_alone(plan, [](const search::Leaf& leaf) {
    return is_of_rows(leaf) || std::holds_alternative<search::LastUpdatedMatch>(leaf.match) ||
           std::holds_alternative<search::IdMatch>(leaf.match) ||
           std::holds_alternative<search::IdSetMatch>(leaf.match);
  });
}

SqlSubject SqlSubject::of_resource(fhir::TypeId type, const std::string& alias) {
  return {type, alias + ".key", "0", alias + ".id", alias + ".last_updated", alias + ".present", false};
}

SqlSubject SqlSubject::of_contained(fhir::TypeId type, const std::string& alias, const std::string& outer) {
  return {type, alias + ".key", alias + ".place", "", outer + ".last_updated", alias + ".present", true};
}

Result<std::string> Conditions::of(const search::Plan& plan, const SqlSubject& subject) {
  using Kind = search::Plan::Kind;
  switch (plan.kind) {
    case Kind::all:
      return std::string(kTrue);
    case Kind::none:
      return std::string(kFalse);
    case Kind::and_:
      return of_all(plan, subject);
    case Kind::or_:
      return of_any(plan, subject);
    case Kind::not_: {
      VESTA_TRY(const std::string child, of(plan.children.front(), subject));
      if (child == kTrue) return std::string(kFalse);
      return child == kFalse ? std::string(kTrue) : "NOT (" + child + ")";
    }
    case Kind::leaf:
    case Kind::chain:
    case Kind::has:
    case Kind::contains: {
      const bool is_joined = may_join();
      VESTA_TRY(std::string sql, of_criterion(plan, subject));
      return is_joined || sql == kFalse ? std::move(sql) : "(" + sql + ") IS TRUE";
    }
    case Kind::shared:
      return of(*plan.shared, subject);
  }
  return std::string(kFalse);
}

Result<std::string> Conditions::of_each(const search::Plan& plan, const SqlSubject& subject) {
  joins_ = false;
  return of(plan, subject);
}

// What is asked for each row stays so behind an OFFSET: else the planner may take all rows of a value, of whatever
// resource, into a hash table, and knows neither the value nor how many they are.
std::string Conditions::exists(const std::string& rows) const {
  return "EXISTS (SELECT 1 FROM " + rows + (joins_ || catalog_.is_distributed() ? ")" : " OFFSET 0)");
}

Result<std::string> Conditions::rows_of(const Ranges& ranges, const Which& which) {
  std::string sql;
  for (const search::Leaf* leaf : ranges) {
    VESTA_TRY(const std::int32_t parameter, catalog_.number_of(leaf->parameter->id));
    const std::string row = alias();
    const ValueCondition value = value_condition(catalog_, parameters_, *leaf, row);
    sql += std::string(sql.empty() ? "(" : " UNION ALL (") + "SELECT " + row + ".key FROM " + value.table + " " + row +
           " WHERE " + row + ".place = 0 AND " + row + ".parameter = " + number(parameter) + " AND (" + value.sql +
           ")" + (which.between.empty() ? "" : " AND " + row + ".key BETWEEN " + which.between) + which.order + ")";
  }
  return sql;
}

// The rows of a value are in the order already, and those of several are merged as far as the page needs them.
Result<std::string> Conditions::keys_of(const Ranges& ranges, SearchOptions::Direction direction) {
  const std::string order = direction == SearchOptions::Direction::forward ? " ORDER BY 1" : " ORDER BY 1 DESC";
  VESTA_TRY(const std::string rows, rows_of(ranges, {.between = {}, .order = order}));
  return "SELECT DISTINCT key FROM (" + rows + ") found" + order;
}

Result<std::string> Conditions::of_criterion(const search::Plan& plan, const SqlSubject& subject) {
  switch (plan.kind) {
    case search::Plan::Kind::chain:
      return of_chain(plan, subject);
    case search::Plan::Kind::has:
      return of_has(plan, subject);
    case search::Plan::Kind::contains:
      return of_contains(plan, subject);
    default:
      return of_leaf(plan.leaf, subject);
  }
}

Result<std::string> Conditions::of_all(const search::Plan& plan, const SqlSubject& subject) {
  std::string sql = "(";
  for (const search::Plan& child : plan.children) {
    VESTA_TRY(const std::string one, of(child, subject));
    if (one == kFalse) return one;
    if (one != kTrue) sql += (sql.size() == 1 ? "" : " AND ") + one;
  }
  return sql.size() == 1 ? kTrue : sql + ")";
}

Result<std::string> Conditions::of_leaf(const search::Leaf& leaf, const SqlSubject& subject) {
  if (const auto* match = std::get_if<search::IdMatch>(&leaf.match)) {
    if (subject.is_contained) return std::string(kFalse);
    return subject.id + (match->unequal ? " <> " : " = ") + parameters_.text(match->id);
  }
  if (const auto* match = std::get_if<search::IdSetMatch>(&leaf.match)) {
    if (subject.is_contained) return std::string(kFalse);
    sql::Array ids(sql::Type::text);
    for (const std::string& id : match->set->ids) ids.borrow(id);
    return subject.id + " = ANY(" + parameters_.array(std::move(ids)) + ")";
  }
  if (const auto* match = std::get_if<search::LastUpdatedMatch>(&leaf.match)) {
    return "(" + date_condition(parameters_, match->date, subject.last_updated, subject.last_updated + " + 1") + ")";
  }
  if (std::holds_alternative<search::PresentMatch>(leaf.match)) {
    VESTA_TRY(const std::int32_t parameter, catalog_.number_of(leaf.parameter->id));
    return number(parameter) + " = ANY(" + subject.present + ")";
  }
  if (const auto* match = std::get_if<search::CompositeMatch>(&leaf.match)) return of_composite(*match, subject);
  if (const auto* match = std::get_if<search::PositionMatch>(&leaf.match)) return of_position(leaf, *match, subject);
  return of_values({&leaf}, subject);
}

// Leaves on one parameter's rows are one question: whether any of these satisfies any of the matches.
Result<std::string> Conditions::of_any(const search::Plan& plan, const SqlSubject& subject) {
  std::map<std::pair<search::ParameterId, std::size_t>, std::vector<const search::Leaf*>> together;
  std::string sql = "(";
  const auto add = [&sql](const std::string& one) { sql += (sql.size() == 1 ? "" : " OR ") + one; };
  for (const search::Plan& child : plan.children) {
    if (child.kind == search::Plan::Kind::leaf && is_of_rows(child.leaf)) {
      together[{child.leaf.parameter->id, child.leaf.match.index()}].push_back(&child.leaf);
      continue;
    }
    VESTA_TRY(const std::string one, of(child, subject));
    if (one == kTrue) return one;
    if (one != kFalse) add(one);
  }
  for (const auto& [kind, leaves] : together) {
    const bool is_joined = may_join();
    VESTA_TRY(const std::string one, of_values(leaves, subject));
    if (one != kFalse) add(is_joined ? one : "(" + one + ") IS TRUE");
  }
  return sql.size() == 1 ? kFalse : sql + ")";
}

Result<std::string> Conditions::of_values(const std::vector<const search::Leaf*>& leaves, const SqlSubject& subject) {
  VESTA_TRY(const std::int32_t parameter, catalog_.number_of(leaves.front()->parameter->id));
  const std::string row = alias();
  std::string table, values;
  for (const search::Leaf* leaf : leaves) {
    const ValueCondition value = value_condition(catalog_, parameters_, *leaf, row);
    table = value.table;
    if (value.sql == kFalse) continue;
    values += (values.empty() ? "(" : " OR (") + value.sql + ")";
  }
  if (values.empty()) return std::string(kFalse);
  return exists(table + " " + row + " WHERE " + of_subject(row, subject) + " AND " + row +
                ".parameter = " + number(parameter) + " AND (" + values + ")");
}

// A component that is looked at has a value, so it is present.
Result<std::string> Conditions::of_composite(const search::CompositeMatch& match, const SqlSubject& subject) {
  std::string from, where, first;
  for (const search::Leaf& component : match.components) {
    if (std::holds_alternative<search::PresentMatch>(component.match)) continue;
    VESTA_TRY(const std::int32_t parameter, catalog_.number_of(component.parameter->id));
    const std::string row = alias();
    const ValueCondition value = value_condition(catalog_, parameters_, component, row);
    if (!has_elements(value.table) || value.sql == kFalse) return std::string(kFalse);
    from += (from.empty() ? "" : ", ") + std::string(value.table) + " " + row;
    where += first.empty() ? of_subject(row, subject) : " AND " + same_element(row, first);
    where += " AND " + row + ".parameter = " + number(parameter) + " AND (" + value.sql + ")";
    if (first.empty()) first = row;
  }
  if (from.empty()) return any_element(*match.components.front().parameter, subject);
  return exists(from + " WHERE " + where);
}

// Some element has a component of this parameter.
Result<std::string> Conditions::any_element(const search::Parameter& component, const SqlSubject& subject) {
  VESTA_TRY(const std::int32_t parameter, catalog_.number_of(component.id));
  std::string sql = "(false";
  for (const char* table : {"token", "string", "reference", "date", "number", "quantity", "uri"}) {
    const std::string row = alias();
    sql += " OR " + exists(std::string(table) + " " + row + " WHERE " + of_subject(row, subject) + " AND " + row +
                           ".parameter = " + number(parameter));
  }
  return sql + ")";
}

// The great circle is decided by search/params; SQL gives what lies within its latitudes.
Result<std::string> Conditions::of_position(const search::Leaf& leaf, const search::PositionMatch& match,
                                            const SqlSubject& subject) {
  VESTA_TRY(const std::int32_t parameter, catalog_.number_of(leaf.parameter->id));
  const double reach = match.meters / kMetersPerDegree + kDegreesOfSlack;
  Parameters given;
  given.integer(parameter);
  given.real(match.latitude - reach);
  given.real(match.latitude + reach);
  given.bigint(kMaxPositions + 1);
  VESTA_TRY(const Rows rows, connection_.run("SELECT key, place, latitude, longitude FROM position WHERE parameter = $1"
                                             " AND latitude BETWEEN $2 AND $3 LIMIT $4",
                                             given));
  if (rows.size() > static_cast<int>(kMaxPositions)) {
    return make_error(Category::too_large, "too many places lie in the latitudes of the search by distance");
  }
  std::vector<std::int64_t> keys;
  std::vector<std::int32_t> places;
  for (int row = 0; row < rows.size(); ++row) {
    const search::PositionValue value{leaf.parameter->id, rows.real(row, 2), rows.real(row, 3)};
    if (!search::params::matches(match, value)) continue;
    keys.push_back(rows.integer(row, 0));
    places.push_back(static_cast<std::int32_t>(rows.integer(row, 1)));
  }
  if (keys.empty()) return std::string(kFalse);
  return "(" + subject.key + ", " + subject.place + ") IN (SELECT * FROM unnest(" + parameters_.bigints(keys) + ", " +
         parameters_.integers(places) + "))";
}

std::string Conditions::base_condition(const std::string& alias) {
  if (base_url_.empty()) return alias + ".base IS NULL";
  if (base_parameter_.empty()) base_parameter_ = parameters_.bytes(base_url_);
  return "(" + alias + ".base IS NULL OR " + alias + ".base = " + base_parameter_ + ")";
}

Result<bool> Conditions::leads_inside(std::int32_t parameter) {
  if (!inner_parameters_) {
    VESTA_TRY(const Rows rows, connection_.run(kInnerParameters));
    inner_parameters_.emplace();
    for (int row = 0; row < rows.size(); ++row) {
      inner_parameters_->insert(static_cast<std::int32_t>(rows.integer(row, 0)));
    }
  }
  return inner_parameters_->contains(parameter);
}

// By a local or an absolute reference alone it is a join that the planner may begin at both ends. More ways than that
// are a union, which is gathered first.
Result<std::string> Conditions::of_chain(const search::Plan& plan, const SqlSubject& subject) {
  const search::Parameter& by = *plan.link.parameter;
  VESTA_TRY(const std::int32_t parameter, catalog_.number_of(by.id));
  const std::string row = alias(), target = alias(), type = number(catalog_.number_of_type(plan.link.type));
  VESTA_TRY(const std::string child, of(plan.children.front(), SqlSubject::of_resource(plan.link.type, target)));
  const Selection step =
      linked(catalog_.is_distributed(),
             {"reference " + row, row + ".parameter = " + number(parameter) + " AND " + row + ".element = 0 AND " +
                                      row + ".target_type = " + type + " AND " + base_condition(row)},
             row + ".target_id",
             {"resource " + target, target + ".type = " + type + " AND NOT " + target + ".deleted AND (" + child + ")"},
             target + ".id");
  std::vector<std::string> ways;
  VESTA_TRY(const bool is_inside, leads_inside(parameter));
  if (is_inside) {
    VESTA_TRY(std::string inside, chain_inside(plan, parameter));
    if (!inside.empty()) ways.push_back(std::move(inside));
  }
  const search::ParameterId names = catalog_.registry().canonical_of(plan.link.type).names;
  if (child != kFalse && by.canonical != search::kNoParameter && names != search::kNoParameter) {
    VESTA_TRY(const std::int32_t held_number, catalog_.number_of(by.canonical));
    VESTA_TRY(const std::int32_t names_number, catalog_.number_of(names));
    VESTA_TRY(std::string canonical, chain_by_canonical(plan, held_number, names_number));
    ways.push_back(std::move(canonical));
  }
  if (ways.empty()) {
    if (child == kFalse) return child;
    return exists(step.from + " WHERE " + of_subject(row, subject) + " AND " + step.where);
  }
  if (child != kFalse)
    ways.push_back("SELECT " + row + ".key, " + row + ".place FROM " + step.from + " WHERE " + step.where);
  std::string all;
  for (const std::string& way : ways) all += (all.empty() ? "" : " UNION ALL ") + way;
  return "(" + subject.key + ", " + subject.place + ") IN (" + all + ")";
}

Result<std::string> Conditions::chain_inside(const search::Plan& plan, std::int32_t parameter) {
  const std::string row = alias(), inner = alias(), outer = alias();
  VESTA_TRY(const std::string child, of(plan.children.front(), SqlSubject::of_contained(plan.link.type, inner, outer)));
  if (child == kFalse) return std::string();
  return "SELECT " + row + ".key, " + row + ".place FROM inner_reference " + row + " JOIN contained " + inner + " ON " +
         inner + ".key = " + row + ".key AND " + inner + ".place = " + row + ".target JOIN resource " + outer + " ON " +
         outer + ".key = " + row + ".key WHERE " + row + ".parameter = " + number(parameter) + " AND " + inner +
         ".type = " + number(catalog_.number_of_type(plan.link.type)) + " AND (" + child + ")";
}

Result<std::string> Conditions::chain_by_canonical(const search::Plan& plan, std::int32_t held, std::int32_t names) {
  const std::string row = alias(), name = alias(), target = alias();
  VESTA_TRY(const std::string child, of(plan.children.front(), SqlSubject::of_resource(plan.link.type, target)));
  const Selection step =
      linked(catalog_.is_distributed(), {"uri " + row, row + ".parameter = " + number(held)}, row + ".uri",
             {"uri " + name + " JOIN resource " + target + " ON " + target + ".key = " + name + ".key",
              name + ".place = 0 AND " + name + ".parameter = " + number(names) + " AND (" + child + ")"},
             name + ".uri");
  return "SELECT " + row + ".key, " + row + ".place FROM " + step.from + " WHERE " + step.where;
}

Result<std::string> Conditions::of_has(const search::Plan& plan, const SqlSubject& subject) {
  if (subject.is_contained) return std::string(kFalse);
  const search::Parameter& by = *plan.link.parameter;
  VESTA_TRY(const std::int32_t parameter, catalog_.number_of(by.id));
  const auto child_of = [&](const std::string& source) {
    return of(plan.children.front(), SqlSubject::of_resource(plan.link.type, source));
  };
  const std::string row = alias(), source = alias(), type = number(catalog_.number_of_type(subject.type));
  VESTA_TRY(const std::string child, child_of(source));
  if (child == kFalse) return child;
  const Selection holders{"reference " + row + " JOIN resource " + source + " ON " + source + ".key = " + row + ".key",
                          row + ".parameter = " + number(parameter) + " AND " + row + ".place = 0 AND " + row +
                              ".element = 0 AND " + row + ".target_type = " + type + " AND " + base_condition(row) +
                              " AND (" + child + ")"};
  const search::ParameterId names = catalog_.registry().canonical_of(subject.type).names;
  if (by.canonical == search::kNoParameter || names == search::kNoParameter) {
    if (!catalog_.is_distributed()) {
      return exists(holders.from + " WHERE " + row + ".target_id = " + subject.id + " AND " + holders.where);
    }
    return subject.id + " IN (SELECT " + row + ".target_id FROM " + holders.from + " WHERE " + holders.where + ")";
  }
  VESTA_TRY(const std::int32_t held_number, catalog_.number_of(by.canonical));
  VESTA_TRY(const std::int32_t names_number, catalog_.number_of(names));
  const std::string target = alias(), held = alias(), name = alias(), other = alias();
  VESTA_TRY(const std::string other_child, child_of(other));
  const Selection by_id = linked(catalog_.is_distributed(), {"resource " + target, target + ".type = " + type},
                                 target + ".id", holders, row + ".target_id");
  const Selection by_canonical =
      linked(catalog_.is_distributed(),
             {"uri " + name, name + ".place = 0 AND " + name + ".parameter = " + number(names_number)}, name + ".uri",
             {"uri " + held + " JOIN resource " + other + " ON " + other + ".key = " + held + ".key",
              held + ".parameter = " + number(held_number) + " AND " + held + ".place = 0 AND (" + other_child + ")"},
             held + ".uri");
  return subject.key + " IN (SELECT " + target + ".key FROM " + by_id.from + " WHERE " + by_id.where +
         " UNION ALL SELECT " + name + ".key FROM " + by_canonical.from + " WHERE " + by_canonical.where + ")";
}

Result<std::string> Conditions::of_contains(const search::Plan& plan, const SqlSubject& subject) {
  if (subject.is_contained) return std::string(kFalse);
  const std::string inner = alias(), outer = alias();
  VESTA_TRY(const std::string child, of(plan.children.front(), SqlSubject::of_contained(plan.link.type, inner, outer)));
  if (child == kFalse) return child;
  return exists("contained " + inner + " JOIN resource " + outer + " ON " + outer + ".key = " + inner + ".key WHERE " +
                inner + ".key = " + subject.key + " AND " + inner +
                ".type = " + number(catalog_.number_of_type(plan.link.type)) + " AND (" + child + ")");
}

}  // namespace vesta::store::postgres
