// The interactions of FHIR's RESTful API, one source file each. https://hl7.org/fhir/R4/http.html
//
// Each takes the call apart, works on the store and answers; an Error becomes an OperationOutcome in dispatch.cc.
#pragma once

#include "base/result.h"
#include "http/message.h"
#include "ops/call.h"
#include "ops/context.h"

namespace vesta::ops {

Result<http::Response> read(Context& context, Call& call);
Result<http::Response> vread(Context& context, Call& call);
Result<http::Response> create(Context& context, Call& call);
Result<http::Response> update(Context& context, Call& call);
Result<http::Response> conditional_update(Context& context, Call& call);
Result<http::Response> patch(Context& context, Call& call);
Result<http::Response> conditional_patch(Context& context, Call& call);
Result<http::Response> remove(Context& context, Call& call);
Result<http::Response> conditional_remove(Context& context, Call& call);
Result<http::Response> history(Context& context, Call& call);  // of an instance, a type or the system
Result<http::Response> search(Context& context, Call& call);   // of a type or the system
Result<http::Response> batch_or_transaction(Context& context, Call& call);
Result<http::Response> capabilities(Context& context, Call& call);

}  // namespace vesta::ops
