// Includes: round by round, a statement for each include and way.
#include "store/postgres/includes.h"

#include <map>
#include <set>
#include <utility>

#include "search/plan.h"
#include "search/readiness.h"
#include "search/visibility.h"
#include "store/postgres/conditions.h"
#include "store/postgres/distribution.h"
#include "store/postgres/parameters.h"
#include "store/postgres/versions.h"

namespace vesta::store::postgres {
namespace {

Error too_large() {
  return make_error(Category::too_large, "more than " + std::to_string(search::kMaxIncluded) + " resources or " +
                                             std::to_string(kMaxPageBytes >> 20) +
                                             " MB would be included with this page: ask for fewer matches (_count)");
}

// The database's numbers of what one include goes by.
struct Ways {
  std::vector<std::int32_t> references;  // parameters
  std::vector<std::int32_t> canonicals;  // their facets
  std::vector<std::int32_t> names;       // what canonicals lead to
};

class Collector {
 public:
  Collector(Connection& connection, Catalog& catalog, const std::string& base_url, const SearchOptions& options,
            const std::vector<std::int64_t>& matches)
      : connection_(connection),
        catalog_(catalog),
        base_url_(base_url),
        options_(options),
        seen_(matches.begin(), matches.end()) {}

  Status run(std::vector<std::int64_t> from) {
    for (bool is_first = true; !from.empty(); is_first = false) {
      std::map<fhir::TypeId, std::vector<std::int64_t>> found;
      for (const search::Include& include : options_.includes) {
        if (is_first || include.iterate) VESTA_CHECK_OK(follow(include, from, found));
      }
      from.clear();
      for (auto& [type, keys] : found) {
        if (options_.visible != nullptr) VESTA_CHECK_OK(keep_visible(type, keys));
        from.insert(from.end(), keys.begin(), keys.end());
      }
      found_.insert(from.begin(), from.end());
      if (found_.size() > search::kMaxIncluded) return too_large();
    }
    return kOk;
  }

  Result<std::vector<Version>> read() {
    Parameters parameters;
    const std::string keys = parameters.bigints(std::vector<std::int64_t>(found_.begin(), found_.end()));
    const std::string sql = "SELECT " VESTA_HISTORY_COLUMNS
                            " FROM resource r JOIN history h ON h.key = r.key AND h.seq = r.seq WHERE r.key = ANY(" +
                            keys + ") ORDER BY r.key";
    VESTA_TRY(const Rows sizes,
              connection_.run("SELECT coalesce(sum(octet_length(h.tail)), 0)::bigint FROM resource r"
                              " JOIN history h ON h.key = r.key AND h.seq = r.seq WHERE r.key = ANY(" +
                                  keys + ")",
                              parameters));
    if (sizes.integer(0, 0) > static_cast<std::int64_t>(kMaxPageBytes)) return too_large();
    VESTA_TRY(const Rows rows, connection_.run(sql, parameters));
    std::vector<Version> versions;
    for (int row = 0; row < rows.size(); ++row) versions.push_back(version_at(catalog_, rows, row));
    return versions;
  }

 private:
  using Found = std::map<fhir::TypeId, std::vector<std::int64_t>>;

  Status add_parameter(const search::Parameter& parameter, Ways& ways) {
    VESTA_TRY(const std::int32_t number, catalog_.number_of(parameter.id));
    ways.references.push_back(number);
    if (parameter.canonical == search::kNoParameter) return kOk;
    VESTA_TRY(const std::int32_t canonical, catalog_.number_of(parameter.canonical));
    ways.canonicals.push_back(canonical);
    return kOk;
  }

  // `Type:*` and `*` stand for what a search by the codes takes, once it is ready.
  Status add_all(fhir::TypeId source, Ways& ways) {
    const search::Registry& registry = catalog_.registry();
    const auto types = catalog_.definitions().types();
    for (std::size_t i = 0; i < types.size(); ++i) {
      const auto type = static_cast<fhir::TypeId>(i);
      if (catalog_.number_of_type(type) == 0 || (source != fhir::kNoType && source != type)) continue;
      for (const search::Parameter* parameter : registry.parameters_of(type)) {
        const bool is_chosen = parameter->kind == fhir::SearchParamType::reference &&
                               registry.find(parameter->type, parameter->code) == parameter &&
                               registry.readiness(parameter->id) == search::Readiness::ready;
        if (is_chosen) VESTA_CHECK_OK(add_parameter(*parameter, ways));
      }
    }
    return kOk;
  }

  Result<Ways> ways_of(const search::Include& include) {
    Ways ways;
    if (include.parameter != nullptr)
      VESTA_CHECK_OK(add_parameter(*include.parameter, ways));
    else
      VESTA_CHECK_OK(add_all(include.source, ways));
    const auto types = catalog_.definitions().types();
    for (std::size_t type = 0; !ways.canonicals.empty() && type < types.size(); ++type) {
      if (catalog_.number_of_type(static_cast<fhir::TypeId>(type)) == 0) continue;
      const search::ParameterId names = catalog_.registry().canonical_of(static_cast<fhir::TypeId>(type)).names;
      if (names == search::kNoParameter) continue;
      VESTA_TRY(const std::int32_t number, catalog_.number_of(names));
      ways.names.push_back(number);
    }
    return ways;
  }

