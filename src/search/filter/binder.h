// The binder of `_filter`: syntax tree to plan, for one resource type.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "search/chains.h"
#include "search/filter/expression.h"
#include "search/query_text.h"

namespace vesta::search::filter {

// A whole filter, or a part of it, as something to be asked of a resource type. `whole`: the text that `expression`
// was parsed from. All of them outlive it.
class Filter : public Condition {
 public:
  Filter(const ParseContext& context, const Expression& expression, std::string_view whole);
  ~Filter() override;

  std::string_view text() const override { return expression_.text; }
  bool knows(fhir::TypeId type) const override;
  // Errors: invalid, "Parameter '_filter': … at character 12, in 'name ap x'".
  Result<Plan> plan(fhir::TypeId type) const override;

 private:
  bool decide(fhir::TypeId type) const;
  Result<Plan> combine(fhir::TypeId type) const;

  const ParseContext& context_;
  const Expression& expression_;
  std::string_view whole_;
  std::vector<std::unique_ptr<Filter>> children_;
  // Of a test.
  std::vector<std::unique_ptr<Filter>> brackets_;
  std::vector<PathStep> steps_;
  std::unique_ptr<Condition> last_;
  // A filter in brackets is asked of every type that its step may lead to, by every filter around it.
  mutable std::map<fhir::TypeId, bool> known_;
};

// The plan of the filter `text` for a type. Errors: invalid, with the place in the text.
Result<Plan> filter_plan(const ParseContext& context, fhir::TypeId type, std::string_view text);

}  // namespace vesta::search::filter
