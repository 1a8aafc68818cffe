// Loading, making and rotating of the server's keys.
#include "oauth/signing_keys.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/instant.h"
#include "base/log.h"

namespace vesta::oauth {
namespace {

constexpr const char* kSigningKeysProperty = "oauth.signing_keys";

}  // namespace

Status SigningKeys::load() {
  const MutexLock lock(mutex_);
  VESTA_TRY(const std::optional<std::string> stored, store_.property(kSigningKeysProperty));
  if (stored) {
    VESTA_TRY(keys_, identity::KeySet::parse_stored(*stored));
  }
  for (const identity::Algorithm algorithm : {kTokenAlgorithm, kIdTokenAlgorithm}) {
    if (keys_.signing_key(algorithm, clock_.now()) == nullptr) VESTA_CHECK_OK(rotate(algorithm));
  }
  return kOk;
}

std::shared_ptr<const identity::Jwk> SigningKeys::signing_key(identity::Algorithm algorithm) {
  const MutexLock lock(mutex_);
  const Instant now = clock_.now();
  const bool is_due = std::ranges::none_of(keys_.entries(), [&](const identity::KeySet::Entry& entry) {
    return entry.key->allows(algorithm) &&
           now.value - entry.signs_from.value < std::chrono::microseconds(kSigningKeyAge).count();
  });
  // To make a key takes long, and a disk that is full stays so for a while.
  const bool must_wait = failed_ && *failed_ <= now && now < later_by(*failed_, kSigningKeyRetry);
  if (is_due && !must_wait) {
    const Status rotated = rotate(algorithm);
    failed_ = rotated.ok() ? std::nullopt : std::optional(now);
    if (!rotated.ok()) log::error("no new signing key", {{"reason", rotated.error().message}});
  }
  if (auto key = keys_.signing_key(algorithm, now)) return key;
  // The clock has gone back behind the first key: it signs all the same.
  const auto first = std::ranges::find_if(
      keys_.entries(), [&](const identity::KeySet::Entry& entry) { return entry.key->allows(algorithm); });
  CHECK(first != keys_.entries().end());  // since load
  return first->key;
}

identity::Keys SigningKeys::verifying_keys() {
  const MutexLock lock(mutex_);
  return keys_.verifying_keys(clock_.now());
}

Status SigningKeys::rotate(identity::Algorithm algorithm) {
  identity::KeySet next = keys_;
  VESTA_CHECK_OK(next.rotate(algorithm, clock_.now()));
  store::WriteSet writes;
  writes.properties.emplace_back(kSigningKeysProperty, next.stored_text());
  VESTA_TRY([[maybe_unused]] const auto written, store_.commit(writes));
  keys_ = std::move(next);
  return kOk;
}

}  // namespace vesta::oauth
