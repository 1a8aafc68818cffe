// Makes the queries of `_contained` and `_containedType`.
#include "search/contained.h"

#include <algorithm>
#include <string>
#include <utility>

#include "search/chains.h"
#include "search/combine.h"

namespace vesta::search {
namespace {

using Wanted = ContainedMode::Wanted;

bool has_column_only(const SortKey& key) {
  return key.column != SortKey::Column::parameter;
}

// The place of the issue is the parameter.
void refuse(SearchDraft& draft, std::string_view parameter, std::string_view code, std::string_view why) {
  std::string text = "Parameter '" + std::string(parameter) + "': " + std::string(why);
  draft.issues.push_back({Severity::error, std::string(code), std::move(text), std::string(parameter)});
}

void check_sort(SearchDraft& draft) {
  if (draft.search.queries.empty()) return;
  const std::vector<SortKey>& sort = draft.search.queries.front().sort;
  if (draft.contained.returns_inner) {
    const bool by_id = std::ranges::any_of(sort, [](const SortKey& key) { return key.column == SortKey::Column::id; });
    if (by_id) refuse(draft, "_sort", "not-supported", "contained resources cannot be sorted by '_id'");
  } else if (!std::ranges::all_of(sort, has_column_only)) {
    refuse(draft, "_sort", "not-supported",
           "what contains the matches, of any type, can be sorted by '_id' and '_lastUpdated' alone; "
           "'_containedType=contained' finds the matches themselves");
  }
}

// What nothing that is contained can be asked for: of the matches themselves, not of what they are linked to. Empty: no
// such thing.
std::string_view unaskable(const Plan& plan) {
  switch (plan.kind) {
    case Plan::Kind::leaf:
      return std::holds_alternative<IdMatch>(plan.leaf.match) ? "have no '_id' to be searched by" : "";
    case Plan::Kind::has:
      return "are found by no reference to them ('_has', '_list')";
    case Plan::Kind::and_:
    case Plan::Kind::or_:
    case Plan::Kind::not_:
      for (const Plan& child : plan.children) {
        const std::string_view why = unaskable(child);
        if (!why.empty()) return why;
      }
      return "";
    case Plan::Kind::shared:
      return unaskable(*plan.shared);
    default:
      return "";
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
  return any_of(std::move(either));
}

std::vector<Query> container_queries(SearchDraft& draft) {
  const fhir::Definitions& definitions = draft.definitions();
  std::vector<Query> queries;
  std::size_t types = 0, nodes = 0;
  for (const fhir::Type& type : definitions.types()) {
    types += type.kind == fhir::TypeKind::resource && !type.is_abstract ? 1 : 0;
  }
  for (const Query& query : draft.search.queries) nodes += types * (1 + count_nodes(query.plan));
  if (nodes > kMaxContainerNodes) {
    refuse(draft, "_contained", "too-costly",
           "over all types that may contain a match the search has more than " + std::to_string(kMaxContainerNodes) +
               " conditions");
    return queries;
  }
  for (std::size_t id = 0; id < definitions.types().size() && !draft.search.queries.empty(); ++id) {
    const fhir::Type& type = definitions.types()[id];
    if (type.kind != fhir::TypeKind::resource || type.is_abstract) continue;
    const Query& any = draft.search.queries.front();  // the sorts of all are the same
    queries.push_back(
        {static_cast<fhir::TypeId>(id), container_plan(draft, static_cast<fhir::TypeId>(id)), any.sort, any.base_url});
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
  if (draft.contained.wanted == Wanted::no) {
    const bool has_type = std::ranges::find(draft.seen, "_containedType") != draft.seen.end();
    if (has_type) refuse(draft, "_containedType", "invalid", "nothing contained is searched without '_contained'");
    return;
  }
  check_sort(draft);
  if (!draft.criteria.empty()) {
    for (const Plan& criterion : draft.criteria.front()) {
      const std::string_view why = unaskable(criterion);
      if (!why.empty()) refuse(draft, "_contained", "not-supported", "contained resources " + std::string(why));
    }
  }
  if (!draft.contained.returns_inner || draft.search.includes.empty()) return;
  refuse(draft, "_containedType", "not-supported", "nothing is included with contained resources");
}

void search_contained(SearchDraft& draft) {
  if (draft.contained.wanted == Wanted::no) return;
  draft.search.queries = draft.contained.returns_inner ? inner_queries(draft) : container_queries(draft);
}

}  // namespace vesta::search
