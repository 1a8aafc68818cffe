// Tags of public documents.
#include "server/public_documents.h"

#include <gtest/gtest.h>

#include <string>

namespace vesta::server {
namespace {

http::Response tagged(const std::string& cache_control, const std::string& body, const std::string& none_match = "",
                      http::Method method = http::Method::get) {
  http::Request request;
  request.method = method;
  if (!none_match.empty()) request.headers.add("If-None-Match", none_match);
  http::Response response;
  response.body = body;
  if (!cache_control.empty()) response.headers.add("Cache-Control", cache_control);
  tag_public_document(request, response);
  return response;
}

TEST(PublicDocuments, AreKnownByTheirTag) {
  const http::Response first = tagged("public, max-age=60", "a");
  const std::string tag(first.headers.get("ETag"));
  EXPECT_TRUE(tag.starts_with("W/\"")) << tag;
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.body, "a");
  for (const std::string& sent : {tag, tag.substr(2), "\"other\", " + tag, std::string("*")}) {
    const http::Response again = tagged("public, max-age=60", "a", sent);
    EXPECT_EQ(again.status, 304) << sent;
    EXPECT_EQ(again.body, "");
    EXPECT_EQ(again.headers.get("ETag"), tag);
    EXPECT_EQ(again.headers.get("Cache-Control"), "public, max-age=60");
  }
  const http::Response other = tagged("public, max-age=60", "b", tag);
  EXPECT_EQ(other.status, 200);
  EXPECT_NE(other.headers.get("ETag"), tag);
  EXPECT_EQ(tagged("public, max-age=60", "a", tag, http::Method::head).status, 304);
}

TEST(PublicDocuments, AreTheOnlyOnes) {
  for (const char* cache_control : {"", "no-store", "private", "no-cache"}) {
    const http::Response response = tagged(cache_control, "a", "*");
    EXPECT_EQ(response.status, 200) << cache_control;
    EXPECT_EQ(response.headers.find("ETag"), nullptr) << cache_control;
  }
  EXPECT_EQ(tagged("public, max-age=60", "a", "*", http::Method::post).status, 200);
}

}  // namespace
}  // namespace vesta::server
