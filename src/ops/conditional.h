// Criteria: finding the one resource that a conditional interaction or reference means.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ops/context.h"
#include "search/plan.h"
#include "store/store.h"

namespace vesta::ops {

// What criteria mean, and what they found: at most two ids.
struct Matches {
  search::Query query;
  std::vector<std::string> ids;

  // Holds as long as a search would find the same.
  store::Condition condition() && { return {std::move(query), std::move(ids)}; }
};

// `criteria`: search parameters as in a query string, without '?'. Errors (invalid): none, broken ones, parameters that
// do not filter (_count, _sort …).
Result<search::Query> parse_criteria(const Context& context, fhir::TypeId type, std::string_view criteria);
Result<Matches> find_matches(const Context& context, fhir::TypeId type, std::string_view criteria);

// 412: the criteria are not selective enough. https://hl7.org/fhir/R4/http.html#cond-update
Error multiple_matches(const Context& context, fhir::TypeId type, std::string_view criteria);

// Its id. Errors: not_found (none), precondition (several).
Result<std::string> the_only_match(const Context& context, const Matches& matches, fhir::TypeId type,
                                   std::string_view criteria);

// What `PUT [type]?criteria` with this id in the body (or none) does.
// https://hl7.org/fhir/R4/http.html#cond-update
struct ConditionalTarget {
  std::string id;  // of the resource to write: found, given, or a new one of the server's
  bool found = false;
};
Result<ConditionalTarget> conditional_target(Context& context, const Matches& matches, fhir::TypeId type,
                                             std::string_view criteria, std::string_view body_id);

}  // namespace vesta::ops