  // s refers to t; the keys are of one, and what is found is the other.
  Status follow(const search::Include& include, const std::vector<std::int64_t>& keys, Found& found) {
    VESTA_TRY(const Ways ways, ways_of(include));
    const bool is_forward = include.direction == search::Include::Direction::forward;
    std::string of_source = "true", of_target = "true";
    if (include.source != fhir::kNoType)
      of_source = "s.type = " + std::to_string(catalog_.number_of_type(include.source));
    if (include.target != fhir::kNoType)
      of_target = "t.type = " + std::to_string(catalog_.number_of_type(include.target));
    {
      Parameters parameters;
      const std::string base = base_url_.empty() ? std::string("f.base IS NULL")
                                                 : "(f.base IS NULL OR f.base = " + parameters.bytes(base_url_) + ")";
      const Selection source{
          "resource s JOIN reference f ON f.key = s.key AND f.place = 0 AND f.element = 0",
          of_source + " AND " + base + " AND f.parameter = ANY(" + parameters.integers(ways.references) + ")"};
      VESTA_CHECK_OK(add(is_forward, {source, "f.target_type, f.target_id"},
                         {{"resource t", of_target}, "t.type, t.id"}, keys, parameters, found));
    }
    if (ways.canonicals.empty() || ways.names.empty()) return kOk;
    Parameters parameters;
    const Selection source{"resource s JOIN uri f ON f.key = s.key AND f.place = 0",
                           of_source + " AND f.parameter = ANY(" + parameters.integers(ways.canonicals) + ")"};
    const Selection target{"resource t JOIN uri n ON n.key = t.key AND n.place = 0",
                           of_target + " AND n.parameter = ANY(" + parameters.integers(ways.names) + ")"};
    return add(is_forward, {source, "f.uri"}, {target, "n.uri"}, keys, parameters, found);
  }

  // More than these hold one too many, whatever was seen before.
  std::string limit() const { return std::to_string(search::kMaxIncluded + seen_.size() + 1); }

  // Rows, and the columns by which they refer or are referred to.
  struct End {
    Selection rows;
    std::string columns;
  };

  // Adds what is at one end, where the resource of the other is one of the keys.
  Status add(bool is_forward, End source, End target, const std::vector<std::int64_t>& keys, Parameters& parameters,
             Found& found) {
    const std::string of_keys = ".key = ANY(" + parameters.bigints(keys) + ")";
    source.rows.where += is_forward ? " AND s" + of_keys : " AND NOT s.deleted";
    target.rows.where += is_forward ? " AND NOT t.deleted" : " AND t" + of_keys;
    const End &wanted = is_forward ? target : source, &known = is_forward ? source : target;
    const Selection all = linked(catalog_.is_distributed(), wanted.rows, wanted.columns, known.rows, known.columns);
    const std::string select =
        is_forward ? "SELECT DISTINCT t.key, t.type FROM " : "SELECT DISTINCT s.key, s.type FROM ";
    VESTA_TRY(const Rows rows,
              connection_.run(select + all.from + " WHERE " + all.where + " LIMIT " + limit(), parameters));
    for (int row = 0; row < rows.size(); ++row) {
      const std::int64_t key = rows.integer(row, 0);
      if (seen_.insert(key).second) found[catalog_.type_of(rows.integer(row, 1))].push_back(key);
    }
    return kOk;
  }

  Status keep_visible(fhir::TypeId type, std::vector<std::int64_t>& keys) {
    Parameters parameters;
    Conditions conditions(connection_, catalog_, parameters, base_url_);
    VESTA_TRY(const std::string condition,
              conditions.of(options_.visible->guard(type), SqlSubject::of_resource(type, "r")));
    VESTA_TRY(const Rows rows, connection_.run("SELECT r.key FROM resource r WHERE r.key = ANY(" +
                                                   parameters.bigints(keys) + ") AND " + condition,
                                               parameters));
    keys.clear();
    for (int row = 0; row < rows.size(); ++row) keys.push_back(rows.integer(row, 0));
    return kOk;
  }

  Connection& connection_;
  Catalog& catalog_;
  const std::string& base_url_;
  const SearchOptions& options_;
  std::set<std::int64_t> seen_;  // whatever became of it
  std::set<std::int64_t> found_;
};

}  // namespace

Result<std::vector<Version>> read_included(Connection& connection, Catalog& catalog, const std::string& base_url,
                                           const SearchOptions& options, const std::vector<std::int64_t>& matches) {
  Collector collector(connection, catalog, base_url, options, matches);
  VESTA_CHECK_OK(collector.run(matches));
  return collector.read();
}

}  // namespace vesta::store::postgres
