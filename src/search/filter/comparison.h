// Comparison: the operator and the value at the end of a `_filter`'s path, for each type of parameter.
#pragma once

#include <string_view>

#include "search/chains.h"
#include "search/filter/expression.h"
#include "search/query_text.h"

namespace vesta::search::filter {

class Comparison : public Condition {
 public:
  // Both outlive it.
  Comparison(const ParseContext& context, const Test& test) : Comparison(context, test, test.last) {}
  // `written`: what the filter calls the parameter, for messages.
  Comparison(const ParseContext& context, const Test& test, std::string_view written)
      : context_(context), test_(test), written_(written) {}

  std::string_view text() const override { return test_.last; }
  bool knows(fhir::TypeId type) const override;
  // https://hl7.org/fhir/R4/search_filter.html#ops. What the table of types there calls n/a, or does not have, is
  // refused. Uris and ids, for which it has no column, are equal or unequal; all but `pr` of composites, words, lists
  // and places is `eq`.
  Result<Plan> plan(fhir::TypeId type) const override;

 private:
  Result<Plan> read(fhir::TypeId type, std::string_view modifier, std::string_view value) const;
  Result<Plan> read_with(std::string_view prefix, fhir::TypeId type, const std::string& value) const;
  Result<Plan> equality_plan(fhir::TypeId type, std::string_view value) const;
  Result<Plan> presence_plan(fhir::TypeId type) const;
  Result<Plan> string_plan(const Parameter& parameter) const;
  Result<Plan> token_plan(fhir::TypeId type) const;
  Result<Plan> number_plan(fhir::TypeId type, const Parameter& parameter) const;
  Result<Plan> ranged_plan(fhir::TypeId type) const;
  Result<Plan> date_plan(fhir::TypeId type) const;
  Error refuse(std::string_view why) const;

  const ParseContext& context_;
  const Test& test_;
  std::string_view written_;
};

}  // namespace vesta::search::filter
