// Includes: references followed in both directions, on the search's own snapshot.
#include "store/sqlite/includes.h"

#include <algorithm>
#include <unordered_set>

#include "store/sqlite/resource_rows.h"
#include "store/sqlite/values.h"

namespace vesta::store::sqlite {
namespace {

constexpr Sql kVersion{"SELECT " VESTA_VERSION_COLUMNS("r") " FROM resource r WHERE r.key = ?1"};

Error too_large() {
  return make_error(Category::too_large, "more than " + std::to_string(search::kMaxIncluded) + " resources or " +
                                             std::to_string(kMaxPageBytes >> 20) +
                                             " MB would be included with this page: ask for fewer matches (_count)");
}

// An include in the store's numbers.
struct Step {
  const search::Include* include = nullptr;
  std::int64_t source = 0;           // type; 0: any
  std::int64_t target = 0;           // type; 0: any
  std::vector<std::int64_t> params;  // forward: one, or none for all; reverse: each
};

class Collector {
 public:
  Collector(Executor& executor, const Keys& matches)
      : executor_(executor), catalog_(executor.catalog()), seen_(matches.begin(), matches.end()) {}

  Status run(const std::vector<search::Include>& includes, const Keys& matches) {
    std::vector<Step> steps;
    for (const search::Include& include : includes) add_step(include, steps);
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
  using Way = search::Include::Direction;

  // Nothing is led to by what the store has no number for.
  void add_step(const search::Include& include, std::vector<Step>& steps) const {
    Step step{&include, 0, 0, {}};
    if (include.source != fhir::kNoType && (step.source = catalog_.find_type(include.source)) == 0) return;
    if (include.target != fhir::kNoType && (step.target = catalog_.find_type(include.target)) == 0) return;
    if (include.parameter != nullptr) {
      const std::int64_t param = catalog_.find_parameter(include.parameter->id);
      if (param == 0) return;
      step.params.push_back(param);
    } else if (include.direction == Way::reverse) {
      for (const search::Parameter& parameter : catalog_.registry().parameters()) {
        if (parameter.kind != fhir::SearchParamType::reference) continue;
        if (include.source != fhir::kNoType && parameter.type != include.source) continue;
        const std::int64_t param = catalog_.find_parameter(parameter.id);
        if (param != 0) step.params.push_back(param);
      }
    }
    steps.push_back(std::move(step));
  }

  Status follow(const Step& step, std::int64_t key) {
    VESTA_TRY(const ResourceFacts* facts, executor_.facts(key));
    if (step.include->direction == Way::reverse) {
      if (step.target != 0 && facts->type != step.target) return kOk;
      return follow_back(step, key);
    }
    if (step.source != 0 && facts->type != step.source) return kOk;
    std::vector<StoredReference> references;
    if (!decode_references(catalog_, facts->indexed, step.params.empty() ? 0 : step.params.front(), references)) {
      return make_error(Category::unavailable, "the stored index values of a resource are damaged");
    }
    for (const StoredReference& reference : references) VESTA_CHECK_OK(add(reference.target, step.target));
    return kOk;
  }

  Status follow_back(const Step& step, std::int64_t key) {
    Equality equality;
    equality.table = Equality::Table::reference;
    equality.target = key;
    // More rows than that hold a resource too many, whatever was seen before.
    const auto limit = static_cast<std::int64_t>(search::kMaxIncluded + kMaxPageSize + 1);
    for (const std::int64_t param : step.params) {
      equality.param = param;
      VESTA_TRY(const KeyPage page, equality_keys(executor_.connection(), equality, {0, INT64_MAX, limit}));
      for (const std::int64_t source : page.keys) VESTA_CHECK_OK(add(source, 0));
    }
    return kOk;
  }

  // `type`: what it must be of; 0: any.
  Status add(std::int64_t key, std::int64_t type) {
    if (seen_.contains(key)) return kOk;
    VESTA_TRY(const ResourceFacts* facts, executor_.facts(key));
    if (facts->state != State::current || (type != 0 && facts->type != type)) return kOk;
    if (found_.size() >= search::kMaxIncluded) return too_large();
    seen_.insert(key);
    found_.push_back(key);
    return kOk;
  }

  Executor& executor_;
  const Catalog& catalog_;
  std::unordered_set<std::int64_t> seen_;
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
    VESTA_TRY(Version version, version_at(catalog, bodies, cursor));
    bytes += version.tail.size();
    versions.push_back(std::move(version));
    cursor.reset();
    if (bytes >= max_bytes) break;
  }
  return kOk;
}

Status add_included(Executor& executor, const Bodies& bodies, const std::vector<search::Include>& includes,
                    const Keys& keys, std::vector<Version>& included) {
  if (includes.empty()) return kOk;
  Collector collector(executor, keys);
  VESTA_CHECK_OK(collector.run(includes, keys));
  VESTA_CHECK_OK(
      read_versions(executor.connection(), executor.catalog(), bodies, collector.found(), kMaxPageBytes, included));
  if (included.size() < collector.found().size()) return too_large();
  return kOk;
}

}  // namespace vesta::store::sqlite
