// Sessions: what users have allowed clients, as resources of the store, and the refresh tokens of it.
// https://www.rfc-editor.org/rfc/rfc6749#section-6
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/records.h"
#include "base/clock.h"
#include "base/result.h"
#include "ops/context.h"
#include "ops/host.h"
#include "ops/own_writes.h"

namespace vesta::oauth {

inline constexpr std::chrono::hours kOnlineSession{12};        // with online_access
inline constexpr std::chrono::hours kOfflineSession{24 * 90};  // with offline_access
inline constexpr std::chrono::hours kBriefSession{1};          // with neither: as long as its access token
// After its start a session, which ended a month ago at least, is deleted: by whoever signs in next, a few at a time.
inline constexpr std::chrono::hours kSessionMemory{kOfflineSession + std::chrono::hours(24 * 30)};
inline constexpr std::uint32_t kMaxForgottenSessions = 10;
inline constexpr std::size_t kMaxUsedDigests = 50;  // of the last refresh tokens of a session that were used

struct NewSession {
  std::string id;
  std::string client;
  std::string user;
  VersionId user_version;  // of the user who has signed in
  std::string patient;     // empty: none in context
  std::vector<std::string> scopes;
  bool has_second_factor = false;                 // was proved
  std::optional<access::Identity> identity = {};  // see access::Session
};

// Thread-safe.
class Sessions {
 public:
  // They outlive it.
  Sessions(ops::Host& service, access::Records& records, Clock& clock, Random& random)
      : service_(service), records_(records), clock_(clock), random_(random) {}

  struct Opened {
    std::string refresh_token;  // the first; empty if no scope asks for one
    Instant expires;
  };
  // Errors: conflict: there is or was one of this id; those of a write.
  Result<Opened> open(const NewSession& session);

  // What a refresh token gives access to. Each is good once: one of the last kMaxUsedDigests that comes again has been
  // stolen, from the client or by it, and ends the session. https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2
  // Errors (oauth_error): invalid_grant, whatever is wrong with it. Those of the store.
  Result<std::shared_ptr<const access::Session>> of_refresh_token(std::string_view token, std::string_view client);
  // Was it such a one?
  static bool is_reuse(const Error& error);
  // Another token in the place of this one, which is used now. Errors: those of of_refresh_token.
  Result<std::string> rotate(std::string_view token, std::string_view client);

  // Takes all its tokens back. Of one that is not there: nothing happens.
  Status end(std::string_view id);
  // The same, and one that was not opened yet cannot be opened any more.
  Status refuse(const NewSession& session);
  // Those of a user, all of them, in one commit with the properties: what takes access away is done whole or not at
  // all. `context`: who does it. Errors: those of a write.
  Status end_all_of(ops::Context& context, std::string_view user, const std::vector<ops::Property>& properties,
                    const std::vector<ops::ExpectedProperty>& expected = {});
  // The session of a refresh token, which may be a used one; null: there is none.
  Result<std::shared_ptr<const access::Session>> find(std::string_view token);

  // Active and not expired; null: it is not.
  Result<std::shared_ptr<const access::Session>> running(std::string_view id);

 private:
  Status forget_old();
  access::Session made_of(const NewSession& session);

  ops::Host& service_;
  access::Records& records_;
  Clock& clock_;
  Random& random_;
};

}  // namespace vesta::oauth
