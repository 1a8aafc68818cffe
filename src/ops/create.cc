// The create interaction. https://hl7.org/fhir/R4/http.html#create
#include "ops/conditional.h"
#include "ops/interactions.h"
#include "ops/representation.h"
#include "ops/writes.h"

namespace vesta::ops {

// 1. The id and the meta.versionId and lastUpdated of the body are ignored: the server assigns its own.
// 2. If-None-Exist (https://hl7.org/fhir/R4/http.html#ccreate): no match: create; one: 200 and nothing happens;
// several: 412.
Result<http::Response> create(Context& context, Call& call) {
  VESTA_CHECK_OK(refuse_parameters(call));
  store::ScratchLease scratch(context.definitions);
  VESTA_TRY(const fhir::Node* const resource, read_body(context, call, *scratch));
  const std::string* const criteria = call.request.headers.find("If-None-Exist");
  const std::string id = context.service.uuids.next();
  return with_retries([&]() -> Result<http::Response> {
    store::WriteSet writes;
    if (criteria != nullptr) {
      VESTA_TRY(Matches matches, find_matches(context, call.route.type, *criteria));
      if (matches.ids.size() > 1) return multiple_matches(context, call.route.type, *criteria);
      if (matches.ids.size() == 1) {
        VESTA_TRY(const Current found, context.store.read(call.route.type, matches.ids.front()));
        if (!exists(found)) return make_error(Category::conflict, "The matching resource was deleted meanwhile.");
        VESTA_TRY(http::Response response, written_response(context, call, 200, *found));
        add_location(context, *found, response.headers);
        return response;
      }
      writes.conditions.push_back(std::move(matches).condition());
    }
    VESTA_CHECK_OK(add_put(context, *resource, id, std::nullopt, *scratch, writes));
    writes.writes.back().has_new_id = true;
    return commit_one(context, call, 201, writes);
  });
}

}  // namespace vesta::ops
