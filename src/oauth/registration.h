// Registration of clients by themselves. https://www.rfc-editor.org/rfc/rfc7591
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "identity/bounded_table.h"
#include "json/document.h"

namespace vesta::oauth {

inline constexpr std::size_t kMaxRegistrationBytes = 32 * 1024;
inline constexpr std::size_t kMaxClientNameBytes = 200;
inline constexpr std::size_t kMaxRedirectUris = 10;
inline constexpr std::size_t kMaxRedirectUriBytes = 1024;
inline constexpr std::chrono::hours kRegistrationWindow{1};
inline constexpr std::size_t kMaxRegistrationsOfAddress = 10;  // in a window, those that are refused too
inline constexpr std::size_t kMaxRegistrations = 100;          // in a window, of all addresses, none that is refused
inline constexpr std::size_t kMaxRegistrationAddresses = 4096;

// What may be in a client's metadata, as far as it means anything here.
struct ClientMetadata {
  std::string name;
  std::vector<std::string> redirect_uris;
  std::string authentication;  // none, client_secret_basic, client_secret_post, private_key_jwt
  std::vector<std::string> grant_types;
  std::vector<std::string> scopes;  // of users and patients, and those that are no resource's
  std::string jwks;                 // the text of a JWK Set; empty: none

  bool has_secret() const { return authentication.starts_with("client_secret_"); }
};

// Members that are not known are passed over. Errors (oauth_error): invalid_redirect_uri; invalid_client_metadata: what
// is wrong with it, or asks for more than a client may have that nobody has looked at.
Result<ClientMetadata> read_client_metadata(std::string_view json);

// As a resource Client; `secret_digest` is empty of one without. It says that nobody has looked at it, by a tag.
std::string client_resource(const std::string& id, const ClientMetadata& metadata, std::string_view secret_digest);

// What it is told. https://www.rfc-editor.org/rfc/rfc7591#section-3.2.1
json::Value registration_answer(const std::string& id, const ClientMetadata& metadata, const std::string& secret,
                                Instant issued);

// So that nobody fills the store. Thread-safe.
class RegistrationLimit {
 public:
  explicit RegistrationLimit(Clock& clock) : clock_(clock) {}
  // Somebody asks. Errors: throttled.
  Status admit(std::string_view address);
  // What they ask for would be registered. Errors: throttled.
  Status admit_client();

 private:
  struct Window {
    std::chrono::steady_clock::time_point begin;
    std::size_t count = 0;
  };
  static bool admits(Window& window, std::size_t most, std::chrono::steady_clock::time_point now);

  Clock& clock_;
  Mutex mutex_;
  Window all_ GUARDED_BY(mutex_);
  identity::BoundedTable<Window> by_address_ GUARDED_BY(mutex_){kMaxRegistrationAddresses};
};

}  // namespace vesta::oauth
