// CurrentVersions: current versions that were read lately, kept in memory and never stale.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "base/mutex.h"
#include "base/result.h"
#include "base/thread_annotations.h"
#include "cache/cache.h"
#include "fhir/definitions.h"
#include "store/kept.h"
#include "store/postgres/catalog.h"
#include "store/postgres/changes.h"
#include "store/postgres/connection.h"
#include "store/postgres/newest.h"
#include "store/postgres/pool.h"
#include "store/store.h"

namespace vesta::store::postgres {

inline constexpr std::int64_t kMaxFollowed =
    1'000;  // versions behind which one by one is not worth it: all is forgotten
// When so many have waited for one question, the next one begins no sooner behind it than this for each of them: so
// that it is one for many again, and not for the first few of those who come back.
inline constexpr int kCrowd = 4;
inline constexpr std::chrono::microseconds kCrowdWait{75};
inline constexpr std::chrono::microseconds kMaxCrowdWait{1'000};
// Of a question. Who waits for it holds no worker, and asks again, by the deadline of its request.
inline constexpr std::chrono::milliseconds kAskWait{1'000};
inline constexpr std::chrono::milliseconds kReconnectWait{10'000};
inline constexpr std::int64_t kLookedBack = 10'000;  // versions before it began of which a node learns

// Any node may have written what is read. So before something kept is handed out the database is asked which versions
// came since it was last asked: by one question for all calls that wait meanwhile, which costs it less than reading.
// What was acknowledged before a call, by whichever node, is seen by the call; of a call that is the first of its
// ArrivalScope, what was acknowledged before it arrived, and what Store::newest tells of. A thread of its own asks,
// vesta-fresh.
//
// What is not in memory may be in a cache that the nodes share, with the seq as of which the node that put it there
// knew it to be current. It is believed, after the same question, if this node has seen all changes since, and none of
// it.
//
// Thread-safe.
class CurrentVersions {
 public:
  // They outlive it. `metrics` may be null, and `shared` too: nothing is shared then.
  CurrentVersions(Pool& pool, const Catalog& catalog, const NewestWatch& newest, Metrics* metrics,
                  std::size_t max_bytes, cache::Cache* shared);
  ~CurrentVersions();
  CurrentVersions(const CurrentVersions&) = delete;
  CurrentVersions& operator=(const CurrentVersions&) = delete;

  // As those of Store.
  void when_readable(fhir::TypeId type, std::string_view id, std::function<void()> go) EXCLUDES(mutex_);
  Result<std::optional<Version>> read(fhir::TypeId type, std::string_view id) EXCLUDES(mutex_);
  // Of all that is kept.
  std::size_t bytes() { return kept_.bytes(); }

 private:
  using Key = std::pair<fhir::TypeId, std::string>;
  struct KeyHash {
    std::size_t operator()(const Key& key) const { return std::hash<std::string>{}(key.second) * 31 + key.first; }
  };
  // One question, and all who wait for its answer.
  struct Round {
    int callers = 0;
    bool is_over = false;
    std::optional<Error> error;
    CondVar over;
    std::vector<std::function<void()>> going;  // of those who hold no thread
  };
  // Being read by so many; another version has come since the first of them began.
  struct Loading {
    int readers = 0;
    bool is_stale = false;
  };

  Result<std::optional<Version>> load(const Key& key) EXCLUDES(mutex_);
  std::shared_ptr<const Version> find_shared(const Key& key) EXCLUDES(mutex_);
  std::string identity() EXCLUDES(mutex_);
  void keep(const Key& key, const std::shared_ptr<const Version>& version) REQUIRES(mutex_);
  void run() EXCLUDES(mutex_);
  std::shared_ptr<Round> await_callers() REQUIRES(mutex_);
  const std::shared_ptr<Round>& join_round() REQUIRES(mutex_);
  bool has_caught_up(fhir::TypeId type, std::chrono::steady_clock::time_point with) EXCLUDES(mutex_);
  Status catch_up() EXCLUDES(mutex_);
  Status follow() EXCLUDES(mutex_);
  Status reconnect() EXCLUDES(mutex_);
  Status ask() EXCLUDES(mutex_);
  Status begin_anew() EXCLUDES(mutex_);
  Status look_back() EXCLUDES(mutex_);
  std::int64_t seq() EXCLUDES(mutex_);

  Pool& pool_;
  const Catalog& catalog_;
  const NewestWatch& newest_;
  cache::Cache* const shared_;
  Counter* hits_ = nullptr;
  Counter* misses_ = nullptr;
  Counter* rounds_ = nullptr;
  Counter* shared_hits_ = nullptr;
  Counter* shared_misses_ = nullptr;
  Counter* shared_doubts_ = nullptr;
  Kept<Key, std::shared_ptr<const Version>, KeyHash> kept_;
  std::unique_ptr<Connection> connection_;  // of the thread that asks
  Mutex mutex_;
  std::int64_t seq_ GUARDED_BY(mutex_) = 0;  // up to which versions are known to have come
  std::string identity_ GUARDED_BY(mutex_);  // of the database that was asked last; empty: none was
  Changes changes_ GUARDED_BY(mutex_);
  CondVar wanted_;                           // the thread
  int last_callers_ GUARDED_BY(mutex_) = 0;  // of the last question, and when it began
  std::chrono::steady_clock::time_point last_began_ GUARDED_BY(mutex_);
  std::chrono::steady_clock::time_point caught_up_ GUARDED_BY(mutex_);  // what was acknowledged until then is known
  std::shared_ptr<Round> next_ GUARDED_BY(mutex_);                      // which has not begun; null: nobody waits
  bool is_stopping_ GUARDED_BY(mutex_) = false;
  std::unordered_map<Key, Loading, KeyHash> loading_ GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace vesta::store::postgres
