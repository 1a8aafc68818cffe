// Searches by url, version and status.
#include "ops/canonical.h"

#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "search/combine.h"
#include "search/plan.h"

namespace vesta::ops {
namespace {

search::Plan has_code(const search::Parameter& parameter, std::string_view code) {
  return search::Plan::make_leaf({&parameter, search::TokenMatch{std::nullopt, std::string(code)}});
}

}  // namespace

CanonicalType CanonicalType::of(const search::Registry& registry, std::string_view name) {
  const auto type = registry.definitions().find_resource_type(name);
  CHECK(type.has_value());
  const CanonicalType found{*type, registry.find_core(*type, "url"), registry.find_core(*type, "version"),
                            registry.find_core(*type, "status")};
  CHECK(found.url != nullptr && found.version != nullptr && found.status != nullptr);
  return found;
}

Result<std::optional<store::Version>> find_canonical(const access::GuardedStore& store, const CanonicalType& type,
                                                     std::string_view url, std::string_view version) {
  using search::Plan;
  store::SearchOptions options;
  options.count = 1;
  for (const std::string_view status : {"active", "draft", "retired", ""}) {
    std::vector<Plan> all;
    all.push_back(Plan::make_leaf({type.url, search::UriMatch{std::string(url)}}));
    if (!version.empty()) all.push_back(has_code(*type.version, version));
    if (!status.empty()) all.push_back(has_code(*type.status, status));
    const search::Query query{
        type.type, search::all_of(std::move(all)), {{search::SortKey::Column::last_updated, nullptr, true}}};
    VESTA_TRY(store::SearchPage page, store.search(query, options));
    if (!page.entries.empty()) return std::optional(std::move(page.entries.front()));
  }
  return std::optional<store::Version>();
}

}  // namespace vesta::ops
