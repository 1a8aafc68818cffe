// Signing in at an OpenID provider, instead of by a password: the way there, and back.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "audit/own_events.h"
#include "base/instant.h"
#include "base/log.h"
#include "identity/digest.h"
#include "identity/jwt.h"
#include "identity/tokens.h"
#include "oauth/answers.h"
#include "oauth/cookies.h"
#include "oauth/external_identity.h"
#include "oauth/external_provider.h"
#include "oauth/flow.h"
#include "oauth/pages.h"
#include "oauth/sign_in.h"

namespace vesta::oauth {
namespace {

constexpr std::string_view kAwayPurpose = "external";
// What is to be gone on with stays in the browser: an address has no room for it, and a cookie for a part of it only.
// The first begins with how many there are.
constexpr std::string_view kAwayCookie = "vesta_away_";  // the id of the flow, and the number of the part
constexpr std::size_t kAwayPartBytes = 3'500;            // a browser keeps 4096, with the name
constexpr std::size_t kMaxAwayParts = 4;
static_assert(kMaxAwayParts * kAwayPartBytes > identity::kMaxSealedText);

std::string part_name(std::string_view flow, std::size_t part) {
  return std::string(kAwayCookie) + std::string(flow) + "_" + std::to_string(part);
}

void set_away(const Addresses& addresses, std::string_view flow, std::string_view sealed, http::Response& response) {
  const std::size_t count = sealed.size() / kAwayPartBytes + 1;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string head = i == 0 ? std::to_string(count) + "." : std::string();
    set_cookie(addresses, part_name(flow, i), head + std::string(sealed.substr(i * kAwayPartBytes, kAwayPartBytes)),
               kSignInTime, response);
  }
}

std::string_view any_cookie(const http::Request& request, const std::string& name) {
  return cookie(request, name, [](std::string_view) { return true; });
}

// Empty: it is not there.
std::string away_of(const http::Request& request, std::string_view flow) {
  std::string sealed(any_cookie(request, part_name(flow, 0)));
  if (sealed.size() < 2 || sealed[0] < '1' || sealed[0] > '0' + static_cast<int>(kMaxAwayParts)) return {};
  const auto count = static_cast<std::size_t>(sealed[0] - '0');
  sealed.erase(0, 2);
  for (std::size_t i = 1; i < count; ++i) sealed += any_cookie(request, part_name(flow, i));
  return sealed;
}

void forget_away(const Addresses& addresses, const http::Request& request, std::string_view flow,
                 http::Response& response) {
  for (std::size_t i = 0; i < kMaxAwayParts; ++i) {
    const std::string name = part_name(flow, i);
    if (!any_cookie(request, name).empty()) set_cookie(addresses, name, "", std::chrono::seconds(0), response);
  }
}

// An outage, after which the same may be tried again.
bool may_pass(const Error& error) {
  return error.category == Category::busy || error.category == Category::unavailable;
}

bool has_signed_in_since(Instant time, const ExternalSubject& subject) {
  return subject.signed_in && later_by(*subject.signed_in, identity::kClockSkew) >= time;
}

}  // namespace

bool SignIn::has_passwords() const {
  return parts_.external == nullptr || parts_.external->settings().passwords == ExternalSettings::Passwords::on;
}

Error SignIn::no_passwords() {
  return oauth_error(kInvalidRequest, "Nobody signs in here by a password or a passkey alone.");
}

Result<http::Response> SignIn::go_away(Asked& asked) const {
  if (parts_.external == nullptr) return page_expired();
  VESTA_TRY(Flow flow, open_flow(asked, kNamePurpose));
  flow.challenge = identity::new_secret(parts_.random);
  flow.left = parts_.clock.now();
  const auto ask = flow.request.asks_anew ? ExternalProvider::Ask::anew : ExternalProvider::Ask::as_it_will;
  const auto address = parts_.external->address(flow.id, flow.challenge, ask);
  if (!address.ok()) return came_to_nothing(flow, asked, address.error());
  VESTA_TRY(const std::string sealed, parts_.box.seal(kAwayPurpose, flow.text(), kSignInTime));
  http::Response response = redirect(*address);
  set_away(parts_.addresses, flow.id, sealed, response);
  set_cookie(parts_.addresses, flow.cookie_name(), flow.secret, kSignInTime, response);
  return response;
}

