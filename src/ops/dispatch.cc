// Choosing and running of interactions. https://hl7.org/fhir/R4/http.html#summary
#include "ops/dispatch.h"

#include <optional>
#include <utility>

#include "http/prefer.h"
#include "ops/offers.h"
#include "ops/operations.h"
#include "ops/outcome.h"
#include "ops/repetition.h"
#include "ops/writes.h"

namespace vesta::ops {
namespace {

// https://hl7.org/fhir/R4/operations.html#executing
std::optional<Offer> find_operation_offer(const Context& context, const Call& call) {
  const http::Method method = call.request.method;
  const bool is_post = method == http::Method::post;
  if (!is_post && method != http::Method::get && method != http::Method::head) return std::nullopt;
  const Operation* operation = find_operation(context, call.route);
  if (operation == nullptr || (operation->affects_state && !is_post)) return std::nullopt;
  const bool has_body = is_post && !call.request.body.empty();
  return Offer{Route::Kind::operation, method, Interaction::operation, run_operation,
               has_body ? std::optional(operation->body) : std::nullopt};
}

// Nothing: the method is not offered there.
std::optional<Offer> offer_for(const Context& context, const Call& call) {
  if (call.route.kind == Route::Kind::operation) return find_operation_offer(context, call);
  const Offer* const offer = find_offer(call.route.kind, call.request.method);
  return offer == nullptr ? std::nullopt : std::optional(*offer);
}

bool has_own_formats(const Context& context, const Route& route) {
  const Operation* const operation = find_operation(context, route);
  return operation != nullptr && operation->has_own_formats;
}

std::string allowed_methods(const Context& context, const Route& route) {
  if (const Operation* operation = find_operation(context, route)) {
    return operation->affects_state ? "POST, OPTIONS" : "GET, HEAD, POST, OPTIONS";
  }
  return allowed_methods(route.kind);
}

// Prefer: return=, handling= and, of our own, explain. https://hl7.org/fhir/R4/http.html#ops and
// https://hl7.org/fhir/R4/search.html#errors
void take_preferences(Call& call) {
  const std::string* header = call.request.headers.find("Prefer");
  if (header == nullptr) return;
  const http::Preferences preferences = http::Preferences::parse(*header);
  if (preferences.is("handling", "lenient")) call.handling = search::Handling::lenient;
  call.explain = preferences.is("explain", "") || preferences.is("explain", "true");
  if (preferences.is("return", "minimal")) call.return_preference = ReturnPreference::minimal;
  if (preferences.is("return", "representation")) call.return_preference = ReturnPreference::representation;
  if (preferences.is("return", "OperationOutcome")) call.return_preference = ReturnPreference::operation_outcome;
}

http::Response not_offered(const Context& context, const Call& call) {
  const bool is_known = call.request.method != http::Method::other;
  std::string message = is_known ? std::string(http::to_string(call.request.method)) : "This method";
  message += " is not offered here.";
  if (call.route.kind == Route::Kind::operation && find_operation(context, call.route) == nullptr) {
    message = "The operation " + call.route.operation + " is not offered here.";
  }
  http::Response response = refusal(405, "not-supported", std::move(message));
  response.headers.add("Allow", allowed_methods(context, call.route));
  return response;
}

bool changes_what_is_there(Interaction interaction) {
  return interaction == Interaction::update || interaction == Interaction::patch || interaction == Interaction::remove;
}

http::Response kept_as_made(const Route& route) {
  http::Response response = refusal(405, "not-supported", std::string(kKeptAsMade));
  const bool is_one = route.kind == Route::Kind::instance;
  response.headers.add("Allow", is_one ? "GET, HEAD, OPTIONS" : "GET, HEAD, POST, OPTIONS");
  return response;
}

// A condition without a tag is none that a client can have meant: https://www.rfc-editor.org/rfc/rfc9110#section-13.1
Status refuse_empty_conditions(const http::Headers& headers) {
  for (std::string_view name : {"If-Match", "If-None-Match"}) {
    const std::string* const value = headers.find(name);
    if (value == nullptr || !value->empty()) continue;
    return make_error(Category::invalid, std::string(name) + " is empty: it needs an entity tag like W/\"3\", or *.");
  }
  return kOk;
}

bool is_write(Interaction interaction) {
  return changes_what_is_there(interaction) || interaction == Interaction::create ||
         interaction == Interaction::transaction;
}

// Whatever comes of a write whose key is in the store already, the first answer counts. A Bundle sees to that itself.
Result<http::Response> run_once(Context& context, Call& call, const Offer& offer) {
  Result<http::Response> result = offer.run(context, call);
  const bool is_bundle = offer.interaction == Interaction::transaction;
  if (call.keyed == nullptr || call.keyed->is_settled() || is_bundle) return result;
  VESTA_TRY(const auto answered, call.keyed->answered());
  return answered ? answer_again(context, call, *answered) : std::move(result);
}

// Whose idempotency keys those of the request are; empty: everybody's.
std::string asker_of(const Context& context) {
  return context.principal == nullptr ? std::string() : context.principal->client + "\n" + context.principal->user;
}

Result<http::Response> run(Context& context, Call& call, const Offer& offer) {
  VESTA_CHECK_OK(refuse_empty_conditions(call.request.headers));
  if (call.resource == nullptr && offer.body) {
    if (auto refused = check_content_type(call.request, *offer.body)) return std::move(*refused);
  }
  if (call.keyed != nullptr || !is_write(offer.interaction)) return run_once(context, call, offer);
  VESTA_TRY(const auto keyed, KeyedRequest::begin(context.service.idempotency_keys, context.definitions,
                                                  asker_of(context), call.request));
  call.keyed = keyed.get();
  Result<http::Response> result = run_once(context, call, offer);
  call.keyed = nullptr;
  return result;
}

}  // namespace

Dispatched dispatch(Context& context, const http::Request& request, Negotiation negotiation, std::string_view path,
                    EntryParts entry) {
  auto route = parse_route(context.definitions, path);
  if (!route.ok()) return {error_response(route.error()), Interaction::other};
  Call call{.request = request, .route = std::move(*route)};
  call.resource = entry.resource;
  call.budget = entry.budget;
  take_preferences(call);
  if (request.method == http::Method::options) {
    http::Response response;
    response.status = 204;
    response.headers.add("Allow", allowed_methods(context, call.route));
    return {std::move(response), Interaction::other};
  }
  const std::optional<Offer> offer = offer_for(context, call);
  if (!offer) return {not_offered(context, call), Interaction::other};
  call.interaction = offer->interaction;
  if (is_write(call.interaction)) call.keyed = entry.keyed;
  if (changes_what_is_there(offer->interaction) && is_kept_as_made(context, call.route.type)) {
    return {kept_as_made(call.route), call.interaction};
  }
  if (negotiation.refused) return {std::move(*negotiation.refused), call.interaction};
  if (negotiation.refused_format && !has_own_formats(context, call.route))
    return {std::move(*negotiation.refused_format), call.interaction};
  call.parameters = std::move(negotiation.parameters);
  call.format = std::move(negotiation.format_parameters);
  call.goes_out_as_written = negotiation.goes_out_as_written;
  auto result = run(context, call, *offer);
  return {result.ok() ? std::move(*result) : error_response(result.error()), call.interaction};
}

}  // namespace vesta::ops
