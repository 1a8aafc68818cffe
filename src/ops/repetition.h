// Repetition: what is answered to a request whose idempotency key says that it was carried out before.
#pragma once

#include <optional>
#include <span>

#include "base/result.h"
#include "http/message.h"
#include "ops/call.h"
#include "ops/context.h"
#include "ops/idempotency.h"
#include "store/store.h"

namespace vesta::ops {

// The version that was written then. nullopt: the one who asks does not see it, or there was none.
Result<std::optional<store::Version>> version_again(const Context& context, const AnsweredPart& part);
// Which version it was, for one who does not see it.
http::Response answer_unseen(const Context& context, const AnsweredPart& part);
// To a write that is no Bundle.
Result<http::Response> answer_again(const Context& context, const Call& call, std::span<const AnsweredPart> parts);

}  // namespace vesta::ops
