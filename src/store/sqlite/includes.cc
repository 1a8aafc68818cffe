// Includes: references followed in both directions, on the search's own snapshot.
#include "store/sqlite/includes.h"

#include <algorithm>
#include <map>
#include <unordered_set>
#include <utility>

#include "search/links.h"
#include "store/sqlite/resource_rows.h"
#include "store/sqlite/values.h"
#include "store/sqlite/ways.h"

namespace vesta::store::sqlite {
namespace {

constexpr Sql kVersion{"SELECT " VESTA_VERSION_COLUMNS("r") " FROM resource r WHERE r.key = ?1"};

Error too_large() {
  return make_error(Category::too_large, "more than " + std::to_string(search::kMaxIncluded) + " resources or " +
                                             std::to_string(kMaxPageBytes >> 20) +
                                             " MB would be included with this page: ask for fewer matches (_count)");
}

// How one parameter leads on.
struct Way {
  std::int64_t param = 0;
  std::int64_t canonical = 0;  // the parameter that has its canonicals; 0: there are none
  bool has_own_urls = false;   // absolute references to this server
};

// An include in the store's numbers.
struct Step {
  const search::Include* include = nullptr;
  std::int64_t source = 0;          // type; 0: any
  std::int64_t target = 0;          // type; 0: any
  std::int64_t param = 0;           // 0: any
  std::vector<Way> ways;            // by uris; in reverse by references too
  std::vector<std::int64_t> names;  // forward: the parameters that have what canonicals lead by
};

class Collector {
 public:
  Collector(Executor& executor, const Includes& includes, const Keys& matches)
      : executor_(executor),
        catalog_(executor.catalog()),
        to_(includes.to),
        base_url_(includes.to.base_url),
        visible_(includes.visible),
        seen_(matches.begin(), matches.end()) {}

  Status run(const std::vector<search::Include>& includes, const Keys& matches) {
    std::vector<Step> steps;
    for (const search::Include& include : includes) VESTA_CHECK_OK(add_step(include, steps));
    for (const Step& step : steps) {
      for (const std::int64_t key : matches) VESTA_CHECK_OK(follow(step, key));
    }
    // What is found is appended while this runs: until nothing new comes.
    for (std::size_t i = 0; i < found_.size(); ++i) {
      for (const Step& step : steps) {
        if (step.include->iterate) VESTA_CHECK_OK(follow(step, found_[i]));
      }
    }
    return kOk;
  }
  const Keys& found() const { return found_; }

 private:
  using Toward = search::Include::Direction;

  // Nothing is led to by what the store has no number for.
  Status add_step(const search::Include& include, std::vector<Step>& steps) const {
    Step step{&include, 0, 0, 0, {}, {}};
    if (include.source != fhir::kNoType && (step.source = catalog_.find_type(include.source)) == 0) return kOk;
    if (include.target != fhir::kNoType && (step.target = catalog_.find_type(include.target)) == 0) return kOk;
    if (include.parameter != nullptr) {
      step.param = catalog_.find_parameter(include.parameter->id);
      VESTA_CHECK_OK(add_way(*include.parameter, step));
    } else {
      VESTA_CHECK_OK(add_ways(include.source, step));
    }
    if (include.parameter != nullptr && step.param == 0 && step.ways.empty()) return kOk;
    if (include.direction == Toward::forward) add_names(step);
    steps.push_back(std::move(step));
    return kOk;
  }

  // Of all references of a type, or of all types, that `Type:*` stands for.
  Status add_ways(fhir::TypeId source, Step& step) const {
    for (std::int64_t number = 1; number <= catalog_.type_count(); ++number) {
      const fhir::TypeId type = catalog_.type_of(number);
      if (type == fhir::kNoType || (source != fhir::kNoType && type != source)) continue;
      for (const search::Parameter* parameter : catalog_.registry().parameters_of(type)) {
        if (is_chosen(*parameter)) VESTA_CHECK_OK(add_way(*parameter, step));
      }
    }
    return kOk;
  }

