// Functions on strings: https://hl7.org/fhirpath/N1/#string-manipulation
#include <string_view>

#include "fhirpath/functions/bodies.h"

namespace vesta::fhirpath::functions {
namespace {

// Decides on the text of the input and of the argument; empty if either is.
template <class Decide>
Status compare_texts(Evaluator& evaluator, const Call& call, Collection& out, Decide decide) {
  Collection argument;
  VESTA_CHECK_OK(evaluator.run(*call.bound.operands[1], call.scope, argument));
  VESTA_TRY(std::optional<Value> text, evaluator.single_value(call.bound, call.input, Item::Kind::string));
  VESTA_TRY(std::optional<Value> part, evaluator.single_value(call.bound, argument, Item::Kind::string));
  if (!text || !part) return kOk;
  VESTA_CHECK_OK(evaluator.spend(call.bound, 1 + text->text.size() / 64 * (1 + part->text.size() / 64)));
  return evaluator.push(call.bound, boolean_item(decide(text->text, part->text)), out);
}

}  // namespace

// https://hl7.org/fhirpath/N1/#startswithprefix-string-boolean
Status starts_with(Evaluator& evaluator, const Call& call, Collection& out) {
  return compare_texts(evaluator, call, out,
                       [](std::string_view text, std::string_view part) { return text.starts_with(part); });
}

// https://hl7.org/fhirpath/N1/#endswithsuffix-string-boolean
Status ends_with(Evaluator& evaluator, const Call& call, Collection& out) {
  return compare_texts(evaluator, call, out,
                       [](std::string_view text, std::string_view part) { return text.ends_with(part); });
}

// https://hl7.org/fhirpath/N1/#containssubstring-string-boolean
Status contains(Evaluator& evaluator, const Call& call, Collection& out) {
  return compare_texts(evaluator, call, out, [](std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
  });
}

}  // namespace vesta::fhirpath::functions
