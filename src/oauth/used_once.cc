// A ring of minutes, each some properties of the store.
#include "oauth/used_once.h"

#include <charconv>
#include <chrono>
#include <optional>
#include <utility>

#include "identity/digest.h"

namespace vesta::oauth {
namespace {

constexpr std::int64_t kMinute = 60'000'000;  // microseconds
constexpr std::size_t kDigestBytes = 16;      // of SHA-256's 32: nobody finds two of 128 bits that agree in time

constexpr std::chrono::seconds kLook{1};

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
  Minute& kept = minute_of(minute);
  // It has expired, and its minute is forgotten; unless a clock that was ahead has used the place.
  if (minute < kept.minute && kept.minute < too_far) return false;
  if (minute != kept.minute) kept = Minute{minute, {}, {}, 0, {}};
  const std::string digest = digest_of(thing);
  if (kept.digests.contains(digest)) return false;
  std::size_t& share = kept.by_client.try_emplace(std::string(client), 0).first->second;
  if (share >= kMaxUsedPerClient || kept.digests.size() >= kMaxUsedPerMinute) {
    return make_error(Category::busy, "Too many sign in at the same time.");
  }
  kept.digests.insert(digest);
  ++share;
  Waiting mine{minute, digest, std::string(client)};
  VESTA_CHECK_OK(wait_until_written(mine));
  return true;
}

Status UsedOnce::wait_until_written(Waiting& mine) {
  waiting_.push_back(&mine);
  while (!mine.written) {
    if (!is_writing_) {
      write_waiting();
    } else {
      written_.wait_until(mutex_, std::chrono::steady_clock::now() + kLook);  // the commit has a deadline of its own
    }
  }
  return *std::move(mine.written);
}

void UsedOnce::write_waiting() {
  const std::vector<Waiting*> batch = std::exchange(waiting_, {});
  is_writing_ = true;
  struct Part {
    std::size_t part;
    std::string digests;
  };
  std::map<std::int64_t, Part> last;  // of each minute
  std::map<std::string, std::string> properties;
  for (const Waiting* const each : batch) {
    const Minute& kept = minute_of(each->minute);
    const bool is_kept = kept.minute == each->minute;
    Part& part =
        last.try_emplace(each->minute, Part{is_kept ? kept.part : 0, is_kept ? kept.part_digests : ""}).first->second;
    if (part.digests.size() >= kUsedPerProperty * kDigestBytes) part = {part.part + 1, {}};
    part.digests += each->digest;
    const std::size_t place = static_cast<std::size_t>(each->minute) % kUsedMinutes;
    properties[property_of(place, part.part)] = (std::to_string(each->minute) + ":").append(part.digests);
  }
  store::WriteSet writes;
  writes.properties.assign(properties.begin(), properties.end());
  mutex_.unlock();
  const auto committed = store_.commit(writes);
  mutex_.lock();
  is_writing_ = false;
  for (auto& [minute, part] : last) {
    Minute& kept = minute_of(minute);
    if (!committed.ok() || kept.minute != minute) continue;
    kept.part = part.part;
    kept.part_digests = std::move(part.digests);
  }
  for (Waiting* const each : batch) {
    each->written = committed.ok() ? Status(kOk) : Status(committed.error());
    Minute& kept = minute_of(each->minute);
    if (committed.ok() || kept.minute != each->minute) continue;
    kept.digests.erase(each->digest);
    --kept.by_client[each->client];
  }
  written_.notify_all();
}

}  // namespace vesta::oauth
