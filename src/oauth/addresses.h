// Addresses: the URLs of the server, as others see them.
#pragma once

#include <string>
#include <string_view>

namespace vesta::oauth {

// Of a FHIR base "https://example.org/fhir": the issuer is "https://example.org", endpoints are below "/auth". Of a
// base without a path they are beside the resource types.
struct Addresses {
  explicit Addresses(std::string_view base_url);

  std::string fhir_base;
  std::string fhir_path;  // "/fhir"
  std::string issuer;
  std::string path;  // of the issuer: ""

  std::string url(std::string_view endpoint) const { return issuer + std::string(endpoint); }
};

// Paths of the endpoints below the issuer.
inline constexpr std::string_view kAuthorizePath = "/auth/authorize";
inline constexpr std::string_view kSignInPath = "/auth/sign-in";
inline constexpr std::string_view kSecondFactorPath = "/auth/second-factor";
inline constexpr std::string_view kPasskeyPath = "/auth/passkey";  // instead of a password
inline constexpr std::string_view kPasskeyScriptPath = "/auth/passkey.js";
inline constexpr std::string_view kExternalPath = "/auth/external";  // to an OpenID provider, and back
inline constexpr std::string_view kCallbackPath = "/auth/callback";
inline constexpr std::string_view kPasskeySetupPath = "/auth/passkeys";
inline constexpr std::string_view kPasskeyPasswordPath = "/auth/passkeys/password";
inline constexpr std::string_view kPasskeyAddPath = "/auth/passkeys/add";
inline constexpr std::string_view kConsentPath = "/auth/consent";
inline constexpr std::string_view kEncounterPath = "/auth/encounter";
inline constexpr std::string_view kTokenPath = "/auth/token";
inline constexpr std::string_view kKeysPath = "/auth/jwks";
inline constexpr std::string_view kIntrospectionPath = "/auth/introspect";
inline constexpr std::string_view kRevocationPath = "/auth/revoke";
inline constexpr std::string_view kUserInfoPath = "/auth/userinfo";
inline constexpr std::string_view kLaunchPath = "/auth/launch";
inline constexpr std::string_view kRegistrationPath = "/auth/register";
// https://www.rfc-editor.org/rfc/rfc8414#section-3
inline constexpr std::string_view kServerMetadataPath = "/.well-known/oauth-authorization-server";
// https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig
inline constexpr std::string_view kOpenIdConfigurationPath = "/.well-known/openid-configuration";
// Below the FHIR base. https://hl7.org/fhir/smart-app-launch/STU2.2/conformance.html#using-well-known
inline constexpr std::string_view kSmartConfigurationPath = "/.well-known/smart-configuration";

}  // namespace vesta::oauth
