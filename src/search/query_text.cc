// Reads the parameters of a search one by one: criteria here, the form of the answer in result_parameters.cc.
#include "search/query_text.h"

#include <algorithm>

#include "search/chains.h"
#include "search/combine.h"
#include "search/contained.h"
#include "search/criterion.h"
#include "search/filter/binder.h"
#include "search/params/parse.h"
#include "search/readiness.h"
#include "search/search_draft.h"

namespace vesta::search {
namespace {

// Parameters that R4 defines and that this server does not offer.
constexpr std::string_view kNotOffered[] = {"_score", "_graph", "_query"};

// "Patient", or of several types the one that the parameter is not common to.
std::string searched(const SearchDraft& draft, fhir::TypeId type) {
  std::string text(draft.definitions().type(type).name);
  if (draft.search.queries.size() > 1) text += ", and several types are searched by what all of them have";
  return text;
}

// What the name of a criterion's first segment is to one type.
enum class Known : std::uint8_t { no, not_offered, yes };

Known first_known(const SearchDraft& draft, fhir::TypeId type, const Path& path, const Criterion& last) {
  if (path.steps.empty()) {
    if (!last.knows(type)) return Known::no;
    return last.is_readable(type) ? Known::yes : Known::not_offered;
  }
  const PathStep& step = path.steps.front();
  if (step.kind == Plan::Kind::has) return Known::yes;
  return draft.context.registry.find(type, step.code) != nullptr ? Known::yes : Known::no;
}

// Adds one plan per query to the criteria.
void add_criteria(const http::Parameter& parameter, std::vector<Plan> plans, SearchDraft& draft) {
  for (std::size_t i = 0; i < plans.size(); ++i) {
    draft.nodes[i] += count_nodes(plans[i]);
    if (draft.nodes[i] > kMaxPlanNodes) {
      return draft.reject("too-costly", "Parameter '" + params::quoted(parameter.name) +
                                            "': with it the search has more than " + std::to_string(kMaxPlanNodes) +
                                            " conditions");
    }
  }
  for (std::size_t i = 0; i < plans.size(); ++i) draft.criteria[i].push_back(std::move(plans[i]));
  draft.search.applied.push_back(parameter);
}

// https://hl7.org/fhir/R4/search_filter.html
void apply_filter(const http::Parameter& parameter, SearchDraft& draft) {
  std::vector<Plan> plans;
  for (const Query& query : draft.search.queries) {
    auto plan = filter::filter_plan(draft.context, query.type, parameter.value);
    if (!plan) return draft.add(plan.error());
    plans.push_back(std::move(*plan));
  }
  add_criteria(parameter, std::move(plans), draft);
}

// "If _type is included, all other search parameters SHALL be common to all provided types; if not, to all resource
// types." https://hl7.org/fhir/R4/http.html#search
void apply_criterion(const http::Parameter& parameter, SearchDraft& draft) {
  const std::string named = "Parameter '" + params::quoted(parameter.name) + "'";
  const auto path = split_path(parameter.name);
  if (!path) return draft.add(path.error());
  const Criterion last(draft.context, parameter.name, path->last, parameter.value);
  std::vector<Plan> plans;
  for (const Query& query : draft.search.queries) {
    const Known known = first_known(draft, query.type, *path, last);
    if (known == Known::no) return draft.refuse("invalid", named + " is unknown for " + searched(draft, query.type));
    if (known == Known::not_offered) return draft.refuse("not-supported", named + " is not supported");
    auto plan = bind_path(draft.context.registry, parameter.name, query.type, path->steps, last);
    if (!plan) return draft.add(plan.error());
    plans.push_back(std::move(*plan));
  }
  add_criteria(parameter, std::move(plans), draft);
}

void apply(const http::Parameter& parameter, SearchDraft& draft) {
  const std::string named = "Parameter '" + params::quoted(parameter.name) + "'";
  const std::string_view base = std::string_view(parameter.name).substr(0, parameter.name.find(':'));
  if (std::ranges::find(kNotOffered, base) != std::end(kNotOffered)) {
    return draft.refuse("not-supported", named + " is not supported");
  }
  if (parameter.value.empty()) return draft.reject("value", named + " has no value");
  if (apply_result_parameter(parameter, draft) || apply_include(parameter, draft)) return;
  if (parameter.name == "_filter") return apply_filter(parameter, draft);
  apply_criterion(parameter, draft);
}

// The place of an issue of a search is the parameter's name: set on those that have none yet.
void name_place(std::vector<Issue>& issues, std::string_view parameter) {
  for (auto issue = issues.rbegin(); issue != issues.rend() && issue->expression.empty(); ++issue) {
    issue->expression = params::quoted(parameter);
  }
}

bool is_include(const http::Parameter& parameter) {
  return parameter.name.starts_with("_include") || parameter.name.starts_with("_revinclude");
}

// "The _include and _revinclude parameters cannot be mixed with _summary=text." Without them the matches are the same,
// so leniency leaves them out. https://hl7.org/fhir/R4/search.html#summary
void check_summary_of_includes(SearchDraft& draft) {
  Search& search = draft.search;
  if (search.summary != fhir::Summary::text) return;
  for (const http::Parameter& parameter : search.applied) {
    if (!is_include(parameter)) continue;
    draft.refuse("invalid", "Parameter '" + params::quoted(parameter.name) + "': '" + params::quoted(parameter.value) +
                                "' cannot be used together with '_summary=text'");
    name_place(draft.issues, parameter.name);
    name_place(search.ignored, parameter.name);
  }
  search.includes.clear();
  std::erase_if(search.applied, is_include);
}

Error refusal(SearchDraft& draft) {
  Error error = make_error(draft.category, draft.issues.front().diagnostics);
  error.issues = std::move(draft.issues);
  return error;
}

}  // namespace

Result<Search> parse_search(const ParseContext& given, fhir::TypeId type, std::span<const http::Parameter> parameters) {
  ParseContext context = given;
  SearchDraft draft{context, type};
  context.notes = &draft.search.ignored;
  draft.finds_any_type = finds_containers(parameters);
  for (const fhir::TypeId searched_type : types_of_search(parameters, draft)) {
    draft.search.queries.push_back({searched_type, Plan::make_all(), {}, std::string(context.base_url)});
  }
  name_place(draft.issues, "_type");
  draft.criteria.resize(draft.search.queries.size());
  draft.nodes.resize(draft.search.queries.size());
  if (parameters.size() > kMaxParameters) {
    draft.reject("too-costly", "More than " + std::to_string(kMaxParameters) + " parameters");
    parameters = {};
  }
  for (const http::Parameter& parameter : parameters) {
    apply(parameter, draft);
    name_place(draft.issues, parameter.name);
    name_place(draft.search.ignored, parameter.name);
  }
  check_summary_of_includes(draft);
  check_contained(draft);
  if (!draft.issues.empty()) return refusal(draft);
  for (std::size_t i = 0; i < draft.criteria.size(); ++i) {
    draft.search.queries[i].plan = all_of(std::move(draft.criteria[i]));
  }
  search_contained(draft);
  if (!draft.issues.empty()) return refusal(draft);
  if (draft.search.count_only) {  // a count is all that is asked for, so it must be right
    draft.search.count = 0;
    draft.search.total = Total::accurate;
  }
  VESTA_CHECK_OK(check_ready(context.registry, draft.search.queries, draft.search.includes));
  return std::move(draft.search);
}

}  // namespace vesta::search
