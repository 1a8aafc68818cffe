// The delete interaction. https://hl7.org/fhir/R4/http.html#delete
#include "ops/interactions.h"
#include "ops/outcome.h"
#include "ops/representation.h"
#include "ops/writes.h"

namespace vesta::ops {

http::Response removed_response(const Context& context, const Call& call, const store::Version* deletion) {
  http::Response response;
  response.status = 204;
  if (call.return_preference == ReturnPreference::operation_outcome) {
    const std::string done =
        deletion == nullptr ? "There was nothing to delete." : "Deleted as " + version_url(context, *deletion) + ".";
    const Issue issue{Severity::information, "informational", done, {}};
    response = outcome_response(200, {&issue, 1});
  }
  if (deletion != nullptr) add_version_headers(*deletion, response);
  return response;
}

// 204 whether it existed, was deleted before or never was; a deletion is a version of its own.
Result<http::Response> remove(Context& context, Call& call) {
  VESTA_CHECK_OK(refuse_parameters(call));
  store::ScratchLease scratch(context.definitions);
  return with_retries([&]() -> Result<http::Response> {
    VESTA_TRY(const Current current, context.store.read(call.route.type, call.route.id));
    VESTA_CHECK_OK(check_if_match(call.request.headers.get("If-Match"), version_of(current), exists(current)));
    if (!exists(current)) return removed_response(context, call, current ? &*current : nullptr);
    store::WriteSet writes;
    VESTA_CHECK_OK(add_remove(context, *current, *scratch, writes));
    return commit_one(context, call, 204, writes);
  });
}

Result<http::Response> commit_one(Context& context, const Call& call, int status, store::WriteSet& writes) {
  store::Write& write = writes.writes.front();
  // The engine may use up what it is handed, and the answer shows the text.
  std::string tail;
  const bool is_shown = call.return_preference == ReturnPreference::representation ||
                        call.return_preference == ReturnPreference::unspecified;
  if (is_shown) tail = write.tail;
  const AnsweredPart part{status, write.type, write.id, {write.expected.value + 1}};
  VESTA_TRY(const std::vector<store::Written> written, commit(context, writes, call.keyed, {&part, 1}));
  store::Version version = written_version(write, written.front());
  version.tail = std::move(tail);
  if (version.deleted) return removed_response(context, call, &version);
  return written_response(context, call, status, version);
}

}  // namespace vesta::ops
