// Parts of a collection by position: https://hl7.org/fhirpath/N1/#subsetting
#include <algorithm>
#include <string>

#include "fhirpath/functions/bodies.h"

namespace vesta::fhirpath::functions {
namespace {

Status push_range(Evaluator& evaluator, const Call& call, std::size_t begin, std::size_t end, Collection& out) {
  for (std::size_t i = begin; i < std::min(end, call.input.size()); ++i) {
    VESTA_CHECK_OK(evaluator.push(call.bound, call.input[i], out));
  }
  return kOk;
}

// The integer argument, at least 0 and at most the size of the input; nullopt when it is empty.
Result<std::optional<std::size_t>> position(Evaluator& evaluator, const Call& call) {
  Collection argument;
  VESTA_CHECK_OK(evaluator.run(*call.bound.operands[1], call.scope, argument));
  VESTA_TRY(std::optional<Value> value, evaluator.single_value(call.bound, argument, Item::Kind::integer));
  if (!value) return std::optional<std::size_t>{};
  if (value->text.starts_with('-')) return std::optional<std::size_t>{0};
  if (value->text.size() > 10) return std::optional<std::size_t>{call.input.size()};
  return std::optional<std::size_t>{std::min<std::size_t>(std::stoull(std::string(value->text)), call.input.size())};
}

}  // namespace

// https://hl7.org/fhirpath/N1/#first-collection
Status first(Evaluator& evaluator, const Call& call, Collection& out) {
  return push_range(evaluator, call, 0, 1, out);
}

// https://hl7.org/fhirpath/N1/#last-collection
Status last(Evaluator& evaluator, const Call& call, Collection& out) {
  std::size_t size = call.input.size();
  return push_range(evaluator, call, size == 0 ? 0 : size - 1, size, out);
}

// https://hl7.org/fhirpath/N1/#single-collection
Status single(Evaluator& evaluator, const Call& call, Collection& out) {
  if (call.input.size() > 1) return evaluator.error(call.bound, "single() of several items");
  return push_range(evaluator, call, 0, 1, out);
}

// https://hl7.org/fhirpath/N1/#tail-collection
Status tail(Evaluator& evaluator, const Call& call, Collection& out) {
  return push_range(evaluator, call, 1, call.input.size(), out);
}

// https://hl7.org/fhirpath/N1/#skip-num-integer-collection
Status skip(Evaluator& evaluator, const Call& call, Collection& out) {
  VESTA_TRY(std::optional<std::size_t> count, position(evaluator, call));
  return push_range(evaluator, call, count.value_or(0), call.input.size(), out);
}

// https://hl7.org/fhirpath/N1/#take-num-integer-collection
Status take(Evaluator& evaluator, const Call& call, Collection& out) {
  VESTA_TRY(std::optional<std::size_t> count, position(evaluator, call));
  return push_range(evaluator, call, 0, count.value_or(0), out);
}

}  // namespace vesta::fhirpath::functions
