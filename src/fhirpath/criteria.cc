// Criteria and constants.
#include "fhirpath/criteria.h"

#include <array>

namespace vesta::fhirpath {
namespace {

struct Constant {
  std::string_view name;
  std::string_view text;
};
constexpr std::array<Constant, 3> kConstants = {
    {{"sct", "http://snomed.info/sct"}, {"loinc", "http://loinc.org"}, {"ucum", "http://unitsofmeasure.org"}}};

// A tree that only looks at $this: no operands and so many steps.
bool is_path_of_this(const Bound& bound, std::size_t steps) {
  return bound.op == Op::path && bound.operands.empty() && bound.steps.size() == steps;
}

}  // namespace

std::optional<Step> criteria_step(const Bound& criteria) {
  if (criteria.op == Op::type_test && criteria.type.fhir != fhir::kNoType) {
    const Bound& call = *criteria.operands[0];
    bool is_resolve = call.op == Op::call && call.function == find_function("resolve")->body;
    if (is_resolve && is_path_of_this(*call.operands[0], 0)) {
      return Step{Step::Kind::refers_to, fhir::kNoName, criteria.type, {}};
    }
  }
  if (criteria.op == Op::binary && criteria.operation == BinaryOp::equal) {
    const Bound& left = *criteria.operands[0];
    const Bound& right = *criteria.operands[1];
    bool is_string = right.op == Op::literal && right.literal.kind == Item::Kind::string;
    if (is_string && is_path_of_this(left, 1) && left.steps[0].kind == Step::Kind::child) {
      return Step{Step::Kind::with_text, left.steps[0].name, {}, right.text};
    }
  }
  return std::nullopt;
}

std::optional<std::string> find_constant(std::string_view name) {
  for (const Constant& constant : kConstants) {
    if (constant.name == name) return std::string(constant.text);
  }
  if (name.starts_with("vs-")) return "http://hl7.org/fhir/ValueSet/" + std::string(name.substr(3));
  if (name.starts_with("ext-")) return "http://hl7.org/fhir/StructureDefinition/" + std::string(name.substr(4));
  return std::nullopt;
}

}  // namespace vesta::fhirpath
