// JSON, for sealed boxes.
#include "oauth/flow.h"

#include "identity/tokens.h"
#include "oauth/answers.h"
#include "oauth/form.h"

namespace vesta::oauth {

std::string Flow::text() const {
  std::string out;
  json::append_value(object({{"id", oauth::text(id)},
                             {"request", oauth::text(request.text())},
                             {"cookie", oauth::text(identity::digest_of_secret(secret))},
                             {"challenge", oauth::text(challenge)},
                             {"user", oauth::text(user)},
                             {"password", oauth::text(password)},
                             {"second_factor", oauth::text(second_factor)},
                             {"has_password", truth(has_password)},
                             {"methods", oauth::text(joined(methods))},
                             {"signed_in", optional_instant(signed_in)},
                             {"left", oauth::text(std::to_string(left.value))},
                             {"patient", oauth::text(patient)}}),
                     out);
  return out;
}

Result<Flow> Flow::read(const json::Value& value) {
  Flow flow;
  flow.id = member_text(value, "id");
  VESTA_TRY(flow.request, AuthorizationRequest::read(member_text(value, "request")));
  flow.user = member_text(value, "user");
  flow.password = member_text(value, "password");
  flow.second_factor = member_text(value, "second_factor");
  flow.has_password = member_truth(value, "has_password");
  flow.challenge = member_text(value, "challenge");
  flow.methods = words_of(member_text(value, "methods"));
  flow.signed_in = optional_member_instant(value, "signed_in");
  flow.left = member_instant(value, "left");
  flow.patient = member_text(value, "patient");
  return flow;
}

std::string Device::text() const {
  std::string out;
  json::append_value(object({{"id", oauth::text(id)},
                             {"name", oauth::text(name)},
                             {"password", oauth::text(password)},
                             {"second_factor", oauth::text(second_factor)}}),
                     out);
  return out;
}

}  // namespace vesta::oauth
