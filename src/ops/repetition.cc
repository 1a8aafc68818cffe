// The answer is made of the version that was written, which is there as long as the store is.
#include "ops/repetition.h"

#include "ops/representation.h"
#include "ops/writes.h"

namespace vesta::ops {

Result<std::optional<store::Version>> version_again(const Context& context, const AnsweredPart& part) {
  if (part.version.value == 0) return std::optional<store::Version>();
  return context.store.read_version(part.type, part.id, part.version);
}

http::Response answer_unseen(const Context& context, const AnsweredPart& part) {
  http::Response response;
  response.status = part.status;
  if (part.version.value == 0) return response;
  response.headers.add("ETag", entity_tag(part.version));
  store::Version version;
  version.type = part.type;
  version.id = part.id;
  version.version = part.version;
  if (part.status == 201) add_location(context, version, response.headers);
  return response;
}

Result<http::Response> answer_again(const Context& context, const Call& call, std::span<const AnsweredPart> parts) {
  if (parts.size() != 1) return make_error(Category::internal, "What was answered with an idempotency key is damaged.");
  const AnsweredPart& part = parts.front();
  VESTA_TRY(const std::optional<store::Version> version, version_again(context, part));
  if (!version) return answer_unseen(context, part);
  if (version->deleted) return removed_response(context, call, &*version);
  return written_response(context, call, part.status, *version);
}

}  // namespace vesta::ops
