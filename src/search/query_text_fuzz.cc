// Fuzzes the reading of searches: the first byte picks the type and the handling, the rest is the query string.
#include <cstdint>

#include "base/check.h"
#include "fhir/definitions.h"
#include "search/contained.h"
#include "search/plan_text.h"
#include "search/query_text.h"
#include "search/rewrite/rules.h"

namespace {

using namespace vesta;  // NOLINT: a fuzzer

std::size_t check_plan(const search::Registry& registry, fhir::TypeId type, const search::Plan& plan) {
  using Kind = search::Plan::Kind;
  if (plan.kind == Kind::leaf) {
    const search::Parameter* parameter = plan.leaf.parameter;
    const bool is_column = std::holds_alternative<search::IdMatch>(plan.leaf.match) ||
                           std::holds_alternative<search::LastUpdatedMatch>(plan.leaf.match);
    CHECK(is_column == (parameter == nullptr));
    if (parameter != nullptr) {
      CHECK(parameter->type == type);
      CHECK(&registry.parameter(parameter->id) == parameter);
    }
  }
  const bool is_containment = plan.kind == Kind::contains;
  const bool is_link = search::rewrites::is_link(plan);
  const bool is_inner = plan.kind == Kind::and_ || plan.kind == Kind::or_ || plan.kind == Kind::not_ || is_link;
  CHECK(is_inner == !plan.children.empty());
  if (is_link) {
    CHECK(plan.children.size() == 1 && is_containment == (plan.link.parameter == nullptr));
    CHECK(is_containment || plan.link.parameter->type == (plan.kind == Kind::chain ? type : plan.link.type));
  }
  std::size_t nodes = 1;
  for (const search::Plan& child : plan.children) nodes += check_plan(registry, is_link ? plan.link.type : type, child);
  return nodes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const search::Registry registry(fhir::r4());
  static const std::vector<fhir::TypeId> types = [] {
    std::vector<fhir::TypeId> found{fhir::kNoType};
    for (std::size_t id = 0; id < fhir::r4().types().size(); ++id) {
      const fhir::Type& type = fhir::r4().types()[id];
      if (type.kind == fhir::TypeKind::resource && !type.is_abstract) found.push_back(static_cast<fhir::TypeId>(id));
    }
    return found;
  }();
  if (size < 2) return 0;
  const fhir::TypeId type = types[data[0] % types.size()];
  const auto handling = data[1] % 2 == 0 ? search::Handling::strict : search::Handling::lenient;
  const auto parameters = http::parse_query({reinterpret_cast<const char*>(data + 2), size - 2});
  if (!parameters) return 0;
  const search::ParseContext context{registry, "http://localhost:8080/fhir", Instant{1'600'000'000'000'000}, handling};
  const auto parsed = search::parse_search(context, type, *parameters);
  if (!parsed) {
    CHECK(parsed.error().category == Category::invalid && !parsed.error().issues.empty());
    return 0;
  }
  CHECK(handling == search::Handling::lenient || parsed->ignored.empty());
  CHECK(parsed->includes.size() <= search::kMaxIncludes);
  CHECK(parsed->count <= search::kMaxCount && !parsed->queries.empty());
  // What contains the matches may be of any type.
  const bool finds_containers = search::finds_containers(*parameters);
  const std::size_t most = finds_containers ? search::kMaxContainerNodes : search::kMaxPlanNodes;
  for (const search::Query& query : parsed->queries) {
    CHECK(type == fhir::kNoType || query.type == type || finds_containers);
    CHECK(query.sort.size() <= search::kMaxSortKeys);
    CHECK(check_plan(registry, query.type, query.plan) <= most + 1);  // and the And of all criteria
    CHECK(!search::to_text(query.plan, registry).empty());
  }
  return 0;
}
