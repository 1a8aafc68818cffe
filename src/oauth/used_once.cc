// A ring of minutes, each some properties of the store.
#include "oauth/used_once.h"

#include <charconv>
#include <optional>
#include <utility>

#include "identity/digest.h"

namespace vesta::oauth {
namespace {

constexpr std::int64_t kMinute = 60'000'000;  // microseconds
constexpr std::size_t kDigestBytes = 16;      // of SHA-256's 32: nobody finds two of 128 bits that agree in time

std::string digest_of(std::string_view thing) {
  return identity::sha256(thing).substr(0, kDigestBytes);
}

Error damaged() {
  return make_error(Category::internal, "the store's memory of what was used is damaged");
}

}  // namespace

std::string UsedOnce::property_of(std::size_t place, std::size_t part) const {
  const std::string first = property_ + "." + std::to_string(place);
  return part == 0 ? first : first + "." + std::to_string(part);
}

Status UsedOnce::load() {
  const MutexLock lock(mutex_);
  for (std::size_t place = 0; place < minutes_.size(); ++place) {
    Minute minute;
    for (std::size_t part = 0;; ++part) {
      VESTA_TRY(const bool is_there, load_part(place, part, minute));
      if (!is_there) break;
    }
    minutes_[place] = std::move(minute);
  }
  return kOk;
}

Result<bool> UsedOnce::load_part(std::size_t place, std::size_t part, Minute& minute) {
  VESTA_TRY(const std::optional<std::string> stored, store_.property(property_of(place, part)));
  if (!stored) return false;
  const std::size_t colon = stored->find(':');
  if (colon == std::string::npos || (stored->size() - colon - 1) % kDigestBytes != 0) return damaged();
  std::int64_t number = -1;
  const auto [end, error] = std::from_chars(stored->data(), stored->data() + colon, number);
  if (error != std::errc() || end != stored->data() + colon) return damaged();
  if (part > 0 && number != minute.minute) return false;  // left over from a minute before
  minute.minute = number;
  minute.part = part;
  minute.part_digests = stored->substr(colon + 1);
  for (std::size_t at = 0; at < minute.part_digests.size(); at += kDigestBytes) {
    minute.digests.insert(minute.part_digests.substr(at, kDigestBytes));
  }
  return true;
}

Result<bool> UsedOnce::use(std::string_view client, std::string_view thing, Instant until) {
  const std::int64_t minute = until.value / kMinute;
  const std::int64_t too_far = clock_.now().value / kMinute + static_cast<std::int64_t>(kUsedMinutes);
  // The clock has gone back since this was made: nobody remembers whether it was used then.
  if (minute >= too_far) return false;
  const MutexLock lock(mutex_);
  Minute& kept = minutes_[static_cast<std::size_t>(minute) % kUsedMinutes];
  // It has expired, and its minute is forgotten; unless a clock that was ahead has used the place.
  if (minute < kept.minute && kept.minute < too_far) return false;
  if (minute != kept.minute) kept = Minute{minute, {}, {}, 0, {}};
  const std::string digest = digest_of(thing);
  if (kept.digests.contains(digest)) return false;
  std::size_t& share = kept.by_client.try_emplace(std::string(client), 0).first->second;
  if (share >= kMaxUsedPerClient || kept.digests.size() >= kMaxUsedPerMinute) {
    return make_error(Category::busy, "Too many sign in at the same time.");
  }
  const bool is_full = kept.part_digests.size() >= kUsedPerProperty * kDigestBytes;
  const std::size_t part = is_full ? kept.part + 1 : kept.part;
  std::string digests = is_full ? digest : kept.part_digests + digest;
  VESTA_CHECK_OK(write(minute, part, digests));
  kept.part = part;
  kept.part_digests = std::move(digests);
  kept.digests.insert(digest);
  ++share;
  return true;
}

Status UsedOnce::write(std::int64_t minute, std::size_t part, std::string_view digests) {
  const std::size_t place = static_cast<std::size_t>(minute) % kUsedMinutes;
  store::WriteSet writes;
  writes.properties.emplace_back(property_of(place, part), (std::to_string(minute) + ":").append(digests));
  VESTA_TRY([[maybe_unused]] const auto written, store_.commit(writes));
  return kOk;
}

}  // namespace vesta::oauth
