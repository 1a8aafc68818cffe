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
constexpr int kMaxRounds = 20;  // of a write that other nodes were faster than

std::string digest_of(std::string_view thing) {
  return identity::sha256(thing).substr(0, kDigestBytes);
}

bool is_full(std::string_view digests) {
  return digests.size() >= kUsedPerProperty * kDigestBytes;
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
    VESTA_TRY(minutes_[place], read_place(place));
  }
  return kOk;
}

Result<UsedOnce::Part> UsedOnce::read_part(std::size_t place, std::size_t part) const {
  Part read;
  VESTA_TRY(read.text, store_.property(property_of(place, part)));
  if (!read.text) return read;
  const std::string& text = *read.text;
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos || (text.size() - colon - 1) % kDigestBytes != 0) return damaged();
  const auto [end, error] = std::from_chars(text.data(), text.data() + colon, read.minute);
  if (error != std::errc() || end != text.data() + colon) return damaged();
  read.digests = text.substr(colon + 1);
  return read;
}

Result<UsedOnce::Minute> UsedOnce::read_place(std::size_t place) const {
  VESTA_TRY(Part last, read_part(place, 0));
  Minute minute;
  minute.minute = last.minute;
  for (std::size_t part = 0;; ++part) {
    minute.add(last.digests);
    minute.stored = Stored{part, last.digests, last.text};
    if (!last.text) return minute;
    VESTA_TRY(Part next, read_part(place, part + 1));
    if (next.minute != minute.minute) return minute;  // none, or left over from a minute before
    if (!is_full(last.digests)) {
      // Another node has filled it since it was read, before it began the next.
      VESTA_TRY(const Part filled, read_part(place, part));
      if (filled.minute == minute.minute) minute.add(filled.digests);
    }
    last = std::move(next);
  }
}

// By one look at the first property: what is written to it expects that.
Result<UsedOnce::Minute> UsedOnce::read_minute(std::int64_t minute) const {
  VESTA_TRY(Minute read, read_place(place_of(minute)));
  if (read.minute == minute) return read;
  VESTA_TRY(const Part first, read_part(place_of(minute), 0));
  if (first.minute == minute) return make_error(Category::conflict, "another node has begun it");
  Minute none;
  none.minute = minute;
  none.stored = Stored{0, {}, first.text};
  return none;
}

void UsedOnce::Minute::add(std::string_view more) {
  for (std::size_t at = 0; at < more.size(); at += kDigestBytes) digests.emplace(more.substr(at, kDigestBytes));
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
  if (minute != kept.minute) kept = Minute{minute, {}, {}};
  const std::string digest = digest_of(thing);
  if (kept.digests.contains(digest)) return false;
  std::size_t& share = kept.by_client.try_emplace(std::string(client), 0).first->second;
  if (share >= kMaxUsedPerClient || kept.digests.size() >= kMaxUsedPerMinute) {
    return make_error(Category::busy, "Too many sign in at the same time.");
  }
  kept.digests.insert(digest);
  ++share;
  Waiting mine{minute, digest, std::string(client)};
  return wait_until_written(mine);
}

Result<bool> UsedOnce::wait_until_written(Waiting& mine) {
  waiting_.push_back(&mine);
  while (!mine.is_first) {
    if (!is_writing_) {
      write_waiting();
    } else {
      written_.wait_until(mutex_, std::chrono::steady_clock::now() + kLook);  // the commit has a deadline of its own
    }
  }
  return *std::move(mine.is_first);
}

// What was not written is not used, but by whoever was first.
void UsedOnce::end(Waiting& waiting, Result<bool> is_first) {
  Minute& kept = minute_of(waiting.minute);
  const bool is_used = is_first.ok();
  const bool is_mine = is_first.ok() && *is_first;
  waiting.is_first = std::move(is_first);
  if (is_mine || kept.minute != waiting.minute) return;
  if (!is_used) kept.digests.erase(waiting.digest);
  --kept.by_client[waiting.client];
}

