// UsedOnce: what may be used once only (assertions of clients), remembered durably until it expires by itself.
// Format: docs/formats/used-once.md
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "store/store.h"

namespace vesta::oauth {

inline constexpr std::size_t kUsedMinutes = 16;           // how far ahead something may expire
inline constexpr std::size_t kMaxUsedPerMinute = 10'000;  // things that expire in the same minute
inline constexpr std::size_t kMaxUsedPerClient = 1'000;   // of them those of one client: nobody uses all of it up
inline constexpr std::size_t kUsedPerProperty = 64;       // what is written again when another comes: 1 kB

// Thread-safe. What is used is written before an answer, and expects what this node knows of its minute; if another
// node has written to it meanwhile, that is read first. One thread writes for all that wait, and nobody else waits for
// it.
class UsedOnce {
 public:
  // They outlive it. `property`: where it stands in the store.
  UsedOnce(std::string property, store::Store& store, Clock& clock)
      : property_(std::move(property)), store_(store), clock_(clock) {}
  // Before the first use. Whose things are is not kept: the share of a client counts from here.
  Status load();

  // True: this is the first time; it stays so when the server falls. `until`: after it the thing is refused as expired,
  // at most kUsedMinutes - 1 minutes from now, else this is not the first time. Errors: busy (kMaxUsedPerMinute,
  // kMaxUsedPerClient), those of Store::commit.
  Result<bool> use(std::string_view client, std::string_view thing, Instant until);

 private:
  // A minute as the store has it: the writer's alone.
  struct Stored {
    std::size_t part = 0;             // the number of the property that is being filled
    std::string part_digests;         // of this minute
    std::optional<std::string> text;  // all of that property, which may be of a minute before
  };
  // What expires in one minute; its place is the minute modulo kUsedMinutes.
  struct Minute {
    std::int64_t minute = -1;
    std::set<std::string, std::less<>> digests;
    std::map<std::string, std::size_t, std::less<>> by_client;  // how many
    std::optional<Stored> stored = {};                          // nullopt: it must be read
    void add(std::string_view more);                            // one after the other
  };
  // One property as it was read; without a text there is none.
  struct Part {
    std::int64_t minute = -1;
    std::string digests;
    std::optional<std::string> text;
  };

  // A use whose digest is in the memory, and not in the store yet. Lives where it is waited for.
  struct Waiting {
    std::int64_t minute;
    std::string digest;
    std::string client;
    std::optional<Result<bool>> is_first = {};
  };

  Minute& minute_of(std::int64_t minute) REQUIRES(mutex_) { return minutes_[place_of(minute)]; }
  Result<bool> wait_until_written(Waiting& mine) REQUIRES(mutex_);
  // Both let the lock go while they work on the store. Errors of `write`: conflict: another node was first.
  void write_waiting() REQUIRES(mutex_);
  Status write(std::vector<Waiting*>& batch) REQUIRES(mutex_);
  Status read_minutes(std::vector<Waiting*>& batch) REQUIRES(mutex_);
  void end(Waiting& waiting, Result<bool> is_first) REQUIRES(mutex_);
  static std::size_t place_of(std::int64_t minute) { return static_cast<std::size_t>(minute) % kUsedMinutes; }
  std::string property_of(std::size_t place, std::size_t part) const;
  Result<Part> read_part(std::size_t place, std::size_t part) const;
  // The minute that a place has in the store, -1: none.
  Result<Minute> read_place(std::size_t place) const;
  // The same; if it is of another minute, as one without digests whose first property is to be written anew. Errors:
  // conflict: another node has just begun it.
  Result<Minute> read_minute(std::int64_t minute) const;

  const std::string property_;
  store::Store& store_;
  Clock& clock_;
  Mutex mutex_;
  std::array<Minute, kUsedMinutes> minutes_ GUARDED_BY(mutex_);
  std::vector<Waiting*> waiting_ GUARDED_BY(mutex_);
  bool is_writing_ GUARDED_BY(mutex_) = false;
  CondVar written_;
};

}  // namespace vesta::oauth
