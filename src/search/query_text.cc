// Reads the parameters of a search one by one: criteria here, the form of the answer in result_parameters.cc.
#include "search/query_text.h"

#include <algorithm>

#include "search/params/parse.h"
#include "search/search_draft.h"

namespace vesta::search {
namespace {

using fhir::SearchParamType;
using params::ValueText;
using Parse = Result<Plan> (*)(const ValueText&);

// Parameters that R4 defines beside the registry's and that this server does not offer yet. The registry's own (_text,
// _content, _filter, _query, composites …) are refused for having no program.
constexpr std::string_view kNotOffered[] = {"_contained", "_containedType", "_has",   "_include",
                                            "_list",      "_revinclude",    "_score", "_graph"};

// https://hl7.org/fhir/R4/search.html#modifiers
constexpr std::string_view kStringModifiers[] = {"exact", "contains"};

struct Name {
  std::string_view base, modifier;
};
Name split_name(std::string_view name) {
  const std::size_t colon = name.find(':');
  if (colon == std::string_view::npos) return {name, {}};
  return {name.substr(0, colon), name.substr(colon + 1)};
}

Parse parser_of(SearchParamType kind) {
  switch (kind) {
    case SearchParamType::token:
      return params::parse_token;
    case SearchParamType::string:
      return params::parse_string;
    case SearchParamType::reference:
      return params::parse_reference;
    case SearchParamType::date:
      return params::parse_date;
    case SearchParamType::number:
      return params::parse_number;
    case SearchParamType::quantity:
      return params::parse_quantity;
    case SearchParamType::uri:
      return params::parse_uri;
    case SearchParamType::composite:
    case SearchParamType::special:
      break;
  }
  return nullptr;
}

// How a criterion is read for one type: null where the type does not know it, or it is not offered.
struct Criterion {
  const Parameter* parameter = nullptr;  // stays null for _id and _lastUpdated
  Parse parse = nullptr;
};
Criterion find_criterion(const Registry& registry, fhir::TypeId type, std::string_view code) {
  if (code == "_id") return {nullptr, params::parse_id};
  if (code == "_lastUpdated") return {nullptr, params::parse_last_updated};
  const Parameter* parameter = registry.find(type, code);
  if (parameter == nullptr) return {};
  return {parameter, parameter->program == nullptr ? nullptr : parser_of(parameter->kind)};
}

bool accepts_modifier(const Criterion& criterion, std::string_view modifier) {
  return criterion.parameter != nullptr && criterion.parameter->kind == SearchParamType::string &&
         std::ranges::find(kStringModifiers, modifier) != std::end(kStringModifiers);
}

Error limit_error(const http::Parameter& parameter, std::string_view code, std::string_view what) {
  std::string why = "Parameter '" + parameter.name + "': " + std::string(what);
  Error error = make_error(Category::invalid, why);
  error.issues.push_back({Severity::error, std::string(code), std::move(why), ""});
  return error;
}

// https://hl7.org/fhir/R4/search.html#combining: the values of one parameter, separated by commas, are alternatives.
Result<Plan> parse_alternatives(const SearchDraft& draft, const http::Parameter& parameter, std::string_view modifier,
                                const Criterion& criterion) {
  const auto texts = params::split_escaped(parameter.value, ',', kMaxOrValues + 1);
  if (texts.size() > kMaxOrValues) {
    return limit_error(parameter, "too-costly", "more than " + std::to_string(kMaxOrValues) + " values");
  }
  std::vector<Plan> alternatives;
  for (const std::string_view text : texts) {
    if (text.empty()) return limit_error(parameter, "value", "a value is empty");
    if (text.size() > kMaxValueBytes) {
      return limit_error(parameter, "too-long", "a value is longer than " + std::to_string(kMaxValueBytes) + " bytes");
    }
    VESTA_TRY(Plan plan, criterion.parse({draft.context, criterion.parameter, parameter.name, modifier, text}));
    alternatives.push_back(std::move(plan));
  }
  return alternatives.size() == 1 ? std::move(alternatives.front())
                                  : Plan::make(Plan::Kind::or_, std::move(alternatives));
}

std::string searched(const SearchDraft& draft) {
  if (draft.path_type != fhir::kNoType) return std::string(draft.definitions().type(draft.path_type).name);
  return "all of the searched types";
}

// "If _type is included, all other search parameters SHALL be common to all provided types; if not, to all resource
// types." https://hl7.org/fhir/R4/http.html#search
void apply_criterion(const http::Parameter& parameter, const Name& name, SearchDraft& draft) {
  const std::string named = "Parameter '" + parameter.name + "'";
  std::vector<Plan> plans;
  for (const Query& query : draft.search.queries) {
    const Criterion criterion = find_criterion(draft.context.registry, query.type, name.base);
    if (criterion.parse == nullptr && criterion.parameter == nullptr) {
      return draft.refuse("invalid", named + " is unknown for " + searched(draft));
    }
    if (criterion.parse == nullptr) return draft.refuse("not-supported", named + " is not supported");
    // "Servers SHALL reject any search request that contains a modifier that the server does not support for that
    // parameter", so leniency does not reach here. https://hl7.org/fhir/R4/search.html#modifiers
    if (name.base.size() != parameter.name.size() && !accepts_modifier(criterion, name.modifier)) {
      return draft.reject("not-supported",
                          named + ": the modifier ':" + params::quoted(name.modifier) + "' is not supported for it");
    }
    auto plan = parse_alternatives(draft, parameter, name.modifier, criterion);
    if (!plan) {
      for (const Issue& issue : plan.error().issues) draft.issues.push_back(issue);
      return;
    }
    plans.push_back(std::move(*plan));
  }
  for (std::size_t i = 0; i < plans.size(); ++i) draft.criteria[i].push_back(std::move(plans[i]));
  draft.search.applied.push_back(parameter);
}

void apply(const http::Parameter& parameter, SearchDraft& draft) {
  const std::string named = "Parameter '" + params::quoted(parameter.name) + "'";
  const Name name = split_name(parameter.name);
  if (std::ranges::find(kNotOffered, name.base) != std::end(kNotOffered)) {
    return draft.refuse("not-supported", named + " is not supported");
  }
  if (parameter.name.find('.') != std::string::npos) {
    return draft.refuse("not-supported", named + ": chained parameters are not supported");
  }
  if (parameter.value.empty()) return draft.reject("value", named + " has no value");
  if (apply_result_parameter(parameter, draft)) return;
  apply_criterion(parameter, name, draft);
}

// The place of an issue of a search is the parameter's name: set on those that have none yet.
void name_place(std::vector<Issue>& issues, std::string_view parameter) {
  for (auto issue = issues.rbegin(); issue != issues.rend() && issue->expression.empty(); ++issue) {
    issue->expression = params::quoted(parameter);
  }
}

Plan all_of(std::vector<Plan> criteria) {
  if (criteria.empty()) return Plan::make_all();
  if (criteria.size() == 1) return std::move(criteria.front());
  return Plan::make(Plan::Kind::and_, std::move(criteria));
}

}  // namespace

Result<Search> parse_search(const ParseContext& context, fhir::TypeId type,
                            std::span<const http::Parameter> parameters) {
  SearchDraft draft{context, type, {}, {}, {}, {}, {}};
  for (const fhir::TypeId searched_type : types_of_search(parameters, draft)) {
    draft.search.queries.push_back({searched_type, Plan::make_all(), {}});
  }
  name_place(draft.issues, "_type");
  draft.criteria.resize(draft.search.queries.size());
  for (const http::Parameter& parameter : parameters) {
    apply(parameter, draft);
    name_place(draft.issues, parameter.name);
    name_place(draft.search.ignored, parameter.name);
  }
  if (!draft.issues.empty()) {
    Error error = make_error(Category::invalid, draft.issues.front().diagnostics);
    error.issues = std::move(draft.issues);
    return error;
  }
  for (std::size_t i = 0; i < draft.criteria.size(); ++i) {
    draft.search.queries[i].plan = all_of(std::move(draft.criteria[i]));
  }
  if (draft.search.count_only) {  // a count is all that is asked for, so it must be right
    draft.search.count = 0;
    draft.search.total = Total::accurate;
  }
  return std::move(draft.search);
}

}  // namespace vesta::search
