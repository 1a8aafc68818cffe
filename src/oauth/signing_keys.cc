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
  VESTA_CHECK_OK(read());
  // Others that start may be making them too: each round some node gets one written.
  constexpr int kMaxRounds = 20;
  for (int round = 0; round < kMaxRounds; ++round) {
    bool has_all = true;
    for (const identity::Algorithm algorithm : {kTokenAlgorithm, kIdTokenAlgorithm}) {
      if (keys_.signing_key(algorithm, clock_.now()) != nullptr) continue;
      VESTA_CHECK_OK(rotate(algorithm));
      has_all = false;
    }
    if (has_all) return kOk;
  }
  return make_error(Category::busy, "other nodes keep changing the signing keys");
}

// A store that is lost is asked again when it is time to look.
Status SigningKeys::read() {
  looked_ = clock_.now();
  VESTA_TRY(std::optional<std::string> stored, store_.property(kSigningKeysProperty));
  if (!stored || stored == stored_) return kOk;
  VESTA_TRY(keys_, identity::KeySet::parse_stored(*stored));
  stored_ = std::move(stored);
  ++revision_;
  return kOk;
}

void SigningKeys::look(Instant now) {
  if (looked_ <= now && now < later_by(looked_, kSigningKeyLook)) return;
  const Status looked = read();
  if (!looked.ok()) log::warning("the signing keys could not be read again", {{"reason", looked.error().message}});
}

std::shared_ptr<const identity::Jwk> SigningKeys::signing_key(identity::Algorithm algorithm) {
  const MutexLock lock(mutex_);
  const Instant now = clock_.now();
  look(now);
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
  const Instant now = clock_.now();
  look(now);
  return keys_.verifying_keys(now);
}

Status SigningKeys::rotate(identity::Algorithm algorithm) {
  identity::KeySet next = keys_;
  VESTA_CHECK_OK(next.rotate(algorithm, clock_.now()));
  store::WriteSet writes;
  std::string text = next.stored_text();
  writes.expected_properties.emplace_back(kSigningKeysProperty, stored_);
  writes.properties.emplace_back(kSigningKeysProperty, text);
  const auto written = store_.commit(writes);
  if (!written.ok() && written.error().category == Category::conflict) return read();
  if (!written.ok()) return written.error();
  keys_ = std::move(next);
  stored_ = std::move(text);
  ++revision_;
  return kOk;
}

}  // namespace vesta::oauth
