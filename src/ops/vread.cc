// The vread interaction. https://hl7.org/fhir/R4/http.html#vread
#include "ops/interactions.h"
#include "ops/representation.h"

namespace vesta::ops {

// 404 for a version that never was, 410 for one that is a deletion.
Result<http::Response> vread(Context& context, Call& call) {
  if (call.route.version == VersionId{}) {
    return make_error(Category::not_found, "This server numbers versions 1, 2, 3 and so on.");
  }
  VESTA_TRY(const auto version, context.store.read_version(call.route.type, call.route.id, call.route.version));
  if (!version) return not_known(context, call.route);
  return respond_with(context, call, *version);
}

}  // namespace vesta::ops
