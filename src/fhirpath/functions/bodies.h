// The bodies of the functions, for the table; each is declared in the section of the file that defines it.
#pragma once

#include "fhirpath/evaluator.h"
#include "fhirpath/functions/functions.h"

namespace vesta::fhirpath::functions {

// existence.cc
Status all(Evaluator& evaluator, const Call& call, Collection& out);
Status all_false(Evaluator& evaluator, const Call& call, Collection& out);
Status all_true(Evaluator& evaluator, const Call& call, Collection& out);
Status any_false(Evaluator& evaluator, const Call& call, Collection& out);
Status any_true(Evaluator& evaluator, const Call& call, Collection& out);
Status count(Evaluator& evaluator, const Call& call, Collection& out);
Status distinct(Evaluator& evaluator, const Call& call, Collection& out);
Status empty(Evaluator& evaluator, const Call& call, Collection& out);
Status exists(Evaluator& evaluator, const Call& call, Collection& out);
Status is_distinct(Evaluator& evaluator, const Call& call, Collection& out);
Status negate(Evaluator& evaluator, const Call& call, Collection& out);
// filtering.cc
Status conditional(Evaluator& evaluator, const Call& call, Collection& out);
Status select(Evaluator& evaluator, const Call& call, Collection& out);
Status where(Evaluator& evaluator, const Call& call, Collection& out);
// subsetting.cc
Status first(Evaluator& evaluator, const Call& call, Collection& out);
Status last(Evaluator& evaluator, const Call& call, Collection& out);
Status single(Evaluator& evaluator, const Call& call, Collection& out);
Status skip(Evaluator& evaluator, const Call& call, Collection& out);
Status tail(Evaluator& evaluator, const Call& call, Collection& out);
Status take(Evaluator& evaluator, const Call& call, Collection& out);
// combining.cc
Status combine(Evaluator& evaluator, const Call& call, Collection& out);
Status unite(Evaluator& evaluator, const Call& call, Collection& out);
// strings.cc
Status contains(Evaluator& evaluator, const Call& call, Collection& out);
Status ends_with(Evaluator& evaluator, const Call& call, Collection& out);
Status starts_with(Evaluator& evaluator, const Call& call, Collection& out);
// fhir.cc
Status extension(Evaluator& evaluator, const Call& call, Collection& out);
Status get_value(Evaluator& evaluator, const Call& call, Collection& out);
Status has_extension(Evaluator& evaluator, const Call& call, Collection& out);
Status has_value(Evaluator& evaluator, const Call& call, Collection& out);
Status resolve(Evaluator& evaluator, const Call& call, Collection& out);

}  // namespace vesta::fhirpath::functions
