// $deidentify: a resource without what tells whose it is.
#include "fhir/json.h"
#include "ops/operations.h"
#include "ops/outcome.h"
#include "ops/representation.h"

namespace vesta::ops {
namespace {

// That of the route, or the one in the body.
Result<const fhir::Node*> resource_of(const Context& context, const Call& call, store::Scratch& scratch) {
  if (call.route.id.empty()) {
    if (call.resource == nullptr) return make_error(Category::invalid, "$deidentify needs a resource in the body.");
    return call.resource;
  }
  if (call.resource != nullptr) {
    return make_error(Category::invalid, "$deidentify of a resource that is here takes no body.");
  }
  VESTA_TRY(const auto version, context.store.read(call.route.type, call.route.id));
  if (!version || version->deleted) return not_known(context, call.route);
  VESTA_TRY(const fhir::Node* const tree, scratch.read(*version));
  return tree;
}

}  // namespace

Result<http::Response> deidentify_resource(Context& context, Call& call) {
  VESTA_CHECK_OK(refuse_parameters(call));
  if (context.store.grant().deidentification() != nullptr) {  // who could ask for pseudonyms of ids that they know
    return make_error(Category::forbidden, "$deidentify is for those who are shown resources as they are.");
  }
  store::ScratchLease scratch(context.definitions);
  VESTA_TRY(const fhir::Node* const resource, resource_of(context, call, *scratch));
  VESTA_TRY(const auto deidentifier, context.service.deidentifiers.get());
  // Who writes, or sends, a resource names ids of others in it: by the store's own pseudonyms they would find these
  // others among what researchers are shown.
  const access::Grant& grant = context.store.grant();
  const Instant now = context.clock.now();
  const fhir::Node* const made = grant.is_everything()
                                     ? deidentifier->apply(*resource, now, scratch->arena)
                                     : deidentifier->apply_for(grant.key(), *resource, now, scratch->arena);
  http::Response response;
  fhir::write_json(context.definitions, *made, {}, response.body);
  response.headers.add("Content-Type", std::string(kFhirJson));
  return response;
}

}  // namespace vesta::ops
