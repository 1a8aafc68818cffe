// RedisCache: the cache that the nodes of a fleet share.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/metrics.h"
#include "base/mutex.h"
#include "base/thread_annotations.h"
#include "cache/cache.h"
#include "cache/redis_link.h"
#include "cache/redis_url.h"

namespace vesta::cache {

inline constexpr std::chrono::milliseconds kCallWait{50};
inline constexpr std::chrono::milliseconds kConnectWait{1000};
inline constexpr std::chrono::milliseconds kCircuitPause{1000};
inline constexpr std::size_t kMaxLinks = 8;

struct RedisWaits {
  std::chrono::milliseconds call = kCallWait;        // what a call may cost whoever makes it
  std::chrono::milliseconds connect = kConnectWait;  // of the thread that connects, for all links
  std::chrono::milliseconds pause = kCircuitPause;
};

// A call that fails (lost, late, answered with an error) opens the circuit: all links are given up, and until a thread
// of its own has made new ones, which it tries once in a pause, all calls go without Redis at once. So do those of a
// request whose time is nearly over: that it is, says nothing about Redis.
class RedisCache final : public Cache {
 public:
  // `metrics`, which may be null, outlives it. Begins to connect; nobody waits for that.
  explicit RedisCache(RedisUrl url, Metrics* metrics = nullptr, RedisWaits waits = {});
  ~RedisCache() override;
  RedisCache(const RedisCache&) = delete;
  RedisCache& operator=(const RedisCache&) = delete;

  std::optional<std::string> get(std::string_view key) override;
  void set(std::string_view key, std::string_view value, std::chrono::milliseconds time_to_live) override;
  void erase(std::string_view key) override;
  std::optional<bool> take(std::string_view key, const Bucket& bucket) override;

  // Calls reach Redis; for tests and whoever wants to wait for it.
  bool is_connected() EXCLUDES(mutex_);

 private:
  using Links = std::vector<std::unique_ptr<RedisLink>>;
  using Time = RedisLink::Time;

  // None: it did not reach Redis, or failed.
  std::optional<Reply> ask(std::initializer_list<std::string_view> words) EXCLUDES(mutex_);
  std::unique_ptr<RedisLink> borrow(Time deadline, std::uint64_t& circuit) EXCLUDES(mutex_);
  void open_circuit(const Error& error, std::uint64_t circuit) EXCLUDES(mutex_);
  void keep_connected() EXCLUDES(mutex_);
  Result<Links> connect() const;

  const RedisUrl url_;
  const RedisWaits waits_;
  Counter* failures_ = nullptr;
  Gauge* connected_ = nullptr;
  Mutex mutex_;
  CondVar returned_, changed_;
  Links idle_ GUARDED_BY(mutex_);
  bool is_closed_ GUARDED_BY(mutex_) = false;     // the circuit: calls go through
  std::uint64_t circuit_ GUARDED_BY(mutex_) = 0;  // how often it was closed: links are of one time
  bool is_stopping_ GUARDED_BY(mutex_) = false;
  std::thread connector_;
};

}  // namespace vesta::cache
