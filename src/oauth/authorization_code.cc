// JSON in a sealed box.
#include "oauth/authorization_code.h"

#include "base/instant.h"
#include "json/document.h"
#include "oauth/answers.h"
#include "oauth/form.h"

namespace vesta::oauth {
namespace {

constexpr std::string_view kPurpose = "code";

}  // namespace

Error invalid_code() {
  return oauth_error(kInvalidGrant, "The code is not valid (any more).");
}

Result<std::string> seal_code(const identity::SealedBox& box, AuthorizationCode code, Instant now) {
  code.expires = later_by(now, kCodeLifetime);
  code.request.state.clear();  // it goes back beside the code: twice would make addresses too long
  std::string content;
  json::append_value(object({{"request", text(code.request.text())},
                             {"user", text(code.user)},
                             {"patient", text(code.patient)},
                             {"encounter", text(code.encounter)},
                             {"session", text(code.session)},
                             {"password", text(code.password)},
                             {"second_factor", text(code.second_factor)},
                             {"has_password", truth(code.has_password)},
                             {"methods", text(joined(code.methods))},
                             {"signed_in", optional_instant(code.signed_in)},
                             {"expires", text(std::to_string(code.expires.value))}}),
                     content);
  return box.seal(kPurpose, content, kCodeLifetime);
}

Result<AuthorizationCode> open_code(const identity::SealedBox& box, std::string_view text, Instant now) {
  const auto content = box.open(kPurpose, text);
  if (!content.ok()) return invalid_code();
  VESTA_TRY(const json::Value value, json::parse_value(*content));
  AuthorizationCode code;
  VESTA_TRY(code.request, AuthorizationRequest::read(member_text(value, "request")));
  code.user = member_text(value, "user");
  code.patient = member_text(value, "patient");
  code.encounter = member_text(value, "encounter");
  code.session = member_text(value, "session");
  code.password = member_text(value, "password");
  code.second_factor = member_text(value, "second_factor");
  code.has_password = member_truth(value, "has_password");
  code.methods = words_of(member_text(value, "methods"));
  code.signed_in = optional_member_instant(value, "signed_in");
  code.expires = member_instant(value, "expires");
  if (code.expires > later_by(now, kCodeLifetime)) return invalid_code();
  return code;
}

}  // namespace vesta::oauth
