// A ring of minutes, each a property of the store.
#include "oauth/used_once.h"

#include <charconv>
#include <optional>
#include <utility>

#include "identity/digest.h"

namespace vesta::oauth {
namespace {

constexpr std::int64_t kMinute = 60'000'000;  // microseconds
constexpr std::size_t kDigestBytes = 16;      // of SHA-256's 32: nobody finds two of 128 bits that agree in time

std::string property_of(std::size_t place) {
  return "oauth.used." + std::to_string(place);
}

std::string digest_of(std::string_view thing) {
  return identity::sha256(thing).substr(0, kDigestBytes);
}

Error damaged() {
  return make_error(Category::internal, "the store's memory of what was used is damaged");
}

}  // namespace

Status UsedOnce::load() {
  const MutexLock lock(mutex_);
  for (std::size_t place = 0; place < minutes_.size(); ++place) {
    VESTA_TRY(const std::optional<std::string> stored, store_.property(property_of(place)));
    if (!stored) continue;
    const std::size_t colon = stored->find(':');
    if (colon == std::string::npos || (stored->size() - colon - 1) % kDigestBytes != 0) return damaged();
    Minute minute;
    const auto [end, error] = std::from_chars(stored->data(), stored->data() + colon, minute.minute);
    if (error != std::errc() || end != stored->data() + colon) return damaged();
    for (std::size_t at = colon + 1; at < stored->size(); at += kDigestBytes) {
      minute.digests.insert(stored->substr(at, kDigestBytes));
    }
    minutes_[place] = std::move(minute);
  }
  return kOk;
}

Result<bool> UsedOnce::use(std::string_view thing, Instant until) {
  const std::int64_t minute = until.value / kMinute;
  // The clock has gone back since this was made: nobody remembers whether it was used then.
  if (minute >= clock_.now().value / kMinute + static_cast<std::int64_t>(kUsedMinutes)) return false;
  const MutexLock lock(mutex_);
  Minute& kept = minutes_[static_cast<std::size_t>(minute) % kUsedMinutes];
  if (minute < kept.minute) return false;  // it has expired, and its minute is forgotten
  Minute next = minute == kept.minute ? kept : Minute{minute, {}};
  if (next.digests.size() >= kMaxUsedPerMinute) return make_error(Category::busy, "Too many sign in at the same time.");
  if (!next.digests.insert(digest_of(thing)).second) return false;
  VESTA_CHECK_OK(write(next));
  kept = std::move(next);
  return true;
}

Status UsedOnce::write(const Minute& minute) {
  std::string text = std::to_string(minute.minute) + ":";
  for (const std::string& digest : minute.digests) text += digest;
  store::WriteSet writes;
  writes.properties.emplace_back(property_of(static_cast<std::size_t>(minute.minute) % kUsedMinutes), std::move(text));
  VESTA_TRY([[maybe_unused]] const auto written, store_.commit(writes));
  return kOk;
}

}  // namespace vesta::oauth
