// Conditional create, update and delete. https://hl7.org/fhir/R4/http.html#ccreate
#include "ops/conditional.h"

#include <utility>

#include "ops/interactions.h"
#include "ops/links.h"
#include "ops/representation.h"
#include "ops/store_hierarchy.h"
#include "ops/store_id_owners.h"
#include "ops/writes.h"
#include "search/query_text.h"

namespace vesta::ops {

Result<search::Query> parse_criteria(const Context& context, fhir::TypeId type, std::string_view criteria) {
  if (criteria.starts_with('?')) criteria.remove_prefix(1);
  const auto parameters = http::parse_query(criteria);
  if (!parameters) {
    return make_error(Category::invalid,
                      "The criteria are not a well-formed query string: " + http::query_defect(criteria) + ".");
  }
  if (parameters->empty()) return make_error(Category::invalid, "Criteria are missing: at least one search parameter.");
  for (const http::Parameter& parameter : *parameters) {
    const std::string_view name = std::string_view(parameter.name).substr(0, parameter.name.find(':'));
    for (std::string_view result_parameter : {"_count", "_sort", "_total", "_summary", "_elements", "_page", "_type",
                                              "_include", "_revinclude", "_contained", "_containedType"}) {
      if (name != result_parameter) continue;
      return Error{
          Category::invalid,
          {},
          {Issue{Severity::error, "invalid", "Criteria filter; '" + parameter.name + "' does not.", parameter.name}}};
    }
  }
  const StoreHierarchy hierarchy = hierarchy_of(context);
  search::ParseContext parse{context.registry,         context.base_url, context.clock.now(),
                             search::Handling::strict, context.codes,    &hierarchy};
  const StoreIdOwners id_owners(context);
  parse.id_owners = &id_owners;
  VESTA_TRY(search::Search parsed, search::parse_search(parse, type, *parameters));
  if (parsed.queries.size() != 1 || parsed.queries.front().plan.kind == search::Plan::Kind::all) {
    return make_error(Category::invalid, "The criteria do not filter.");
  }
  return std::move(parsed.queries.front());
}

Result<Matches> find_matches(const Context& context, fhir::TypeId type, std::string_view criteria) {
  Matches matches;
  VESTA_TRY(matches.query, parse_criteria(context, type, criteria));
  store::SearchOptions options;
  options.count = 2;
  VESTA_TRY(store::SearchPage page, context.store.search(matches.query, options));
  for (store::Version& version : page.entries) matches.ids.push_back(std::move(version.id));
  VESTA_TRY(matches.query, context.store.restricted(matches.query));
  return matches;
}

Error multiple_matches(const Context& context, fhir::TypeId type, std::string_view criteria) {
  return Error{Category::precondition,
               {},
               {Issue{Severity::error,
                      "multiple-matches",
                      "More than one " + std::string(context.definitions.type(type).name) + " matches '" +
                          std::string(criteria) + "'.",
                      {}}}};
}

Result<std::string> the_only_match(const Context& context, const Matches& matches, fhir::TypeId type,
                                   std::string_view criteria) {
  if (matches.ids.size() > 1) return multiple_matches(context, type, criteria);
  if (matches.ids.size() == 1) return matches.ids.front();
  return make_error(Category::not_found, "No " + std::string(context.definitions.type(type).name) + " matches '" +
                                             std::string(criteria) + "'.");
}

// 1. no match, no id in the body: a create; 2. no match, an id: an update-as-create; 3. one match, no id or its id: an
// update; 4. one match and another id: 400; 5. several: 412.
Result<ConditionalTarget> conditional_target(Context& context, const Matches& matches, fhir::TypeId type,
                                             std::string_view criteria, std::string_view body_id) {
  if (matches.ids.size() > 1) return multiple_matches(context, type, criteria);
  if (matches.ids.size() == 1) {
    if (!body_id.empty() && body_id != matches.ids.front()) {
      return make_error(Category::invalid, "The criteria match id '" + matches.ids.front() +
                                               "', but the resource in the body has the id '" + std::string(body_id) +
                                               "'.");
    }
    return ConditionalTarget{matches.ids.front(), true};
  }
  if (body_id.empty()) return ConditionalTarget{context.service.uuids.next(), false};
  return ConditionalTarget{std::string(body_id), false};
}

Result<http::Response> conditional_update(Context& context, Call& call) {
  // Before the body: whoever forgot the id of an update sees what is wrong, and not what the body lacks.
  if (call.parameters.empty()) {
    return make_error(Category::invalid,
                      "Criteria are missing: a PUT to a type needs at least one search parameter, one to a resource "
                      "its id in the path.");
  }
  store::ScratchLease scratch(context.definitions);
  VESTA_TRY(const fhir::Node* const resource, read_body(context, call, *scratch));
  const std::string_view body_id = resource->child_value(context.vocabulary.id);
  const std::string criteria = query_text(call.parameters);
  return with_retries([&]() -> Result<http::Response> {
    VESTA_TRY(Matches matches, find_matches(context, call.route.type, criteria));
    VESTA_TRY(const ConditionalTarget target, conditional_target(context, matches, call.route.type, criteria, body_id));
    VESTA_TRY(const Current current, context.store.read(call.route.type, target.id));
    if (!body_id.empty()) VESTA_CHECK_OK(check_chosen_id(context, call.route.type, current));
    // R4 leaves open what to do where the given id exists and does not match; R5's answer, 409, loses no data.
    if (!target.found && exists(current)) {
      return make_error(Category::conflict, "No resource matches, and one with the id '" + target.id + "' exists.");
    }
    VESTA_CHECK_OK(check_if_match(call.request.headers.get("If-Match"), version_of(current), exists(current)));
    VESTA_CHECK_OK(check_if_none_match(call.request.headers.get("If-None-Match"), current));
    store::WriteSet writes;
    writes.conditions.push_back(std::move(matches).condition());
    VESTA_CHECK_OK(add_put(context, *resource, target.id, current, *scratch, writes));
    return commit_one(context, call, exists(current) ? 200 : 201, writes);
  });
}

// Deletes the one match. Several: 412 (R4 lets a server choose).
Result<http::Response> conditional_remove(Context& context, Call& call) {
  store::ScratchLease scratch(context.definitions);
  const std::string criteria = query_text(call.parameters);
  return with_retries([&]() -> Result<http::Response> {
    VESTA_TRY(Matches matches, find_matches(context, call.route.type, criteria));
    if (matches.ids.size() > 1) return multiple_matches(context, call.route.type, criteria);
    if (matches.ids.empty()) return removed_response(context, call, nullptr);
    VESTA_TRY(const Current current, context.store.read(call.route.type, matches.ids.front()));
    if (!exists(current)) return make_error(Category::conflict, "The matching resource was deleted meanwhile.");
    VESTA_CHECK_OK(check_if_match(call.request.headers.get("If-Match"), current->version, exists(current)));
    store::WriteSet writes;
    writes.conditions.push_back(std::move(matches).condition());
    VESTA_CHECK_OK(add_remove(context, *current, *scratch, writes));
    return commit_one(context, call, 204, writes);
  });
}

}  // namespace vesta::ops
