// Walks through the trees of stored versions. https://hl7.org/fhir/R4/references.html
#include "ops/referred.h"

#include "search/params/reference.h"
#include "store/scratch.h"

namespace vesta::ops {
namespace {

void add_references(const Vocabulary& vocabulary, const search::ParseContext& context, const fhir::Node& node,
                    ReferredNames& names) {
  if (node.type == vocabulary.reference_type) {
    const fhir::Node* const reference = node.child(vocabulary.reference);
    const auto local = reference == nullptr ? std::nullopt : search::params::read_local(context, reference->value);
    if (local) names.emplace(local->type, std::string(local->id));
  }
  for (const fhir::Node& child : node.children()) {
    if (child.first_child != nullptr) add_references(vocabulary, context, child, names);
  }
}

}  // namespace

Result<ReferredNames> referred_by(const Context& context, std::span<const store::Version> versions) {
  const search::ParseContext parse_context{context.registry, context.base_url, {}};
  ReferredNames names;
  store::ScratchLease scratch(context.definitions);
  for (const store::Version& version : versions) {
    VESTA_TRY(const fhir::Node* const tree, scratch->read(version));
    add_references(context.vocabulary, parse_context, *tree, names);
    scratch->reset();
  }
  return names;
}

}  // namespace vesta::ops
