// Setting of cookies.
#include "oauth/cookies.h"

namespace vesta::oauth {

void set_cookie(const Addresses& addresses, std::string_view name, std::string_view value, std::chrono::seconds age,
                http::Response& response) {
  const bool is_tls = addresses.issuer.starts_with("https://");
  response.headers.add("Set-Cookie", std::string(name) + "=" + std::string(value) + "; Path=" + addresses.path +
                                         "/auth; Max-Age=" + std::to_string(age.count()) + "; HttpOnly; SameSite=Lax" +
                                         (is_tls ? "; Secure" : ""));
}

}  // namespace vesta::oauth