  Status add_way(const search::Parameter& parameter, Step& step) const {
    Way way{catalog_.find_parameter(parameter.id), 0, false};
    if (parameter.canonical != search::kNoParameter) way.canonical = catalog_.find_parameter(parameter.canonical);
    if (way.param != 0 && !base_url_.empty()) {
      VESTA_TRY(way.has_own_urls, has_uris_below(executor_.connection(), way.param, base_url_ + "/"));
    }
    const bool is_local = way.canonical == 0 && !way.has_own_urls;
    if (is_local && (way.param == 0 || step.include->direction == Toward::forward)) return kOk;
    step.ways.push_back(way);
    return kOk;
  }

  void add_names(Step& step) const {
    const bool is_needed = std::ranges::any_of(step.ways, [](const Way& way) { return way.canonical != 0; });
    if (!is_needed) return;
    for (std::int64_t type = 1; type <= catalog_.type_count(); ++type) {
      if (step.target != 0 && step.target != type) continue;
      const search::ParameterId names = catalog_.registry().canonical_of(catalog_.type_of(type)).names;
      const std::int64_t number = names == search::kNoParameter ? 0 : catalog_.find_parameter(names);
      if (number != 0) step.names.push_back(number);
    }
  }

  // A copy of what is remembered of a resource is made: what is found is looked up meanwhile.
  Status follow(const Step& step, std::int64_t key) {
    VESTA_TRY(const ResourceFacts* facts, executor_.facts(key));
    if (step.include->direction == Toward::reverse) {
      if (step.target != 0 && facts->type != step.target) return kOk;
      return follow_back(step, key, ResourceFacts(*facts));
    }
    if (step.source != 0 && facts->type != step.source) return kOk;
    std::vector<StoredReference> references;
    const bool has_references = step.param != 0 || step.include->parameter == nullptr;
    if (has_references && !decode_references(catalog_, facts->indexed, step.param, references)) {
      return damaged_values();
    }
    if (!step.ways.empty()) VESTA_CHECK_OK(follow_uris(step, ResourceFacts(*facts)));
    for (const StoredReference& reference : references) {
      if (step.param == 0 && !is_chosen(reference.param)) continue;
      VESTA_CHECK_OK(add(reference.target, step.target));
    }
    return kOk;
  }

  // Of several parameters with one code only the one that a search by the code takes, and that once it is ready.
  bool is_chosen(const search::Parameter& parameter) const {
    const search::Registry& registry = catalog_.registry();
    return parameter.kind == fhir::SearchParamType::reference &&
           registry.find(parameter.type, parameter.code) == &parameter &&
           registry.readiness(parameter.id) == search::Readiness::ready;
  }
  bool is_chosen(std::int64_t param) const {
    const auto id = catalog_.parameter_of(param);
    return id && is_chosen(catalog_.registry().parameter(*id));
  }

  Status follow_uris(const Step& step, const ResourceFacts& source) {
    for (const Way& way : step.ways) {
      if (way.has_own_urls) {
        VESTA_TRY(const std::vector<std::string_view> uris, uris_of(catalog_, source.indexed, way.param));
        for (const std::string_view uri : uris) VESTA_CHECK_OK(add_own(uri, step.target));
      }
      if (way.canonical == 0) continue;
      VESTA_TRY(const std::vector<std::string_view> canonicals, uris_of(catalog_, source.indexed, way.canonical));
      for (const std::string_view canonical : canonicals) {
        for (const std::int64_t names : step.names) {
          VESTA_TRY(const Keys keys, keys_of_uri(executor_.connection(), names, canonical));
          for (const std::int64_t key : keys) VESTA_CHECK_OK(add(key, step.target));
        }
      }
    }
    return kOk;
  }

  // The resource of this server that an absolute URL names, if any.
  Status add_own(std::string_view uri, std::int64_t target) {
    const auto own = search::own_resource(catalog_.definitions(), base_url_, uri);
    const std::int64_t type = own ? catalog_.find_type(own->type) : 0;
    if (type == 0) return kOk;
    VESTA_TRY(const auto found, find_resource(executor_.connection(), type, store_id(own->id)));
    return found ? add(found->key, target) : kOk;
  }

