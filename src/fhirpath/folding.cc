// Evaluation of constant parts, without a tree.
#include "fhirpath/folding.h"

#include <algorithm>
#include <utility>

#include "fhirpath/diagnostics.h"
#include "fhirpath/evaluator.h"
#include "fhirpath/value.h"

namespace vesta::fhirpath {
namespace {

bool is_constant(const BoundPtr& bound) {
  return bound->op == Op::literal || bound->op == Op::constant || bound->op == Op::empty;
}

// Whether an operation yields the same for the same operands, wherever it stands.
bool is_closed(const Bound& bound) {
  switch (bound.op) {
    case Op::unite:
    case Op::indexer:
    case Op::type_test:
    case Op::type_cast:
    case Op::polarity:
    case Op::binary:
      return true;
    case Op::call:
      return bound.is_pure;
    default:
      return false;
  }
}

}  // namespace

Status Folder::keep_pattern(Bound& call) {
  const Bound& argument = *call.operands[1];
  const Item* text = nullptr;
  if (argument.op == Op::literal) text = &argument.literal;
  if (argument.op == Op::constant && argument.items.size() == 1) text = &argument.items.front();
  if (text == nullptr || text->kind != Item::Kind::string) return kOk;
  if (patterns_ < max_patterns_) {
    auto pattern = std::make_unique<const Pattern>(text->text, kMaxKeptPatternBytes);
    if (pattern->problem().empty()) {
      call.pattern = std::move(pattern);
      ++patterns_;
      return kOk;
    }
  }
  const std::string problem = Pattern(text->text).problem();
  return problem.empty() ? Status(kOk) : expression_error(expression_, argument.offset, problem);
}

BoundPtr Folder::fold(BoundPtr bound) {
  if (!is_closed(*bound) || !std::ranges::all_of(bound->operands, is_constant)) return bound;
  if (steps_ >= kMaxFoldSteps) return bound;
  const fhir::Node nothing{};
  fhir::Arena arena;
  const Environment environment{definitions_, names_, expression_, nothing, nothing, arena, nullptr, nullptr};
  Collection items;
  Evaluator evaluator(environment, items, kMaxFoldSteps - steps_);
  const Status done = evaluator.run(*bound, {node_item(nothing)}, items);
  steps_ += evaluator.budget().used();
  if (!done.ok() || items.size() > kMaxFoldedItems) return bound;
  std::size_t bytes = 0;
  for (const Item& item : items) {
    if (item.node != nullptr) return bound;
    bytes += item.text.size();
  }
  if (bytes > kMaxFoldedBytes) return bound;
  BoundPtr folded = make_bound(Op::constant, bound->offset);
  folded->text.reserve(bytes);
  for (Item& item : items) {
    const std::size_t begin = folded->text.size();
    folded->text += item.text;
    item.text = std::string_view(folded->text).substr(begin);
  }
  folded->items = std::move(items);
  return folded;
}

}  // namespace vesta::fhirpath
