// The tree around the input: https://hl7.org/fhirpath/N1/#tree-navigation, and the types of items.
#include <string>

#include "fhirpath/functions/bodies.h"

namespace vesta::fhirpath::functions {
namespace {

Status push_descendants(Evaluator& evaluator, const Call& call, const fhir::Node& node, Collection& out) {
  for (const fhir::Node& child : node.children()) {
    VESTA_CHECK_OK(evaluator.push(call.bound, node_item(child), out));
    VESTA_CHECK_OK(push_descendants(evaluator, call, child, out));
  }
  return kOk;
}

}  // namespace

// https://hl7.org/fhirpath/N1/#children-collection
Status children(Evaluator& evaluator, const Call& call, Collection& out) {
  for (const Item& item : call.input) {
    if (item.node == nullptr) continue;
    for (const fhir::Node& child : item.node->children()) {
      VESTA_CHECK_OK(evaluator.push(call.bound, node_item(child), out));
    }
  }
  return kOk;
}

// https://hl7.org/fhirpath/N1/#descendants-collection
//
// DEVIATION: the language has it as repeat(children()), which would leave out nodes that equal others. Here each node
// is there once.
Status descendants(Evaluator& evaluator, const Call& call, Collection& out) {
  for (const Item& item : call.input) {
    if (item.node != nullptr) VESTA_CHECK_OK(push_descendants(evaluator, call, *item.node, out));
  }
  return kOk;
}

// https://hl7.org/fhirpath/N1/#reflection
Status type(Evaluator& evaluator, const Call& call, Collection& out) {
  const fhir::Definitions& definitions = evaluator.environment().definitions;
  for (const Item& item : call.input) {
    std::string name;
    if (item.kind != Item::Kind::node && item.kind != Item::Kind::resolved) {
      name = "System." + std::string(system_name(item.kind));
    } else if (item.type != fhir::kNoType) {
      name = "FHIR." + std::string(definitions.type(item.type).name);
    } else {
      continue;
    }
    VESTA_CHECK_OK(evaluator.push(call.bound, evaluator.text_item(Item::Kind::type_info, name), out));
  }
  return kOk;
}

}  // namespace vesta::fhirpath::functions