  Status follow_back(const Step& step, std::int64_t key, const ResourceFacts& target) {
    const fhir::TypeId type = catalog_.type_of(target.type);
    const search::ParameterId names = catalog_.registry().canonical_of(type).names;
    for (const Way& way : step.ways) {
      StoredLink link{way.param, 0, target.type, {}, 0, 0};
      if (way.has_own_urls) link.own_urls = own_urls(catalog_, base_url_, type);
      if (names != search::kNoParameter && (link.names = catalog_.find_parameter(names)) != 0) {
        link.canonical = way.canonical;
      }
      VESTA_TRY(const std::vector<Equality> sources,
                sources_of(executor_.connection(), catalog_, link, key, target.indexed));
      for (const Equality& equality : sources) VESTA_CHECK_OK(add_all(equality));
    }
    return kOk;
  }

  // More rows than the limit hold a resource too many, whatever was seen before.
  Status add_all(const Equality& equality) {
    const auto limit = static_cast<std::int64_t>(search::kMaxIncluded + kMaxPageSize + 1);
    VESTA_TRY(const KeyPage page, equality_keys(executor_.connection(), equality, {0, INT64_MAX, limit}));
    Keys sources;
    for (const std::int64_t source : page.keys) {
      if (seen_.insert(source).second) sources.push_back(source);
    }
    return sources.empty() ? kOk : add_current(std::move(sources));
  }

  // `type`: what it must be of; 0: any.
  Status add(std::int64_t key, std::int64_t type) {
    if (seen_.contains(key)) return kOk;
    VESTA_TRY(const ResourceFacts* facts, executor_.facts(key));
    if (facts->state != State::current || (type != 0 && facts->type != type)) return kOk;
    seen_.insert(key);
    return add_current({key});
  }

  // Current resources of one type, as all are that have rows of one parameter in the index.
  Status add_current(Keys keys) {
    if (visible_ != nullptr) {
      VESTA_TRY(const ResourceFacts* facts, executor_.facts(keys.front()));
      VESTA_TRY(keys, seen_ones(facts->type, std::move(keys)));
    }
    if (found_.size() + keys.size() > search::kMaxIncluded) return too_large();
    found_.insert(found_.end(), keys.begin(), keys.end());
    return kOk;
  }

  Result<Keys> seen_ones(std::int64_t type, Keys keys) {
    const auto [at, is_new] = guards_.try_emplace(type);
    PlanNode& guard = at->second;
    if (is_new) VESTA_CHECK_OK(bind_guard(to_, type, *visible_, guard));
    return executor_.of(type).filter(guard, std::move(keys));
  }

  Executor& executor_;
  const Catalog& catalog_;
  const Binding to_;
  const std::string base_url_;
  const search::Visibility* const visible_;
  std::map<std::int64_t, PlanNode> guards_;  // by type
  std::unordered_set<std::int64_t> seen_;    // whatever became of it
  Keys found_;
};

}  // namespace

Status read_versions(Connection& connection, const Catalog& catalog, const Bodies& bodies, const Keys& keys,
                     std::size_t max_bytes, std::vector<Version>& versions) {
  versions.reserve(keys.size());
  Cursor cursor(connection, kVersion);
  std::size_t bytes = 0;
  for (const std::int64_t key : keys) {
    cursor.integer(1, key);
    if (!cursor.step()) {
      VESTA_CHECK_OK(cursor.status());
      return make_error(Category::unavailable, "an index row points to a resource that is not there");
    }
    VESTA_TRY(Version version, kept_version_at(catalog, bodies, cursor));
    bytes += version.tail.size();
    versions.push_back(std::move(version));
    cursor.reset();
    if (bytes >= max_bytes) break;
  }
  return kOk;
}

Status add_included(Executor& executor, const Bodies& bodies, const Includes& includes, const Keys& keys,
                    std::vector<Version>& included) {
  if (includes.all.empty()) return kOk;
  Collector collector(executor, includes, keys);
  VESTA_CHECK_OK(collector.run(includes.all, keys));
  VESTA_CHECK_OK(
      read_versions(executor.connection(), executor.catalog(), bodies, collector.found(), kMaxPageBytes, included));
  if (included.size() < collector.found().size()) return too_large();
  return kOk;
}

}  // namespace vesta::store::sqlite
