// The script of the pages that ask for a passkey: the only one, and it is served as a file of its own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "identity/passkey.h"
#include "oauth/addresses.h"

namespace vesta::oauth {

http::Response passkey_script();

// What the script asks the browser for; JSON, for PasskeyForm::options. The ids of credentials and of the user are in
// base64url. A request names those that may sign; none: any that the authenticator knows by itself.
std::string options_to_sign(const identity::PasskeyRequest& request, const std::vector<std::string>& credentials);
// A creation those that the user has already.
std::string options_to_create(const identity::PasskeyRequest& request, const std::vector<std::string>& credentials,
                              std::string_view handle, std::string_view user_name);

}  // namespace vesta::oauth
