// What happens beside the FHIR base, by the names that it has as the interaction of a record: at the endpoints of a
// sign-in provider, and by commands.
#pragma once

#include <string_view>

namespace vesta::audit {

// Somebody has signed in, or could not: by a password, and a second factor if they have one.
inline constexpr std::string_view kSignIn = "sign-in";
// A password was right, and a second factor is asked for.
inline constexpr std::string_view kFirstFactor = "first-factor";
// A user has set up a passkey, or could not.
inline constexpr std::string_view kAddPasskey = "add-passkey";
// A page names the patients, or the encounters of one, among whom somebody chooses.
inline constexpr std::string_view kChoosePatient = "choose-patient";
// A user has allowed a client something, or has not.
inline constexpr std::string_view kConsent = "consent";
inline constexpr std::string_view kConsentDenied = "consent-denied";
// A token was asked for: by a grant that is none, or by one of these.
inline constexpr std::string_view kToken = "token";
inline constexpr std::string_view kClientCredentials = "client-credentials";
inline constexpr std::string_view kAuthorizationCode = "authorization-code";
inline constexpr std::string_view kRefreshToken = "refresh-token";
// A code or a refresh token came again: somebody has stolen it, and the session ends.
inline constexpr std::string_view kCodeReuse = "code-reuse";
inline constexpr std::string_view kRefreshReuse = "refresh-reuse";
// A token was given back: of a session, which ends by it, or of none.
inline constexpr std::string_view kSignOut = "sign-out";
inline constexpr std::string_view kRevoke = "revoke";
// A client has asked what a token is.
inline constexpr std::string_view kIntrospect = "introspect";
// A client has asked who has signed in.
inline constexpr std::string_view kUserInfo = "userinfo";
// Somebody starts an application for a patient; it was refused to who came with it.
inline constexpr std::string_view kLaunch = "launch";
inline constexpr std::string_view kLaunchRefused = "launch-refused";
// A client has registered itself, or could not.
inline constexpr std::string_view kRegister = "register";
// Commands: those that change clients and users; those that bring resources in, or out.
inline constexpr std::string_view kCommand = "command";
inline constexpr std::string_view kImport = "import";
inline constexpr std::string_view kExport = "export";

}  // namespace vesta::audit
