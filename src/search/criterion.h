// Criterion: one parameter of a query with its modifier and its values, as something to be asked of a resource type.
#pragma once

#include <string>
#include <string_view>

#include "search/chains.h"
#include "search/query_text.h"

namespace vesta::search {
namespace params {
struct ValueText;
}

// The parameter by which a list refers to what is in it; null: the definitions have none.
const Parameter* list_item(const Registry& registry);

// The last segment of a criterion's name and its values. The views outlive it.
class Criterion : public Condition {
 public:
  // `named`: the whole name, for messages; `last`: "name:exact"; `value`: the comma-separated list.
  Criterion(const ParseContext& context, std::string_view named, std::string_view last, std::string_view value);

  std::string_view text() const override { return last_; }
  // `_id`, `_lastUpdated` and `_list` are known to every type.
  bool knows(fhir::TypeId type) const override;
  // https://hl7.org/fhir/R4/search.html#combining: the values, separated by commas, are alternatives.
  Result<Plan> plan(fhir::TypeId type) const override;
  // False for parameters that are known and not offered (`_query`, definitions without an expression).
  bool is_readable(fhir::TypeId type) const;

 private:
  Result<Plan> value_plan(fhir::TypeId type, std::string_view text) const;
  Result<Plan> column_plan(const params::ValueText& value) const;
  Result<Plan> list_plan(std::string_view text) const;

  const ParseContext& context_;
  std::string_view named_, last_, code_, modifier_, value_;
  bool has_modifier_;
};

}  // namespace vesta::search
