// Which pages may ask, and what a browser is told.
#include "server/cors.h"

#include <gtest/gtest.h>

namespace vesta::server {
namespace {

http::Request request_of(http::Method method, const std::string& path, const std::string& origin) {
  http::Request request;
  request.method = method;
  request.path = path;
  if (!origin.empty()) request.headers.add("Origin", origin);
  if (method == http::Method::options) request.headers.add("Access-Control-Request-Method", "PUT");
  return request;
}

// What the page's browser reads; empty: it hides the answer from the page.
std::string allowed(const Cors& cors, const std::string& path, const std::string& origin,
                    http::Method method = http::Method::get) {
  http::Response response;
  cors.allow(request_of(method, path, origin), response);
  EXPECT_EQ(response.headers.find("Access-Control-Allow-Credentials"), nullptr);
  return std::string(response.headers.get("Access-Control-Allow-Origin"));
}

TEST(Cors, LetsPagesOfTheOriginsRead) {
  const auto cors = Cors::parse({"https://app.example", "http://localhost:3000"});
  ASSERT_TRUE(cors.ok());
  EXPECT_EQ(allowed(*cors, "/fhir/Patient", "https://app.example"), "https://app.example");
  EXPECT_EQ(allowed(*cors, "/auth/token", "http://localhost:3000", http::Method::post), "http://localhost:3000");
  for (const char* other : {"http://app.example", "https://app.example:8443", "https://app.example.evil.example",
                            "https://APP.example", "null", "*", ""}) {
    EXPECT_EQ(allowed(*cors, "/fhir/Patient", other), "") << other;
  }
  http::Response response;
  cors->allow(request_of(http::Method::get, "/fhir/Patient", ""), response);
  EXPECT_EQ(response.headers.get("Vary"), "Origin") << "a cache must not give one page's answer to another";
}

TEST(Cors, LetsEveryPageReadHowToSignIn) {
  const auto cors = Cors::parse({});
  for (const char* path :
       {"/fhir/metadata", "/fhir/.well-known/smart-configuration", "/.well-known/openid-configuration", "/auth/jwks"}) {
    EXPECT_EQ(allowed(*cors, path, "https://app.example"), "*") << path;
  }
  EXPECT_EQ(allowed(*cors, "/fhir/metadata", ""), "");
  http::Response response;
  cors->allow(request_of(http::Method::get, "/fhir/metadata", ""), response);
  EXPECT_EQ(response.headers.get("Vary"), "Origin") << "a cache must not give a page what was for no page";
  EXPECT_EQ(allowed(*cors, "/fhir/Patient", "https://app.example"), "");
  EXPECT_EQ(allowed(*Cors::parse({"*"}), "/fhir/Patient", "https://app.example"), "*");
}

TEST(Cors, AnswersWhoAsksBefore) {
  const auto cors = Cors::parse({"https://app.example"});
  const auto answer = cors->preflight(request_of(http::Method::options, "/fhir/Patient/1", "https://app.example"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 204);
  EXPECT_EQ(answer->headers.get("Access-Control-Allow-Origin"), "https://app.example");
  EXPECT_NE(answer->headers.get("Access-Control-Allow-Methods").find("PUT"), std::string_view::npos);
  for (const char* field : {"Authorization", "Idempotency-Key"}) {
    EXPECT_NE(answer->headers.get("Access-Control-Allow-Headers").find(field), std::string_view::npos) << field;
  }
  EXPECT_FALSE(cors->preflight(request_of(http::Method::options, "/fhir/Patient/1", "https://other.example")));
  EXPECT_FALSE(cors->preflight(request_of(http::Method::get, "/fhir/Patient/1", "https://app.example")));
}

TEST(Cors, OriginsAreSuchAsBrowsersSend) {
  for (const char* bad : {"app.example", "https://", "https://app.example/", "https://app.example/x", "ftp://a", "",
                          "https://A.example", "https://a b", "https://*.example"}) {
    EXPECT_FALSE(Cors::parse({bad}).ok()) << bad;
  }
  EXPECT_TRUE(Cors::parse({"https://[::1]:8080"}).ok());
  EXPECT_TRUE(Cors::parse(std::vector<std::string>(kMaxCorsOrigins, "https://a")).ok());
  EXPECT_FALSE(Cors::parse(std::vector<std::string>(kMaxCorsOrigins + 1, "https://a")).ok());
}

}  // namespace
}  // namespace vesta::server
