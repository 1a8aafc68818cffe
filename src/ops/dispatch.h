// Dispatch: from a request to the interaction that it asks for, and from its error to an OperationOutcome.
#pragma once

#include "fhir/node.h"
#include "http/message.h"
#include "ops/context.h"
#include "ops/idempotency.h"
#include "ops/negotiation.h"
#include "ops/request_budget.h"
#include "ops/route.h"

namespace vesta::ops {

// A request as its interaction sees it, and what is known of it afterwards.
struct Dispatched {
  http::Response response;
  Interaction interaction = Interaction::other;
};

// What an entry of a batch has beside its request.
struct EntryParts {
  fhir::Node* resource = nullptr;  // the body, read already; null: the body is text
  RequestBudget* budget = nullptr;
  KeyedRequest* keyed = nullptr;  // where the batch has an idempotency key
};

// Answers `request`, whose path is below the base ("/Patient/1"), in JSON whatever was negotiated.
Dispatched dispatch(Context& context, const http::Request& request, Negotiation negotiation, std::string_view path,
                    EntryParts entry = {});

}  // namespace vesta::ops
