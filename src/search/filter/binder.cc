// Combines the plans of a filter's tests, and follows their paths.
#include "search/filter/binder.h"

#include "search/filter/comparison.h"
#include "search/filter/element.h"
#include "search/filter/lexer.h"
#include "search/filter/parser.h"
#include "search/params/parse.h"

namespace vesta::search::filter {

using Kind = Expression::Kind;

Filter::Filter(const ParseContext& context, const Expression& expression, std::string_view whole)
    : context_(context), expression_(expression), whole_(whole) {
  for (const auto& child : expression.children) children_.push_back(std::make_unique<Filter>(context, *child, whole));
  if (expression.kind != Kind::test) return;
  const Test& test = expression.test;
  const Segment* element = ElementTest::find(test);
  for (const Segment& segment : test.steps) {
    if (&segment == element) break;
    const Filter* bracket = nullptr;
    if (segment.filter != nullptr) {
      brackets_.push_back(std::make_unique<Filter>(context, *segment.filter, whole));
      bracket = brackets_.back().get();
    }
    steps_.push_back({segment.kind, segment.code, segment.type, bracket});
  }
  if (element != nullptr)
    last_ = std::make_unique<ElementTest>(context, test, *element);
  else
    last_ = std::make_unique<Comparison>(context, test);
}

Filter::~Filter() = default;

bool Filter::knows(fhir::TypeId type) const {
  const auto [known, is_new] = known_.try_emplace(type, false);
  if (is_new) known->second = decide(type);
  return known->second;
}

bool Filter::decide(fhir::TypeId type) const {
  if (expression_.kind == Kind::test) return leads_on(context_.registry, type, steps_, *last_);
  for (const auto& child : children_) {
    if (!child->knows(type)) return false;
  }
  return true;
}

Result<Plan> Filter::plan(fhir::TypeId type) const {
  if (expression_.kind != Kind::test) return combine(type);
  auto plan = bind_path(context_.registry, "_filter", type, steps_, *last_);
  if (plan) return plan;
  Error error = plan.take_error();
  constexpr std::string_view kPlace = " at character ";
  for (Issue& issue : error.issues) {
    if (issue.diagnostics.find(kPlace) != std::string::npos) continue;  // from a bracket
    const std::size_t position = issue.code == "value" ? expression_.test.value_position : expression_.position;
    issue.diagnostics += std::string(kPlace) + std::to_string(character_of(whole_, position)) + ", in '" +
                         params::quoted(expression_.text) + "'";
  }
  return error;
}

Result<Plan> Filter::combine(fhir::TypeId type) const {
  std::vector<Plan> plans;
  std::size_t nodes = 1;
  for (const auto& child : children_) {
    VESTA_TRY(Plan plan, child->plan(type));
    nodes += count_nodes(plan);
    if (nodes > kMaxPlanNodes) {
      return parameter_error("_filter", "too-costly", "more than " + std::to_string(kMaxPlanNodes) + " conditions");
    }
    plans.push_back(std::move(plan));
  }
  const auto kind = expression_.kind == Kind::and_  ? Plan::Kind::and_
                    : expression_.kind == Kind::or_ ? Plan::Kind::or_
                                                    : Plan::Kind::not_;
  return Plan::make(kind, std::move(plans));
}

Result<Plan> filter_plan(const ParseContext& context, fhir::TypeId type, std::string_view text) {
  VESTA_TRY(const std::unique_ptr<Expression> expression, parse(text));
  return Filter(context, *expression, text).plan(type);
}

}  // namespace vesta::search::filter
