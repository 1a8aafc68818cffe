// Fuzzes `_filter`: the first byte picks the type, the rest is the expression.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/utf8.h"
#include "fhir/definitions.h"
#include "search/filter/binder.h"
#include "search/filter/parser.h"
#include "search/plan_text.h"

namespace {

using namespace vesta;  // NOLINT: a fuzzer

void check_tree(const search::filter::Expression& expression) {
  using Kind = search::filter::Expression::Kind;
  CHECK(expression.depth <= search::filter::kMaxFilterDepth);
  CHECK(expression.kind == Kind::test || !expression.children.empty());
  for (const auto& child : expression.children) {
    CHECK(child->depth < expression.depth);
    check_tree(*child);
  }
  for (const auto& step : expression.test.steps) {
    if (step.filter != nullptr) check_tree(*step.filter);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const search::Registry registry(fhir::r4());
  if (size < 1) return 0;
  constexpr std::string_view kTypes[] = {"Patient",        "Observation", "DiagnosticReport",
                                         "RiskAssessment", "ValueSet",    "Group"};
  const auto type = fhir::r4().find_resource_type(kTypes[data[0] % std::size(kTypes)]);
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  if (!valid_utf8(text) || text.find('\0') != std::string_view::npos) return 0;  // as http::parse_query
  const auto parsed = search::filter::parse(text);
  if (parsed) check_tree(**parsed);
  const search::ParseContext context{registry, "http://localhost:8080/fhir", Instant{1'600'000'000'000'000}};
  const auto plan = search::filter::filter_plan(context, *type, text);
  if (!plan) {
    CHECK(plan.error().category == Category::invalid && !plan.error().issues.empty());
    return 0;
  }
  CHECK(parsed.ok() && search::count_nodes(*plan) <= search::kMaxPlanNodes);
  CHECK(!search::to_text(*plan, registry).empty());
  return 0;
}
