// Where an EHR says what its user looks at, before it opens an application.
#include "audit/own_events.h"
#include "audit/request_audit.h"
#include "base/instant.h"
#include "identity/tokens.h"
#include "oauth/answers.h"
#include "oauth/launch.h"
#include "oauth/provider.h"
#include "ops/context.h"

namespace vesta::oauth {
namespace {

constexpr int kMade = 200;

}  // namespace

// For the user of the token alone, and of what they may see by it. https://hl7.org/fhir/smart-app-launch/STU2.2
Result<http::Response> Provider::launch(Asked& asked) {
  const auto bearer = bearers_.of(asked.request);
  if (!bearer.ok()) return refused_bearer(asked.request, bearer.error());
  const auto& token = bearer->token;
  const auto& principal = bearer->principal;
  asked.is_of(*principal);
  if (token->user.empty() || !has_word(principal->scopes, kStartLaunchScope)) {
    return bearer_refusal(BearerFault::insufficient_scope,
                          "The token is not one of a user with the scope start-launch.", kStartLaunchScope);
  }
  VESTA_TRY(LaunchContext launch, read_launch_form(asked.form));
  VESTA_TRY(const auto client, records_.client(launch.client));
  if (client == nullptr || !client->is_active || !has_word(client->scopes, kLaunchScope)) {
    return oauth_error(kInvalidRequest, "There is no client of this id that may be launched.");
  }
  VESTA_TRY(auto grant, grants_.of(*principal));
  std::shared_ptr<audit::RequestAudit> audit;
  if (trail_ != nullptr) {
    asked.about.patient = principal->patient;
    audit = std::make_shared<audit::RequestAudit>(*trail_, nullptr, service_.definitions, clock_, asked.about);
  }
  VESTA_TRY(const bool may_see, is_visible(service_.as(std::move(grant), audit), launch));
  if (!may_see)
    return oauth_error(kInvalidRequest, "There is no such patient, or no such encounter of theirs, to see.");
  launch.id = service_.uuids.next();
  launch.user = token->user;
  launch.expires = later_by(clock_.now(), kLaunchLifetime);
  VESTA_TRY(const std::string sealed, seal_launch(*box_, launch));
  if (audit != nullptr) VESTA_CHECK_OK(audit->answered(audit::kLaunch, kMade));
  asked.is_recorded = true;
  return secret_answer(object({{"launch", text(sealed)},
                               {"iss", text(addresses_.fhir_base)},
                               {"expires_in", number(std::chrono::seconds(kLaunchLifetime).count())}}));
}

}  // namespace vesta::oauth
