// A Redis that is away, slow, refuses us or is no Redis: nobody waits long, and it is used again once it is well.
#include "cache/redis_cache.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/deadline.h"
#include "base/metrics.h"
#include "base/result.h"
#include "cache/cache.h"
#include "cache/redis_link.h"
#include "cache/redis_url.h"
#include "cache/test_redis.h"

namespace vesta::cache {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kAnHour{3'600'000};

bool says(Metrics& metrics, const std::string& line) {
  return metrics.render().find("\n" + line + "\n") != std::string::npos;
}

TEST(RedisCacheTest, IsDoneWithoutWhileItIsAway) {
  test::Redis redis;
  Metrics metrics;
  RedisCache cache(redis.url(), &metrics, test::kPatient);
  test::wait_until_connected(cache);
  EXPECT_TRUE(says(metrics, "vesta_cache_connected 1"));
  cache.set("a", "1", kAnHour);
  redis.kill();
  EXPECT_EQ(cache.get("a"), std::nullopt);
  EXPECT_FALSE(cache.is_connected());
  EXPECT_TRUE(says(metrics, "vesta_cache_failures_total 1"));
  EXPECT_TRUE(says(metrics, "vesta_cache_connected 0"));
  cache.set("b", "2", kAnHour);
  cache.erase("a");
  EXPECT_EQ(cache.take("c", {.per_second = 1, .most = 1}), std::nullopt);
  EXPECT_TRUE(says(metrics, "vesta_cache_failures_total 1")) << "the others went without asking";
  redis.start();
  test::wait_until_connected(cache);
  EXPECT_EQ(cache.get("a"), std::nullopt) << "it has forgotten all";
  cache.set("a", "3", kAnHour);
  EXPECT_EQ(cache.get("a"), "3");
}

TEST(RedisCacheTest, IsGivenUpWhileItIsSlow) {
  test::Redis redis;
  Metrics metrics;
  RedisWaits waits = test::kPatient;
  waits.call = milliseconds(300);
  waits.connect = milliseconds(300);
  RedisCache cache(redis.url(), &metrics, waits);
  test::wait_until_connected(cache);
  redis.pause();
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < 2 * kMaxLinks; ++i) {
    threads.emplace_back([&cache] { EXPECT_EQ(cache.get("a"), std::nullopt); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(cache.is_connected());
  for (int i = 0; i < 1'000; ++i) EXPECT_EQ(cache.get("a"), std::nullopt);  // hours, if each had to wait
  redis.wake();
  test::wait_until_connected(cache);
  cache.set("a", "1", kAnHour);
  EXPECT_EQ(cache.get("a"), "1");
}

TEST(RedisCacheTest, ARequestWithoutTimeSaysNothingAboutRedis) {
  test::Redis redis;
  RedisCache cache(redis.url(), nullptr, test::kPatient);
  test::wait_until_connected(cache);
  cache.set("a", "1", kAnHour);
  {
    const DeadlineScope hurry(std::chrono::steady_clock::now() + milliseconds(1));
    EXPECT_EQ(cache.get("a"), std::nullopt);
  }
  EXPECT_TRUE(cache.is_connected());
  EXPECT_EQ(cache.get("a"), "1");
}

TEST(RedisCacheTest, ErrorsOpenTheCircuit) {
  test::Redis redis;
  Metrics metrics;
  RedisCache cache(redis.url(), &metrics, test::kPatient);
  test::wait_until_connected(cache);
  redis.ask({"CONFIG", "SET", "maxmemory", "1"});
  cache.set("a", "1", kAnHour);
  EXPECT_TRUE(says(metrics, "vesta_cache_failures_total 1"));
  redis.ask({"CONFIG", "SET", "maxmemory", "0"});
  test::wait_until_connected(cache);
  cache.set("a", "1", kAnHour);
  EXPECT_EQ(cache.get("a"), "1");
}

TEST(RedisCacheTest, SignsIn) {
  test::Redis redis({"--requirepass", "open sesame"});
  RedisUrl url = redis.url();
  url.password = "open sesame";
  url.database = 3;
  RedisCache cache(url, nullptr, test::kPatient);
  test::wait_until_connected(cache);
  cache.set("a", "1", kAnHour);
  EXPECT_EQ(cache.get("a"), "1");
  const auto deadline = std::chrono::steady_clock::now() + test::kPatient.connect;
  url.password = "open barley";
  const auto wrong = RedisLink::open(url, deadline);
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.error().category, Category::unavailable);
  EXPECT_EQ(wrong.error().message.find("barley"), std::string::npos);
  url.password = "";
  EXPECT_FALSE(RedisLink::open(url, deadline).ok()) << "to choose a database one must have signed in";
}

TEST(RedisCacheTest, IsSafeFromWhatIsNoRedis) {
  char folder[] = "/tmp/vesta-no-redis-XXXXXX";
  ASSERT_NE(::mkdtemp(folder), nullptr);
  RedisUrl url;
  url.socket = std::string(folder) + "/socket";
  const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, url.socket.data(), url.socket.size());
  ASSERT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  ASSERT_EQ(::listen(listener, 4), 0);
  const std::string too_long = "$" + std::to_string(2 * kMaxReplyBytes) + "\r\n" + std::string(2 * kMaxReplyBytes, 'x');
  for (const std::string& said : {std::string("HTTP/1.1 400 Bad Request\r\n\r\n"), std::string("*1\r\n:1\r\n"),
                                  std::string("$-9\r\n"), std::string("+half"), too_long}) {
    std::thread other([&] {
      const int connection = ::accept(listener, nullptr, nullptr);
      ::send(connection, said.data(), said.size(), MSG_NOSIGNAL);
      ::close(connection);
    });
    const auto deadline = std::chrono::steady_clock::now() + test::kPatient.connect;
    {
      const auto link = RedisLink::open(url, deadline);
      EXPECT_TRUE(link.ok());
      EXPECT_FALSE(link.ok() && (*link)->ask(std::vector<std::string_view>{"PING"}, deadline).ok())
          << said.substr(0, 30);
    }  // else the other end goes on sending
    other.join();
  }
  ::close(listener);
  std::filesystem::remove_all(folder);
}

// The port is Redis' own choice no more than ours: of a few that are tried, one is free.
TEST(RedisCacheTest, SpeaksTls) {
  ::signal(SIGPIPE, SIG_IGN);
  char folder[] = "/tmp/vesta-redis-tls-XXXXXX";
  ASSERT_NE(::mkdtemp(folder), nullptr);
  const std::string key = std::string(folder) + "/key.pem", certificate = std::string(folder) + "/certificate.pem";
  const std::string made =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "
      "/CN=localhost -addext subjectAltName=DNS:localhost -keyout " +
      key + " -out " + certificate + " 2>/dev/null";
  ASSERT_EQ(std::system(made.c_str()), 0);  // NOLINT(concurrency-mt-unsafe)
  RedisUrl url;
  const auto deadline = std::chrono::steady_clock::now() + test::kPatient.connect;
  Result<std::unique_ptr<RedisLink>> link = make_error(Category::unavailable, "no port is free");
  std::unique_ptr<test::Redis> redis;
  for (int port = 20'000 + ::getpid() % 10'000, tries = 0; tries < 20 && !link.ok(); ++tries, ++port) {
    redis = std::make_unique<test::Redis>(std::vector<std::string>{
        "--tls-port", std::to_string(port), "--bind", "127.0.0.1", "--tls-cert-file", certificate, "--tls-key-file",
        key, "--tls-ca-cert-file", certificate, "--tls-auth-clients", "no"});
    auto parsed = parse_redis_url("rediss://localhost:" + std::to_string(port) + "?ca=" + certificate);
    ASSERT_TRUE(parsed.ok());
    url = *parsed;
    link = RedisLink::open(url, deadline);
  }
  ASSERT_TRUE(link.ok()) << link.error().message;
  const std::string value(kMaxValueBytes, 'v');
  EXPECT_TRUE((*link)->ask(std::vector<std::string_view>{"SET", "a", value}, deadline).ok());
  const auto got = (*link)->ask(std::vector<std::string_view>{"GET", "a"}, deadline);
  ASSERT_TRUE(got.ok()) << got.error().message;
  EXPECT_EQ(got->text, value);
  RedisUrl stranger = url;
  stranger.ca_file = "";
  EXPECT_FALSE(RedisLink::open(stranger, deadline).ok()) << "nobody vouches for it";
  RedisUrl another = url;
  another.host = "127.0.0.1";
  EXPECT_FALSE(RedisLink::open(another, deadline).ok()) << "it has a certificate of another name";
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace vesta::cache
