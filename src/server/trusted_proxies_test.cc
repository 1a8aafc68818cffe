// Whose word on where a request comes from is taken.
#include "server/trusted_proxies.h"

#include <gtest/gtest.h>

#include <utility>

namespace vesta::server {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

std::string client(const std::vector<std::string>& networks, const std::string& peer, const Fields& fields) {
  const auto proxies = TrustedProxies::parse(networks);
  EXPECT_TRUE(proxies.ok());
  http::Request request;
  request.remote_address = peer;
  for (const auto& [name, value] : fields) request.headers.add(name, value);
  return proxies->client_of(request);
}

TEST(TrustedProxies, TheRightMostThatIsNoneOfThemCounts) {
  const std::vector<std::string> ours = {"10.0.0.0/8", "2001:db8:1::/48"};
  EXPECT_EQ(client(ours, "10.0.0.1", {{"X-Forwarded-For", "192.0.2.1"}}), "192.0.2.1");
  EXPECT_EQ(client(ours, "10.0.0.1", {{"x-forwarded-for", "203.0.113.9, 192.0.2.1, 10.2.3.4"}}), "192.0.2.1")
      << "what stands left of it the client says itself";
  EXPECT_EQ(client(ours, "10.0.0.1", {{"X-Forwarded-For", "203.0.113.9"}, {"X-Forwarded-For", "192.0.2.1"}}),
            "192.0.2.1");
  EXPECT_EQ(client(ours, "10.0.0.1", {{"X-Forwarded-For", "\"a, 192.0.2.1"}}), "192.0.2.1") << "a client's quote";
  EXPECT_EQ(client(ours, "2001:db8:1::5", {{"X-Forwarded-For", "[2001:db8:2::1]:443"}}), "2001:db8:2::1");
  EXPECT_EQ(client(ours, "::ffff:10.0.0.1", {{"X-Forwarded-For", "192.0.2.1:5000"}}), "192.0.2.1");
  EXPECT_EQ(client(ours, "10.0.0.1", {{"X-Forwarded-For", "10.0.0.2"}}), "10.0.0.2") << "one of the site's own";
}

TEST(TrustedProxies, ForwardedIsReadToo) {
  const std::vector<std::string> ours = {"10.0.0.1"};
  EXPECT_EQ(client(ours, "10.0.0.1", {{"Forwarded", R"(for=203.0.113.9, For="[2001:db8::1]:4711";proto=https)"}}),
            "2001:db8::1");
  EXPECT_EQ(client(ours, "10.0.0.1", {{"Forwarded", "proto=https;for=192.0.2.1;by=10.0.0.1"}}), "192.0.2.1");
  EXPECT_EQ(client(ours, "10.0.0.1", {{"Forwarded", "for=203.0.113.9, for=unknown"}}), "10.0.0.1");
  for (const std::string open : {"for=\"203.0.113.9", "for=\"[2001:db8::1]", "for=\"203.0.113.9%",
                                 "for=\"203.0.113.9:80", "for=203.0.113.9;by=\""}) {
    EXPECT_EQ(client(ours, "10.0.0.1", {{"Forwarded", open + ", for=192.0.2.1"}}), "10.0.0.1") << open;
  }
  EXPECT_EQ(client(ours, "10.0.0.1", {{"Forwarded", "for=203.0.113.9, proto=https"}}), "10.0.0.1");
}

TEST(TrustedProxies, TwoFieldsMustAgree) {
  const std::vector<std::string> ours = {"10.0.0.1"};
  EXPECT_EQ(client(ours, "10.0.0.1", {{"Forwarded", "for=192.0.2.1"}, {"X-Forwarded-For", "192.0.2.1"}}), "192.0.2.1");
  EXPECT_EQ(client(ours, "10.0.0.1", {{"Forwarded", "for=203.0.113.9"}, {"X-Forwarded-For", "192.0.2.1"}}), "10.0.0.1")
      << "the proxy writes one, the client the other";
}

TEST(TrustedProxies, NobodyElseIsBelieved) {
  const Fields says{{"X-Forwarded-For", "192.0.2.1"}};
  EXPECT_EQ(client({}, "10.0.0.1", says), "10.0.0.1");
  EXPECT_EQ(client({"10.0.0.0/31"}, "10.0.0.2", says), "10.0.0.2");
  EXPECT_EQ(client({"10.0.0.0/31"}, "10.0.0.1", says), "192.0.2.1");
  EXPECT_EQ(client({"0.0.0.0/0"}, "2001:db8::1", says), "2001:db8::1");
  EXPECT_EQ(client({"10.0.0.1"}, "10.0.0.1", {}), "10.0.0.1");
  EXPECT_EQ(client({"10.0.0.1"}, "10.0.0.1", {{"X-Forwarded-For", "nonsense"}}), "10.0.0.1");
}

TEST(TrustedProxies, ANetworkIsAnAddressAndBits) {
  for (const char* text : {"", "10.0.0", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "::/129", "example.org", "::1/x"}) {
    EXPECT_FALSE(TrustedProxies::parse({text}).ok()) << text;
  }
  EXPECT_TRUE(TrustedProxies::parse({"::/128", "10.0.0.0/32", "0.0.0.0/0", "::ffff:10.0.0.0/104"}).ok());
  EXPECT_TRUE(TrustedProxies::parse(std::vector<std::string>(kMaxTrustedProxies, "::1")).ok());
  EXPECT_FALSE(TrustedProxies::parse(std::vector<std::string>(kMaxTrustedProxies + 1, "::1")).ok());
}

}  // namespace
}  // namespace vesta::server
