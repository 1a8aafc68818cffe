// Offers: which methods each kind of path takes, and as which interactions. https://hl7.org/fhir/R4/http.html#summary
#pragma once

#include <optional>
#include <span>
#include <string>

#include "base/result.h"
#include "http/message.h"
#include "ops/call.h"
#include "ops/context.h"
#include "ops/negotiation.h"
#include "ops/route.h"

namespace vesta::ops {

struct Offer {
  Route::Kind kind = Route::Kind::system;
  http::Method method = http::Method::get;  // of a GET: a HEAD as well
  Interaction interaction = Interaction::other;
  Result<http::Response> (*run)(Context&, Call&) = nullptr;
  std::optional<BodyKind> body = std::nullopt;  // what it reads
};

// All of them but the operations, which have a table of their own (ops/operations.h). Nothing else is dispatched to.
std::span<const Offer> offered_interactions();
// Null: the method is not offered there.
const Offer* find_offer(Route::Kind kind, http::Method method);

// The methods that a kind of path takes, as the value of an Allow header.
std::string allowed_methods(Route::Kind kind);

}  // namespace vesta::ops
