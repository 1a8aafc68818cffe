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
Status subset_of(Evaluator& evaluator, const Call& call, Collection& out);
Status superset_of(Evaluator& evaluator, const Call& call, Collection& out);
// filtering.cc
Status coalesce(Evaluator& evaluator, const Call& call, Collection& out);
Status conditional(Evaluator& evaluator, const Call& call, Collection& out);
Status repeat(Evaluator& evaluator, const Call& call, Collection& out);
Status repeat_all(Evaluator& evaluator, const Call& call, Collection& out);
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
Status exclude(Evaluator& evaluator, const Call& call, Collection& out);
Status intersect(Evaluator& evaluator, const Call& call, Collection& out);
Status unite(Evaluator& evaluator, const Call& call, Collection& out);
// strings.cc
Status contains(Evaluator& evaluator, const Call& call, Collection& out);
Status ends_with(Evaluator& evaluator, const Call& call, Collection& out);
Status index_of(Evaluator& evaluator, const Call& call, Collection& out);
Status last_index_of(Evaluator& evaluator, const Call& call, Collection& out);
Status join(Evaluator& evaluator, const Call& call, Collection& out);
Status length(Evaluator& evaluator, const Call& call, Collection& out);
Status lower(Evaluator& evaluator, const Call& call, Collection& out);
Status replace(Evaluator& evaluator, const Call& call, Collection& out);
Status split(Evaluator& evaluator, const Call& call, Collection& out);
Status starts_with(Evaluator& evaluator, const Call& call, Collection& out);
Status substring(Evaluator& evaluator, const Call& call, Collection& out);
Status to_chars(Evaluator& evaluator, const Call& call, Collection& out);
Status trim(Evaluator& evaluator, const Call& call, Collection& out);
Status upper(Evaluator& evaluator, const Call& call, Collection& out);
// fhir.cc
Status extension(Evaluator& evaluator, const Call& call, Collection& out);
Status get_value(Evaluator& evaluator, const Call& call, Collection& out);
Status has_extension(Evaluator& evaluator, const Call& call, Collection& out);
Status has_value(Evaluator& evaluator, const Call& call, Collection& out);
Status html_checks(Evaluator& evaluator, const Call& call, Collection& out);
Status resolve(Evaluator& evaluator, const Call& call, Collection& out);
// aggregates.cc
Status aggregate(Evaluator& evaluator, const Call& call, Collection& out);
Status define_variable(Evaluator& evaluator, const Call& call, Collection& out);
Status sort(Evaluator& evaluator, const Call& call, Collection& out);
Status trace(Evaluator& evaluator, const Call& call, Collection& out);
// boundaries.cc
Status comparable(Evaluator& evaluator, const Call& call, Collection& out);
Status high_boundary(Evaluator& evaluator, const Call& call, Collection& out);
Status low_boundary(Evaluator& evaluator, const Call& call, Collection& out);
Status precision(Evaluator& evaluator, const Call& call, Collection& out);
// clock.cc
Status now(Evaluator& evaluator, const Call& call, Collection& out);
Status time_of_day(Evaluator& evaluator, const Call& call, Collection& out);
Status today(Evaluator& evaluator, const Call& call, Collection& out);
// conversions.cc
Status converts_to_boolean(Evaluator& evaluator, const Call& call, Collection& out);
Status converts_to_date(Evaluator& evaluator, const Call& call, Collection& out);
Status converts_to_date_time(Evaluator& evaluator, const Call& call, Collection& out);
Status converts_to_decimal(Evaluator& evaluator, const Call& call, Collection& out);
Status converts_to_integer(Evaluator& evaluator, const Call& call, Collection& out);
Status converts_to_quantity(Evaluator& evaluator, const Call& call, Collection& out);
Status converts_to_string(Evaluator& evaluator, const Call& call, Collection& out);
Status converts_to_time(Evaluator& evaluator, const Call& call, Collection& out);
Status to_boolean(Evaluator& evaluator, const Call& call, Collection& out);
Status to_date(Evaluator& evaluator, const Call& call, Collection& out);
Status to_date_time(Evaluator& evaluator, const Call& call, Collection& out);
Status to_decimal(Evaluator& evaluator, const Call& call, Collection& out);
Status to_integer(Evaluator& evaluator, const Call& call, Collection& out);
Status to_quantity(Evaluator& evaluator, const Call& call, Collection& out);
Status to_string(Evaluator& evaluator, const Call& call, Collection& out);
Status to_time(Evaluator& evaluator, const Call& call, Collection& out);
// encoding.cc
Status decode(Evaluator& evaluator, const Call& call, Collection& out);
Status encode(Evaluator& evaluator, const Call& call, Collection& out);
Status escape(Evaluator& evaluator, const Call& call, Collection& out);
Status unescape(Evaluator& evaluator, const Call& call, Collection& out);
// keys.cc
Status get_reference_key(Evaluator& evaluator, const Call& call, Collection& out);
Status get_resource_key(Evaluator& evaluator, const Call& call, Collection& out);
// math.cc
Status absolute(Evaluator& evaluator, const Call& call, Collection& out);
Status ceiling(Evaluator& evaluator, const Call& call, Collection& out);
Status exp(Evaluator& evaluator, const Call& call, Collection& out);
Status floor(Evaluator& evaluator, const Call& call, Collection& out);
Status ln(Evaluator& evaluator, const Call& call, Collection& out);
Status log(Evaluator& evaluator, const Call& call, Collection& out);
Status power(Evaluator& evaluator, const Call& call, Collection& out);
Status round(Evaluator& evaluator, const Call& call, Collection& out);
Status sqrt(Evaluator& evaluator, const Call& call, Collection& out);
Status truncate(Evaluator& evaluator, const Call& call, Collection& out);
// components.cc
Status year_of(Evaluator& evaluator, const Call& call, Collection& out);
Status month_of(Evaluator& evaluator, const Call& call, Collection& out);
Status day_of(Evaluator& evaluator, const Call& call, Collection& out);
Status hour_of(Evaluator& evaluator, const Call& call, Collection& out);
Status minute_of(Evaluator& evaluator, const Call& call, Collection& out);
Status second_of(Evaluator& evaluator, const Call& call, Collection& out);
Status millisecond_of(Evaluator& evaluator, const Call& call, Collection& out);
Status timezone_offset_of(Evaluator& evaluator, const Call& call, Collection& out);
Status date_of(Evaluator& evaluator, const Call& call, Collection& out);
Status time_of(Evaluator& evaluator, const Call& call, Collection& out);
// element_definition.cc
Status element_definition(Evaluator& evaluator, const Call& call, Collection& out);
// navigation.cc
Status children(Evaluator& evaluator, const Call& call, Collection& out);
Status descendants(Evaluator& evaluator, const Call& call, Collection& out);
Status type(Evaluator& evaluator, const Call& call, Collection& out);
// patterns.cc
Status matches(Evaluator& evaluator, const Call& call, Collection& out);
Status matches_full(Evaluator& evaluator, const Call& call, Collection& out);
Status replace_matches(Evaluator& evaluator, const Call& call, Collection& out);
// profiles.cc
Status check_modifiers(Evaluator& evaluator, const Call& call, Collection& out);
Status conforms_to(Evaluator& evaluator, const Call& call, Collection& out);
Status slice(Evaluator& evaluator, const Call& call, Collection& out);
Status member_of(Evaluator& evaluator, const Call& call, Collection& out);
Status subsumed_by(Evaluator& evaluator, const Call& call, Collection& out);
Status subsumes(Evaluator& evaluator, const Call& call, Collection& out);
// totals.cc
Status average(Evaluator& evaluator, const Call& call, Collection& out);
Status maximum(Evaluator& evaluator, const Call& call, Collection& out);
Status minimum(Evaluator& evaluator, const Call& call, Collection& out);
Status sum(Evaluator& evaluator, const Call& call, Collection& out);

}  // namespace vesta::fhirpath::functions
