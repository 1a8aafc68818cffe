// Configuration: addresses, checks of the whole, the file.
#include "server/config.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "server/config_file.h"
#include "server/signs_of_life.h"
#include "store/memory/memory_store.h"

namespace vesta::server {
namespace {

TEST(Config, OpenOnTheLoopbackOnly) {
  ServeConfig config;
  EXPECT_TRUE(check(config, {}).ok()) << "access control is on";
  config.is_open = true;
  for (const char* address : {"127.0.0.1", "127.1.2.3", "::1", "localhost"}) {
    config.address = address;
    EXPECT_TRUE(check(config, {}).ok()) << address;
  }
  for (const char* address : {"0.0.0.0", "::", "10.0.0.1", "127.0.0.1.example.org", "127.1", "", "1270.0.0.1"}) {
    config.address = address;
    EXPECT_FALSE(check(config, {}).ok()) << address;
  }
  config.address = "::1";
  config.tls_key = "key.pem";
  EXPECT_FALSE(check(config, {}).ok());
  config.tls_key.clear();
  config.tls_client_ca = "ca.pem";
  EXPECT_FALSE(check(config, {}).ok()) << "nobody shows a certificate without TLS";
  config.tls_key = "key.pem";
  config.tls_certificate = "cert.pem";
  EXPECT_TRUE(check(config, {}).ok());
}

TEST(Config, TokensGoInTheClearOnTheLoopbackOnly) {
  ServeConfig config;
  config.address = "0.0.0.0";
  EXPECT_FALSE(check(config, {}).ok());
  config.base_url = "http://example.org/fhir";
  EXPECT_FALSE(check(config, {}).ok());
  config.base_url = "https://example.org/fhir";
  EXPECT_TRUE(check(config, {}).ok()) << "a proxy ends TLS";
  config.base_url = "";
  config.tls_certificate = "cert.pem";
  config.tls_key = "key.pem";
  EXPECT_TRUE(check(config, {}).ok());
}

TEST(Config, TrustedProxiesAreAddresses) {
  ServeConfig config;
  config.trusted_proxies = {"10.0.0.0/8"};
  EXPECT_TRUE(check(config, {}).ok());
  config.cors_origins = {"https://app.example"};
  EXPECT_TRUE(check(config, {}).ok());
  config.is_open = true;
  EXPECT_FALSE(check(config, {}).ok());
  config.is_open = false;
  config.has_client_registration = true;
  EXPECT_TRUE(check(config, {}).ok());
  config.is_open = true;
  EXPECT_FALSE(check(config, {}).ok()) << "nobody could use what was registered";
  config.is_open = config.has_client_registration = false;
  config.cors_origins = {"app.example"};
  EXPECT_FALSE(check(config, {}).ok());
  config.cors_origins.clear();
  config.trusted_proxies = {"proxy.example.org"};
  EXPECT_FALSE(check(config, {}).ok());
}

TEST(Config, NoticesGoWhereTheyMayAndNeedAnAuditLog) {
  ServeConfig config;
  for (const char* const url : {"https://officer.example/notices", "http://127.0.0.1:9/", "http://localhost/a"}) {
    config.emergency_notice_url = url;
    EXPECT_TRUE(check(config, {}).ok()) << url;
  }
  config.is_open = true;
  EXPECT_FALSE(check(config, {}).ok());
  config.is_open = false;
  for (const char* const url : {"http://officer.example/notices", "officer.example", "https://user@officer.example/"}) {
    config.emergency_notice_url = url;
    EXPECT_FALSE(check(config, {}).ok()) << url;
  }
  for (std::string ServeConfig::* const file :
       {&ServeConfig::emergency_notice_ca_file, &ServeConfig::emergency_notice_secret_file}) {
    ServeConfig alone;
    alone.*file = "file";
    EXPECT_FALSE(check(alone, {}).ok()) << "nothing to use it for";
    alone.emergency_notice_url = "https://officer.example/";
    EXPECT_TRUE(check(alone, {}).ok());
  }
}

// Reads `text` from a file of its own, which is gone afterwards.
auto read_text(const std::string& text) {
  std::string name = ::testing::TempDir() + "/vesta-config-XXXXXX";
  const int file = ::mkstemp(name.data());
  EXPECT_GE(file, 0);
  ::close(file);
  std::ofstream(name) << text;
  auto options = read_config_file(name);
  std::filesystem::remove(name);
  return options;
}

TEST(ConfigFile, ReadsFlatOptions) {
  const auto options = read_text("port = 9\nopen = true\nmax_body_mib = 3\ndata = \"x y\"\n");
  ASSERT_TRUE(options.ok());
  const std::map<std::string, std::string> expected = {
      {"port", "9"}, {"open", "true"}, {"max-body-mib", "3"}, {"data", "x y"}};
  EXPECT_EQ(*options, expected);
}

TEST(ConfigFile, RefusesWhatIsNoOption) {
  EXPECT_NE(read_text("a = 1\nb = \n").error().message.find("line 2"), std::string::npos);
  EXPECT_NE(read_text("a = 1\n[table]\nb = 1\n").error().message.find("'table'"), std::string::npos);
  EXPECT_FALSE(read_config_file("no such file").ok());
}

TEST(SignsOfLife, ReadyOnlyWhileItServes) {
  Metrics metrics;
  Lifecycle lifecycle;
  SignsOfLife signs(metrics, lifecycle);
  const auto status = [&](const char* path) {
    http::Request request;
    request.path = path;
    return signs.handle(request, "/fhir")->status;
  };
  EXPECT_EQ(status("/healthz"), 200);
  EXPECT_EQ(status("/readyz"), 503);
  const search::Registry registry(fhir::r4());
  const auto store = store::memory::open(registry);
  lifecycle.store = store.get();
  EXPECT_EQ(status("/readyz"), 200);
  lifecycle.is_draining = true;
  EXPECT_EQ(status("/readyz"), 503);
  EXPECT_EQ(status("/healthz"), 200);
  EXPECT_EQ(status("/metrics"), 200);
  http::Request other;
  other.path = "/fhir/Patient";
  EXPECT_FALSE(signs.handle(other, "/fhir").has_value());
}

TEST(Config, ACacheIsARedisAndItsPasswordIsNotRepeated) {
  ServeConfig config;
  config.cache = "rediss://:secret@cache.internal";
  EXPECT_TRUE(check(config, {}).ok());
  config.cache = "memcached://:secret@cache.internal";
  const Status refused = check(config, {});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message.find("secret"), std::string::npos);
}

TEST(Config, SomebodyHasEachRole) {
  StoreConfig fleet;
  fleet.engine = "postgresql:///vesta";
  ServeConfig config;
  EXPECT_TRUE(check(config, {}).ok());
  EXPECT_TRUE(check(config, fleet).ok());
  config.roles = {"api"};
  EXPECT_TRUE(check(config, fleet).ok());
  EXPECT_FALSE(check(config, {}).ok()) << "nobody else can serve this store";
  config.roles = {"worker"};
  EXPECT_TRUE(check(config, fleet).ok());
  config.roles = {"api", "cook"};
  EXPECT_FALSE(check(config, fleet).ok());
  config.roles = {};
  EXPECT_FALSE(check(config, fleet).ok());
}

}  // namespace
}  // namespace vesta::server
