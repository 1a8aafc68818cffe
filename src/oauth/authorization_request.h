// AuthorizationRequest: what a client asks a user for. https://www.rfc-editor.org/rfc/rfc6749#section-4.1.1
// https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html#obtain-authorization-code
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "access/records.h"
#include "base/result.h"
#include "identity/sealed_box.h"
#include "oauth/addresses.h"
#include "oauth/form.h"
#include "oauth/launch.h"

namespace vesta::oauth {

inline constexpr std::size_t kMaxStateBytes = 1024;      // `state` and `nonce`, each
inline constexpr std::size_t kMaxScopeListBytes = 4096;  // what a user is asked for: a token has room for it

struct AuthorizationRequest {
  std::string client;  // id
  std::string redirect_uri;
  std::vector<std::string> scopes;  // that the client may be given
  std::string state;
  std::string nonce;
  std::string code_challenge;
  bool asks_anew = false;  // by `prompt` or `max_age`: who is signed in elsewhere must sign in again
  LaunchContext launch;    // of an EHR; absent of a standalone one

  bool asks_for(std::string_view scope) const;
  // By launch/patient, by a scope that is a patient's, or for an encounter of theirs. Whom a launch names is known.
  bool needs_patient() const;
  // By launch/encounter; what a launch names, or leaves out, is known.
  bool needs_encounter() const { return asks_for(kEncounterScope) && !launch.is_there(); }

  // What others carry: JSON for a SealedBox. Errors of read (invalid): it is not what text gave.
  std::string text() const;
  static Result<AuthorizationRequest> read(std::string_view text);
};

// "openid" and the like: a scope that is no resource's and that users are asked for.
bool is_scope_of_no_resource(std::string_view scope);
// May a browser be sent to it, if a client registers it? An absolute address without fragment, and without a scheme by
// which a browser runs what the address says. https://www.rfc-editor.org/rfc/rfc6749#section-3.1.2
bool is_redirect_address(std::string_view address);
// May be followed by a browser without a question: the client has registered exactly this address, which is one.
bool is_registered(const access::Client& client, std::string_view redirect_uri);

// The request of a client whose address is registered. Errors (oauth_error): what is to be sent back to that address.
Result<AuthorizationRequest> read_authorization_request(const Form& form, const access::Client& client,
                                                        const Addresses& addresses, const identity::SealedBox& box);

// The address with further parameters; values are encoded.
std::string with_parameters(std::string_view address,
                            std::initializer_list<std::pair<std::string_view, std::string_view>> parameters);

}  // namespace vesta::oauth