void UsedOnce::write_waiting() {
  std::vector<Waiting*> batch = std::exchange(waiting_, {});
  is_writing_ = true;
  Status written = kOk;
  for (int round = 0; round < kMaxRounds && !batch.empty(); ++round) {
    written = read_minutes(batch);
    if (written.ok()) written = write(batch);
    if (written.ok() || written.error().category != Category::conflict) break;
    for (const Waiting* const each : batch) {  // as others have left it
      if (Minute& kept = minute_of(each->minute); kept.minute == each->minute) kept.stored.reset();
    }
  }
  for (Waiting* const each : batch) end(*each, written.ok() ? Result<bool>(true) : Result<bool>(written.error()));
  is_writing_ = false;
  written_.notify_all();
}

// Of the minutes that are not known as the store has them now. What another node has used waits no longer.
Status UsedOnce::read_minutes(std::vector<Waiting*>& batch) {
  std::set<std::int64_t> unknown;
  for (const Waiting* const each : batch) {
    const Minute& kept = minute_of(each->minute);
    if (kept.minute == each->minute && !kept.stored) unknown.insert(each->minute);
  }
  for (const std::int64_t minute : unknown) {
    mutex_.unlock();
    Result<Minute> read = read_minute(minute);
    mutex_.lock();
    if (!read.ok()) return read.take_error();
    Minute& kept = minute_of(minute);
    if (kept.minute != minute) continue;
    const auto end_used = [&](Waiting* each) REQUIRES(mutex_) {
      const bool is_used = each->minute == minute && read->digests.contains(each->digest);
      if (is_used) end(*each, false);
      return is_used;
    };
    std::erase_if(batch, end_used);
    std::erase_if(waiting_, end_used);  // those that came meanwhile
    kept.digests.merge(read->digests);
    kept.stored = std::move(read->stored);
  }
  return kOk;
}

Status UsedOnce::write(std::vector<Waiting*>& batch) {
  // Its place serves a later minute by now: it has expired while it waited.
  std::erase_if(batch, [&](Waiting* each) REQUIRES(mutex_) {
    const bool is_late = minute_of(each->minute).minute != each->minute;
    if (is_late) end(*each, false);
    return is_late;
  });
  std::map<std::int64_t, Stored> after;
  store::WriteSet writes;
  std::map<std::string, std::string> properties;
  for (const Waiting* const each : batch) {
    const std::size_t place = place_of(each->minute);
    const Minute& kept = minute_of(each->minute);
    if (kept.minute != each->minute || !kept.stored) return make_error(Category::conflict, "its place was taken");
    const auto [at, is_new] = after.try_emplace(each->minute, *kept.stored);
    Stored& stored = at->second;
    const bool is_next = is_full(stored.part_digests);
    if (is_next) {
      stored = {stored.part + 1, {}, {}};
      mutex_.unlock();
      auto left_over = store_.property(property_of(place, stored.part));
      mutex_.lock();
      if (!left_over.ok()) return left_over.take_error();
      if (*left_over && (*left_over)->starts_with(std::to_string(each->minute) + ":")) {
        return make_error(Category::conflict, "another node has begun it");
      }
      stored.text = *std::move(left_over);
    }
    const std::string name = property_of(place, stored.part);
    if (is_new || is_next) writes.expected_properties.emplace_back(name, stored.text);
    stored.part_digests += each->digest;
    properties[name] = (std::to_string(each->minute) + ":").append(stored.part_digests);
    stored.text = properties[name];
  }
  if (batch.empty()) return kOk;
  writes.properties.assign(properties.begin(), properties.end());
  mutex_.unlock();
  const auto committed = store_.commit(writes);
  mutex_.lock();
  if (!committed.ok()) return committed.error();
  for (auto& [minute, stored] : after) {
    if (Minute& kept = minute_of(minute); kept.minute == minute) kept.stored = std::move(stored);
  }
  return kOk;
}

}  // namespace vesta::oauth
