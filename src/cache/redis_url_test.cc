// URLs of a Redis: what they say, and what is refused without being repeated.
#include "cache/redis_url.h"

#include <gtest/gtest.h>

#include <string>

namespace vesta::cache {
namespace {

TEST(RedisUrlTest, SaysWhereAndWho) {
  const auto least = parse_redis_url("redis://cache");
  ASSERT_TRUE(least.ok());
  EXPECT_EQ(least->place(), "cache:6379/0");
  EXPECT_FALSE(least->has_tls);
  EXPECT_EQ(least->password, "");
  const auto all = parse_redis_url("rediss://vesta:a%40b%3A%2f@[::1]:7000/15?ca=/etc/redis/ca.pem");
  ASSERT_TRUE(all.ok());
  EXPECT_TRUE(all->has_tls);
  EXPECT_EQ(all->host, "::1");
  EXPECT_EQ(all->port, 7000);
  EXPECT_EQ(all->database, 15U);
  EXPECT_EQ(all->user, "vesta");
  EXPECT_EQ(all->password, "a@b:/");
  EXPECT_EQ(all->ca_file, "/etc/redis/ca.pem");
  EXPECT_EQ(all->place(), "::1:7000/15") << "nobody's secrets";
  const auto default_user = parse_redis_url("redis://:secret@cache:65535/65535");
  ASSERT_TRUE(default_user.ok());
  EXPECT_EQ(default_user->user, "");
  EXPECT_EQ(default_user->password, "secret");
  const auto socket = parse_redis_url("redis+unix://:secret@/run/redis/redis.sock");
  ASSERT_TRUE(socket.ok());
  EXPECT_EQ(socket->place(), "/run/redis/redis.sock");
}

TEST(RedisUrlTest, RefusesOtherForms) {
  for (const char* text : {"",
                           "cache",
                           "http://cache",
                           "redis://",
                           "redis://:secret@",
                           "redis://secret@cache",
                           "redis://u:@cache",
                           "redis://:%secret@cache",
                           "redis://:secret%00@cache",
                           "redis://:secret%4@cache",
                           "redis://cache:0",
                           "redis://cache:65536",
                           "redis://cache:",
                           "redis://cache/65536",
                           "redis://cache/x",
                           "redis://[::1",
                           "redis://[::1]7",
                           "redis://cache?ca=secret",
                           "rediss://cache?ca=",
                           "rediss://cache?key=secret",
                           "redis+unix://cache/secret",
                           "redis+unix://",
                           "redis+unix:///"}) {
    const auto url = parse_redis_url(text);
    ASSERT_FALSE(url.ok()) << text;
    EXPECT_EQ(url.error().category, Category::invalid) << text;
    EXPECT_EQ(url.error().message.find("secret"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace vesta::cache
