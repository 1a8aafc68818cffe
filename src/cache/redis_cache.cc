// Commands of Redis, lent links, and the circuit.
#include "cache/redis_cache.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/deadline.h"
#include "base/log.h"
#include "base/result.h"
#include "base/thread_pool.h"

namespace vesta::cache {
namespace {

// By Redis' own clock, as the nodes' differ. It runs there as one step. A bucket that is full again goes.
constexpr std::string_view kTake = R"lua(
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local rate, most = tonumber(ARGV[1]), tonumber(ARGV[2])
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'filled')
local tokens, filled = tonumber(kept[1]) or most, tonumber(kept[2]) or now
tokens = math.min(most, tokens + math.max(0, now - filled) * rate)
local has_one = tokens >= 1
if has_one then tokens = tokens - 1 end
redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens), 'filled', string.format('%.6f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(most / rate * 1000))
return has_one and 1 or 0
)lua";

bool fits(std::string_view key, std::string_view value = {}) {
  return key.size() <= kMaxKeyBytes && value.size() <= kMaxValueBytes;
}

}  // namespace

RedisCache::RedisCache(RedisUrl url, Metrics* metrics, RedisWaits waits) : url_(std::move(url)), waits_(waits) {
  if (metrics != nullptr) {
    failures_ = &metrics->counter("vesta_cache_failures_total",
                                  "Calls of Redis that were lost, late or answered with "
                                  "an error.");
    connected_ = &metrics->gauge("vesta_cache_connected", "1: calls reach Redis; 0: they go without it for a while.");
  }
  connector_ = std::thread([this] {
    set_thread_name("redis");
    keep_connected();
  });
}

RedisCache::~RedisCache() {
  {
    const MutexLock lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_all();
  connector_.join();
}

std::optional<std::string> RedisCache::get(std::string_view key) {
  if (!fits(key)) return std::nullopt;
  std::optional<Reply> reply = ask({"GET", key});
  if (!reply || reply->kind != Reply::Kind::text) return std::nullopt;
  return std::move(reply->text);
}

void RedisCache::set(std::string_view key, std::string_view value, std::chrono::milliseconds time_to_live) {
  if (!fits(key)) return;
  if (!fits(key, value)) return erase(key);
  ask({"SET", key, value, "PX", std::to_string(time_to_live.count())});
}

void RedisCache::erase(std::string_view key) {
  if (fits(key)) ask({"DEL", key});
}

std::optional<bool> RedisCache::take(std::string_view key, const Bucket& bucket) {
  if (!fits(key)) return std::nullopt;
  const auto reply = ask({"EVAL", kTake, "1", key, std::to_string(bucket.per_second), std::to_string(bucket.most)});
  if (!reply || reply->kind != Reply::Kind::number) return std::nullopt;
  return reply->number == 1;
}

bool RedisCache::is_connected() {
  const MutexLock lock(mutex_);
  return is_closed_;
}

std::optional<Reply> RedisCache::ask(std::initializer_list<std::string_view> words) {
  const Time deadline = std::chrono::steady_clock::now() + waits_.call;
  if (current_deadline() < deadline) return std::nullopt;
  std::uint64_t circuit = 0;
  std::unique_ptr<RedisLink> link = borrow(deadline, circuit);
  if (link == nullptr) return std::nullopt;
  auto reply = link->ask({words.begin(), words.size()}, deadline);
  if (!reply.ok()) {
    open_circuit(reply.error(), circuit);
    return std::nullopt;
  }
  const MutexLock lock(mutex_);
  if (circuit != circuit_ || !is_closed_) return std::move(*reply);
  idle_.push_back(std::move(link));
  returned_.notify_one();
  return std::move(*reply);
}

// Null: the circuit is open, or all links are lent until then.
std::unique_ptr<RedisLink> RedisCache::borrow(Time deadline, std::uint64_t& circuit) {
  const MutexLock lock(mutex_);
  while (is_closed_ && idle_.empty()) {
    if (!returned_.wait_until(mutex_, deadline) && idle_.empty()) return nullptr;
  }
  if (!is_closed_) return nullptr;
  circuit = circuit_;
  std::unique_ptr<RedisLink> link = std::move(idle_.back());
  idle_.pop_back();
  return link;
}

void RedisCache::open_circuit(const Error& error, std::uint64_t circuit) {
  if (failures_ != nullptr) failures_->add();
  Links dropped;
  {
    const MutexLock lock(mutex_);
    if (circuit != circuit_ || !is_closed_) return;
    is_closed_ = false;
    dropped.swap(idle_);
    if (connected_ != nullptr) connected_->set(0);
  }
  returned_.notify_all();
  changed_.notify_all();
  log::warning("the cache is given up for a while", {{"redis", url_.place()}, {"error", error.message}});
}

void RedisCache::keep_connected() {
  bool is_first = true;
  std::string last_error;
  for (;;) {
    if (!std::exchange(is_first, false)) {
      const Time again = std::chrono::steady_clock::now() + waits_.pause;
      const MutexLock lock(mutex_);
      while (!is_stopping_ && changed_.wait_until(mutex_, again)) {
      }
      if (is_stopping_) return;
    }
    Result<Links> links = connect();
    if (!links.ok()) {
      if (links.error().message != last_error) {
        last_error = links.error().message;
        log::warning("the cache cannot be reached", {{"redis", url_.place()}, {"error", last_error}});
      }
      const MutexLock lock(mutex_);
      if (is_stopping_) return;
      continue;
    }
    last_error.clear();
    log::info("the cache is connected", {{"redis", url_.place()}});
    const MutexLock lock(mutex_);
    if (connected_ != nullptr) connected_->set(1);
    idle_ = std::move(*links);
    is_closed_ = true;
    ++circuit_;
    while (is_closed_ && !is_stopping_) changed_.wait(mutex_);
    if (is_stopping_) return;
  }
}

// One that takes as long for a PING as a call may is not connected.
Result<RedisCache::Links> RedisCache::connect() const {
  Links links;
  const Time deadline = std::chrono::steady_clock::now() + waits_.connect;
  while (links.size() < kMaxLinks) {
    VESTA_TRY(auto link, RedisLink::open(url_, deadline));
    const Time soon = std::chrono::steady_clock::now() + waits_.call;
    VESTA_CHECK_OK(link->ask(std::array<std::string_view, 1>{"PING"}, std::min(soon, deadline)));
    links.push_back(std::move(link));
  }
  return links;
}

}  // namespace vesta::cache
