// The stages in one go.
#include "fhirpath/run.h"

#include <vector>

#include "fhirpath/binder.h"
#include "fhirpath/evaluator.h"
#include "fhirpath/parser.h"
#include "fhirpath/value.h"

namespace vesta::fhirpath {

std::string_view TextCopies::copy(std::string_view text) {
  std::string_view& copied = copies_[text.data()];
  if (copied.size() != text.size()) copied = arena_.copy(text);
  return copied;
}

Status run(const fhir::Definitions& definitions, std::string_view expression, const fhir::Node& root,
           std::span<const Variable> variables, const Surroundings& surroundings, fhir::Arena& arena, Collection& out) {
  std::vector<std::string> names;
  for (const Variable& variable : variables) names.push_back(variable.name);
  VESTA_TRY(const std::unique_ptr<Syntax> syntax, parse(expression));
  VESTA_TRY(const BoundExpression bound,
            bind_syntax(definitions, StaticType::of(root.type), expression, *syntax, {}, names));
  const Names known(definitions);
  const fhir::Node& resource = surroundings.resource == nullptr ? root : *surroundings.resource;
  const Environment environment{definitions, known, expression,         root,
                                resource,    arena, surroundings.clock, surroundings.services};
  const std::size_t before = out.size();
  Evaluator evaluator(environment, out);
  for (std::size_t slot = 0; slot < variables.size(); ++slot) evaluator.set_variable(slot, variables[slot].items);
  VESTA_CHECK_OK(evaluator.run(*bound.root, {node_item(root)}, out));
  // Literals are in the bound tree, which ends here.
  TextCopies copies(arena);
  for (std::size_t at = before; at < out.size(); ++at) out[at].text = copies.copy(out[at].text);
  return kOk;
}

}  // namespace vesta::fhirpath