// Whoever comes here with what is not of this browser, or is not of this time, is told nothing, and the provider is not
// asked: https://www.rfc-editor.org/rfc/rfc6749#section-10.12
Result<http::Response> SignIn::come_back(Asked& asked) const {
  if (parts_.external == nullptr) return page_expired();
  const std::string state(asked.form.get("state"));
  const std::string_view id = ExternalProvider::flow_of(state);
  if (id.size() != kFlowIdBytes) return page_expired();
  VESTA_TRY(Flow flow, open_flow(asked, kAwayPurpose, away_of(asked.request, id)));
  if (!identity::equal_in_constant_time(state, ExternalProvider::state_of(flow.id, flow.challenge))) {
    return page_expired();
  }
  // Each try is a question to the provider that bears our secret: who makes codes up waits as who guesses passwords.
  const identity::SignInAttempt attempt{"sign-in elsewhere " + flow.id, asked.request.remote_address, {}};
  if (const auto wait = parts_.throttle.begin(attempt)) {
    log_refusal("too many tries", flow, asked.request);
    VESTA_TRY(http::Response page, ask_for_name(429, flow, {}, too_many_tries(*wait)));
    return has_to_wait(std::move(page), *wait);
  }
  const auto subject = parts_.external->subject_of(asked.form, flow.challenge);
  const bool is_refused = !subject.ok() && subject.error().category == Category::unauthenticated;
  if (subject.ok()) parts_.throttle.succeeded(attempt);
  if (!subject.ok() && !is_refused) parts_.throttle.abandoned(attempt);
  auto answered = subject.ok() ? let_in(flow, *subject, asked) : came_to_nothing(flow, asked, subject.error());
  // After an outage the same answer may be brought again.
  const bool is_done = subject.ok() || !may_pass(subject.error());
  if (answered.ok() && is_done) forget_away(parts_.addresses, asked.request, flow.id, *answered);
  return answered;
}

Result<http::Response> SignIn::let_in(Flow& flow, const ExternalSubject& subject, Asked& asked) const {
  if (flow.request.asks_anew && !has_signed_in_since(flow.left, subject)) {
    return came_to_nothing(flow, asked, make_error(Category::unauthenticated, "it has not asked anew"));
  }
  const access::Identity identity{subject.issuer, subject.subject};
  VESTA_TRY(const auto user, user_of_identity(parts_.store, parts_.service.registry, parts_.records, identity));
  if (user == nullptr) {
    log_refusal("nobody has this identity at the provider", flow, asked.request);
    return ask_for_name(403, flow, {},
                        parts_.external->settings().name + " has signed you in as " + subject.subject +
                            ", but nobody is known here by that. Ask those who run this server.");
  }
  asked.is_of(*user);
  VESTA_TRY(const bool is_first,
            parts_.used_challenges.use(flow.request.client, flow.challenge, later_by(parts_.clock.now(), kSignInTime)));
  if (!is_first) return page_expired();
  flow.user = user->id;
  flow.password = external_mark(identity);
  flow.methods = subject.methods;
  flow.signed_in = subject.signed_in;
  if (flow.signed_in) flow.signed_in = std::min(*flow.signed_in, parts_.clock.now());
  if (!subject.has_second_factor) return after_first_factor(flow, *user, asked);
  flow.second_factor = kExternalFactor;
  return admit(flow, *user, asked);
}

// The user may try again, or otherwise.
Result<http::Response> SignIn::came_to_nothing(Flow& flow, const Asked& asked, const Error& error) const {
  log_refusal("the OpenID provider: " + error.message, flow, asked.request);
  const std::string& name = parts_.external->settings().name;
  if (may_pass(error)) {
    VESTA_TRY(http::Response page, ask_for_name(503, flow, {}, name + " does not answer just now. Try again."));
    return has_to_wait(std::move(page), std::chrono::seconds(1));
  }
  return ask_for_name(403, flow, {}, name + " has not signed you in.");
}

}  // namespace vesta::oauth
