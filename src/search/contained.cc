// Makes the queries of `_contained` and `_containedType`.
#include "search/contained.h"

#include <algorithm>
#include <string>
#include <utility>

#include "search/chains.h"

namespace vesta::search {
namespace {

using Wanted = ContainedMode::Wanted;

bool has_column_only(const SortKey& key) {
  return key.column != SortKey::Column::parameter;
}

void check_sort(SearchDraft& draft) {
  if (draft.search.queries.empty()) return;
  const std::vector<SortKey>& sort = draft.search.queries.front().sort;
  if (draft.contained.returns_inner) {
    const bool by_id = std::ranges::any_of(sort, [](const SortKey& key) { return key.column == SortKey::Column::id; });
    if (by_id) draft.reject("not-supported", "Parameter '_sort': contained resources cannot be sorted by '_id'");
  } else if (!std::ranges::all_of(sort, has_column_only)) {
    draft.reject("not-supported",
                 "Parameter '_sort': what contains the matches, of any type, can be sorted by '_id' and '_lastUpdated' "
                 "alone; '_containedType=contained' finds the matches themselves");
  }
}

// Of the matches themselves, not of what they are linked to.
bool asks_for_id(const Plan& plan) {
  switch (plan.kind) {
    case Plan::Kind::leaf:
      return std::holds_alternative<IdMatch>(plan.leaf.match);
    case Plan::Kind::and_:
    case Plan::Kind::or_:
    case Plan::Kind::not_:
      return std::ranges::any_of(plan.children, asks_for_id);
    default:
      return false;
  }
}

std::vector<Query> inner_queries(SearchDraft& draft) {
  std::vector<Query> queries;
  if (draft.contained.wanted == Wanted::both) queries = draft.search.queries;
  for (Query& query : draft.search.queries) {
    query.scope = Scope::contained;
    queries.push_back(std::move(query));
  }
  return queries;
}

// What a resource of `type` must satisfy.
Plan container_plan(const SearchDraft& draft, fhir::TypeId type) {
  std::vector<Plan> either;
  for (const Query& query : draft.search.queries) {
    if (draft.contained.wanted == Wanted::both && query.type == type) either.push_back(query.plan);
    either.push_back(Plan::make_link(Plan::Kind::contains, {nullptr, query.type}, query.plan));
  }
  return either.size() == 1 ? std::move(either.front()) : Plan::make(Plan::Kind::or_, std::move(either));
}

std::vector<Query> container_queries(SearchDraft& draft) {
  const fhir::Definitions& definitions = draft.definitions();
  std::vector<Query> queries;
  std::size_t nodes = 0;
  for (std::size_t id = 0; id < definitions.types().size() && !draft.search.queries.empty(); ++id) {
    const fhir::Type& type = definitions.types()[id];
    if (type.kind != fhir::TypeKind::resource || type.is_abstract) continue;
    const Query& any = draft.search.queries.front();  // the sorts of all are the same
    queries.push_back(
        {static_cast<fhir::TypeId>(id), container_plan(draft, static_cast<fhir::TypeId>(id)), any.sort, any.base_url});
    nodes += count_nodes(queries.back().plan);
    if (nodes <= kMaxContainerNodes) continue;
    draft.reject("too-costly",
                 "Parameter '_contained': over all types that may contain a match the search has more "
                 "than " +
                     std::to_string(kMaxContainerNodes) + " conditions");
    return {};
  }
  return queries;
}

}  // namespace

bool finds_containers(std::span<const http::Parameter> parameters) {
  const auto has = [&](std::string_view name, std::string_view value) {
    return std::ranges::any_of(parameters,
                               [&](const http::Parameter& each) { return each.name == name && each.value == value; });
  };
  return (has("_contained", "true") || has("_contained", "both")) && !has("_containedType", "contained");
}

void check_contained(SearchDraft& draft) {
  if (draft.contained.wanted == Wanted::no) return;
  check_sort(draft);
  for (const std::vector<Plan>& criteria : draft.criteria) {
    if (!std::ranges::any_of(criteria, asks_for_id)) continue;
    draft.reject("not-supported", "Parameter '_contained': contained resources have no '_id' to be searched by");
    break;
  }
  if (!draft.contained.returns_inner || draft.search.includes.empty()) return;
  draft.reject("not-supported", "Parameter '_containedType': nothing is included with contained resources");
}

void search_contained(SearchDraft& draft) {
  if (draft.contained.wanted == Wanted::no) return;
  draft.search.queries = draft.contained.returns_inner ? inner_queries(draft) : container_queries(draft);
}

}  // namespace vesta::search
