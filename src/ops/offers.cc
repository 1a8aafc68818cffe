// The table of interactions.
#include "ops/offers.h"

#include <algorithm>

#include "ops/interactions.h"

namespace vesta::ops {
namespace {

// Of each kind in the order of its Allow header.
constexpr Offer kInteractionOffers[] = {
    {Route::Kind::system, http::Method::get, Interaction::search_system, search},
    {Route::Kind::system, http::Method::post, Interaction::transaction, batch_or_transaction, BodyKind::resource},
    {Route::Kind::system_search, http::Method::post, Interaction::search_system, search, BodyKind::form},
    {Route::Kind::system_history, http::Method::get, Interaction::history_system, history},
    {Route::Kind::metadata, http::Method::get, Interaction::capabilities, capabilities},
    {Route::Kind::type, http::Method::get, Interaction::search_type, search},
    {Route::Kind::type, http::Method::post, Interaction::create, create, BodyKind::resource},
    {Route::Kind::type, http::Method::put, Interaction::update, conditional_update, BodyKind::resource},
    {Route::Kind::type, http::Method::patch, Interaction::patch, conditional_patch, BodyKind::patch},
    {Route::Kind::type, http::Method::delete_, Interaction::remove, conditional_remove},
    {Route::Kind::type_search, http::Method::post, Interaction::search_type, search, BodyKind::form},
    {Route::Kind::type_history, http::Method::get, Interaction::history_type, history},
    {Route::Kind::instance, http::Method::get, Interaction::read, read},
    {Route::Kind::instance, http::Method::put, Interaction::update, update, BodyKind::resource},
    {Route::Kind::instance, http::Method::patch, Interaction::patch, patch, BodyKind::patch},
    {Route::Kind::instance, http::Method::delete_, Interaction::remove, remove},
    {Route::Kind::instance_history, http::Method::get, Interaction::history_instance, history},
    {Route::Kind::version, http::Method::get, Interaction::vread, vread},
    {Route::Kind::compartment, http::Method::get, Interaction::search_type, search},
    {Route::Kind::compartment_search, http::Method::post, Interaction::search_type, search, BodyKind::form},
};

}  // namespace

std::span<const Offer> offered_interactions() {
  return kInteractionOffers;
}

const Offer* find_offer(Route::Kind kind, http::Method method) {
  const http::Method asked = method == http::Method::head ? http::Method::get : method;
  const auto* const found = std::ranges::find_if(
      kInteractionOffers, [&](const Offer& offer) { return offer.kind == kind && offer.method == asked; });
  return found == std::end(kInteractionOffers) ? nullptr : found;
}

std::string allowed_methods(Route::Kind kind) {
  std::string methods;
  for (const Offer& offer : kInteractionOffers) {
    if (offer.kind != kind) continue;
    methods += http::to_string(offer.method);
    methods += offer.method == http::Method::get ? ", HEAD, " : ", ";
  }
  return methods + "OPTIONS";
}

}  // namespace vesta::ops
