// What clients read first. https://www.rfc-editor.org/rfc/rfc8414#section-2
// https://hl7.org/fhir/smart-app-launch/STU2.2/conformance.html#metadata
#include "oauth/answers.h"
#include "oauth/provider.h"

namespace vesta::oauth {
namespace {

constexpr int kDiscoveryMaxAge = 300;  // seconds

std::vector<json::Member> metadata_of(const Addresses& addresses, Registration registration) {
  const json::Value ways = texts({"client_secret_basic", "client_secret_post", "private_key_jwt"});
  json::Value all_ways = ways;
  all_ways.items.push_back(text("none"));
  std::vector<json::Member> members = {
      {"issuer", text(addresses.issuer)},
      {"jwks_uri", text(addresses.url(kKeysPath))},
      {"authorization_endpoint", text(addresses.url(kAuthorizePath))},
      {"token_endpoint", text(addresses.url(kTokenPath))},
      {"token_endpoint_auth_methods_supported", all_ways},
      {"token_endpoint_auth_signing_alg_values_supported", texts({"RS384", "ES384", "RS256", "ES256"})},
      {"introspection_endpoint", text(addresses.url(kIntrospectionPath))},
      {"introspection_endpoint_auth_methods_supported", ways},
      {"revocation_endpoint", text(addresses.url(kRevocationPath))},
      {"revocation_endpoint_auth_methods_supported", all_ways},
      {"userinfo_endpoint", text(addresses.url(kUserInfoPath))},
      {"grant_types_supported", texts({"authorization_code", "refresh_token", "client_credentials"})},
      {"response_types_supported", texts({"code"})},
      {"response_modes_supported", texts({"query"})},
      {"request_parameter_supported", truth(false)},
      {"request_uri_parameter_supported", truth(false)},
      {"code_challenge_methods_supported", texts({"S256"})},
      {"authorization_response_iss_parameter_supported", truth(true)},
      {"subject_types_supported", texts({"public"})},
      {"id_token_signing_alg_values_supported", texts({"RS256"})},
      {"acr_values_supported", texts({kOneFactor, kTwoFactors})},
      {"scopes_supported",
       texts({"openid", "fhirUser", "launch", "launch/patient", "launch/encounter", "offline_access", "online_access",
              "patient/*.cruds", "user/*.cruds", "system/*.cruds", "patient/*.rs", "user/*.rs", "system/*.rs"})}};
  if (registration == Registration::on) {
    members.push_back({"registration_endpoint", text(addresses.url(kRegistrationPath))});
  }
  return members;
}

}  // namespace

Result<http::Response> Provider::server_metadata(Asked&) {
  json::Value document = object({});
  document.members = metadata_of(addresses_, registration_);
  return public_answer(document, kDiscoveryMaxAge);
}

Result<http::Response> Provider::smart_configuration(Asked&) {
  json::Value document = object({});
  document.members = metadata_of(addresses_, registration_);
  document.members.push_back(
      {"capabilities",
       texts({"launch-ehr", "launch-standalone", "context-banner", "context-ehr-patient", "context-ehr-encounter",
              "authorize-post", "client-public", "client-confidential-symmetric", "client-confidential-asymmetric",
              "sso-openid-connect", "context-standalone-patient", "context-standalone-encounter", "permission-offline",
              "permission-online", "permission-patient", "permission-user", "permission-v1", "permission-v2"})});
  return public_answer(document, kDiscoveryMaxAge);
}

}  // namespace vesta::oauth
