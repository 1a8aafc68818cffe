// Searches for what resources contain. https://hl7.org/fhir/R4/search.html#contained
#pragma once

#include "search/search_draft.h"

namespace vesta::search {

// Is it what contains the matches that is to be found, whose type may be any?
bool finds_containers(std::span<const http::Parameter> parameters);

// Adds issues for what cannot be meant together with `_contained`: a sort or a criterion by what the matches have
// not, includes of contained resources; and for `_containedType` without it.
void check_contained(SearchDraft& draft);

// Turns the queries, which are whole, into those that `_contained` and `_containedType` ask for:
//   contained: a query with Scope::contained for each (with `both` behind the query itself);
//   container: a query for each type of resource, for any may contain a match; with `both` it may match itself too, so
//              that a resource is found once.
// Adds an issue if these have too many conditions.
void search_contained(SearchDraft& draft);

}  // namespace vesta::search
