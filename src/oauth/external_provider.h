// ExternalProvider: an OpenID provider that signs users in for us, who are its client.
// https://openid.net/specs/openid-connect-core-1_0.html#CodeFlowAuth
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/mutex.h"
#include "base/result.h"
#include "identity/jwt.h"
#include "oauth/client_keys.h"
#include "oauth/fetch.h"
#include "oauth/form.h"

namespace vesta::oauth {

inline constexpr std::chrono::minutes kMetadataLifetime{60};  // of what a provider says of itself
inline constexpr std::chrono::hours kMetadataMaxAge{24};      // while it cannot be asked again
inline constexpr std::chrono::seconds kMetadataInterval{10};  // between attempts
inline constexpr std::size_t kMaxMetadataBytes = 64 * 1024;
inline constexpr std::size_t kMaxTokenAnswerBytes = 64 * 1024;
inline constexpr std::size_t kMaxRunningExchanges = 8;     // of codes; each keeps a worker
inline constexpr std::chrono::minutes kMaxIdTokenAge{10};  // since its `iat`
inline constexpr std::size_t kMaxSubjectBytes = 255;       // by the specification
inline constexpr std::size_t kMaxMethods = 10;             // of `amr`, that are told on
inline constexpr std::size_t kMaxMethodBytes = 32;

struct ExternalSettings {
  enum class Passwords { on, off };  // off: it is the only way to sign in

  std::string issuer;
  std::string client_id;
  std::string client_secret;
  std::string name;                     // that users see
  std::vector<std::string> scopes;      // that are asked for beside openid
  std::vector<std::string> strong_acr;  // values of `acr` that say that more than a password was used
  Passwords passwords = Passwords::on;
  Fetch fetch;
};

// Whom it has signed in, and how.
struct ExternalSubject {
  std::string issuer;
  std::string subject;
  std::vector<std::string> methods;  // its `amr`
  bool has_second_factor = false;    // `amr` has mfa, or `acr` is one of strong_acr
  std::optional<Instant> signed_in;  // its `auth_time`
};

// Any number of threads.
class ExternalProvider {
 public:
  // `redirect_uri`: where it sends browsers back to. `clock` outlives it.
  ExternalProvider(ExternalSettings settings, std::string redirect_uri, Clock& clock);

  const ExternalSettings& settings() const { return settings_; }

  // anew: who is signed in there must sign in again, and when they have is told. Whoever sits at the browser can take
  // that out of the address: signed_in says whether they have.
  enum class Ask { as_it_will, anew };

  // Where a browser is sent to. `seed`: a secret of 256 bits, one for each time, of which what goes along is made.
  // Errors: busy, unavailable: it cannot be asked what it is.
  Result<std::string> address(std::string_view flow, std::string_view seed, Ask ask);
  // What comes back with a browser that was sent, and says for which flow it was.
  static std::string state_of(std::string_view flow, std::string_view seed);
  static std::string_view flow_of(std::string_view state) { return state.substr(0, state.find('.')); }

  // Whom it has signed in, of what has come back, whose state was looked at. Errors, with a reason for the log:
  // forbidden: it has not signed anybody in; unauthenticated: what came is not to be believed; busy, unavailable: it
  // cannot be asked, or answers what is none.
  Result<ExternalSubject> subject_of(const Form& answer, std::string_view seed);

 private:
  using Time = std::chrono::steady_clock::time_point;
  enum class Authentication { basic, post };
  struct Metadata {
    std::string authorization_endpoint;
    std::string token_endpoint;
    std::string jwks_uri;
    bool sends_issuer = false;
    Authentication authentication = Authentication::basic;
  };

  Result<std::shared_ptr<const Metadata>> metadata();
  Result<std::shared_ptr<const Metadata>> kept(Time now) const REQUIRES(mutex_);
  Result<std::shared_ptr<const Metadata>> discover() const;
  Result<std::string> exchange(const Metadata& metadata, std::string_view code, std::string_view seed);
  Result<FetchAnswer> ask_for_token(const Metadata& metadata, std::string_view code, std::string_view seed);
  Result<ExternalSubject> believed(const identity::Claims& claims, std::string_view seed) const;

  const ExternalSettings settings_;
  const std::string redirect_uri_;
  Clock& clock_;
  ClientKeys keys_;
  Mutex mutex_;
  std::shared_ptr<const Metadata> metadata_ GUARDED_BY(mutex_);  // null: none yet
  Time fetched_ GUARDED_BY(mutex_);
  std::optional<Time> tried_ GUARDED_BY(mutex_);
  std::string problem_ GUARDED_BY(mutex_);  // of the last attempt
  bool is_fetching_ GUARDED_BY(mutex_) = false;
  std::size_t running_ GUARDED_BY(mutex_) = 0;
};

}  // namespace vesta::oauth
