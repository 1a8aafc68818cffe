// When keys are fetched, and how long they are kept.
#include "oauth/client_keys.h"

#include <utility>

#include "base/log.h"
#include "identity/jwks.h"
#include "identity/jws.h"

namespace vesta::oauth {
namespace {

Error unusable(std::string reason) {
  return make_error(Category::unauthenticated, std::move(reason));
}

// One without a `kid` is of no key, whatever is fetched.
bool names_unknown_key(std::string_view assertion, const identity::Keys& keys) {
  const auto jws = identity::read_jws(assertion);
  return jws.ok() && !jws->key_id.empty() && identity::find_key(keys, jws->key_id, jws->algorithm) == nullptr;
}

}  // namespace

Result<identity::Keys> ClientKeys::of(const access::Client& client, std::string_view assertion) {
  if (!client.jwks.empty() && !client.jwks_uri.empty()) return unusable("the client has both jwks and jwksUri");
  if (!client.jwks_uri.empty()) return by_url(client.id, client.jwks_uri, identity::WrongKeys::refused, assertion);
  if (client.jwks.empty()) return unusable("the client has no keys");
  auto keys = identity::parse_jwks(client.jwks);
  if (!keys.ok()) return unusable("the client's keys cannot be read");
  return keys;
}

Result<identity::Keys> ClientKeys::published(const std::string& owner, const std::string& url, std::string_view token) {
  return by_url(owner, url, identity::WrongKeys::skipped, token);
}

Result<identity::Keys> ClientKeys::by_url(const std::string& owner, const std::string& url, identity::WrongKeys wrong,
                                          std::string_view token) {
  if (!fetch_) return unusable("keys by URL are not fetched here");
  std::shared_ptr<Fetched> set;
  {
    const MutexLock lock(mutex_);
    const std::shared_ptr<Fetched>* const known = sets_.find(owner);
    if (known != nullptr && (*known)->url == url) {
      set = *known;
    } else {
      set = std::make_shared<Fetched>();
      set->url = url;
      sets_.put(owner, set);
    }
    const Time now = clock_.monotonic();
    if (!begin_fetch(*set, token, now)) return kept(*set, now);
  }
  auto keys = fetch(url, wrong);  // without the lock
  if (!keys.ok()) {
    log::warning("keys cannot be fetched", {{"of", owner}, {"url", url}, {"reason", keys.error().message}});
  }
  const MutexLock lock(mutex_);
  --running_;
  set->is_fetching = false;
  const Time now = clock_.monotonic();
  set->problem = keys.ok() ? std::string() : keys.error().message;
  if (keys.ok()) {
    set->keys = *std::move(keys);
    set->fetched = now;
  }
  return kept(*set, now);
}

bool ClientKeys::begin_fetch(Fetched& set, std::string_view assertion, Time now) {
  const bool is_wanted =
      set.keys.empty() || now - set.fetched >= kFetchedKeysLifetime || names_unknown_key(assertion, set.keys);
  const bool is_early = set.tried && now - *set.tried < kFetchInterval;
  if (!is_wanted || is_early || set.is_fetching || running_ >= kMaxRunningFetches) return false;
  set.tried = now;
  set.is_fetching = true;
  ++running_;
  return true;
}

Result<identity::Keys> ClientKeys::kept(const Fetched& set, Time now) const {
  if (!set.keys.empty() && now - set.fetched < kFetchedKeysMaxAge) return set.keys;
  if (set.is_fetching || !set.tried) return make_error(Category::busy, "the keys are being fetched");
  return unusable("the keys cannot be fetched: " + set.problem);
}

Result<identity::Keys> ClientKeys::fetch(const std::string& url, identity::WrongKeys wrong) const {
  VESTA_TRY(const std::string text, fetch_text(fetch_, url, identity::kMaxJwksBytes));
  return identity::parse_jwks(text, wrong);
}

}  // namespace vesta::oauth
