// The interactions through the application, on the memory engine.
#include "ops/application.h"

#include <gtest/gtest.h>

#include "fhir/json.h"
#include "ops/test_support.h"

namespace vesta::ops::testing {
namespace {

TEST(Application, CreatesReadsAndDeletes) {
  TestServer server;
  const auto created = server.post("/Patient", R"({"resourceType":"Patient","id":"mine","active":true})");
  ASSERT_EQ(created.status, 201) << created.body;
  EXPECT_EQ(created.headers.get("ETag"), "W/\"1\"");
  const std::string location(created.headers.get("Location"));
  EXPECT_TRUE(location.starts_with("http://test/fhir/Patient/")) << location;
  EXPECT_TRUE(location.ends_with("/_history/1")) << location;
  const std::string id = location.substr(25, 36);
  EXPECT_NE(id, "mine");

  const auto read = server.get("/Patient/" + id);
  EXPECT_EQ(read.status, 200);
  EXPECT_EQ(read.body, created.body);
  EXPECT_EQ(read.headers.get("Content-Type"), "application/fhir+json;charset=utf-8");
  EXPECT_EQ(server.get("/Patient/" + id, {{"If-None-Match", "W/\"1\""}}).status, 304);
  EXPECT_EQ(server.get("/Patient/" + id, {{"If-None-Match", "W/\"2\""}}).status, 200);

  EXPECT_EQ(server.remove("/Patient/" + id).status, 204);
  const auto gone = server.get("/Patient/" + id);
  EXPECT_EQ(gone.status, 410);
  EXPECT_EQ(gone.headers.get("ETag"), "W/\"2\"");
  EXPECT_EQ(server.get("/Patient/" + id + "/_history/2").status, 410);
  EXPECT_EQ(server.get("/Patient/" + id + "/_history/1").body, created.body);
  EXPECT_EQ(server.get("/Patient/" + id + "/_history/3").status, 404);
  EXPECT_EQ(server.get("/Patient/unknown").status, 404);
}

TEST(Application, UpdatesWithIfMatch) {
  TestServer server;
  const std::string body = R"({"resourceType":"Patient","id":"a","active":true})";
  EXPECT_EQ(server.put("/Patient/a", body).status, 201);
  EXPECT_EQ(server.put("/Patient/a", body).status, 200);
  EXPECT_EQ(server.put("/Patient/a", body, {{"If-Match", "W/\"1\""}}).status, 412);
  EXPECT_EQ(server.put("/Patient/a", body, {{"If-Match", "W/\"2\""}}).status, 200);
  EXPECT_EQ(server.put("/Patient/a", body, {{"If-Match", "nonsense"}}).status, 400);
  EXPECT_EQ(server.put("/Patient/a", body, {{"If-None-Match", "*"}}).status, 412);
  EXPECT_EQ(server.put("/Patient/b", body).status, 400);
  EXPECT_EQ(server.put("/Observation/a", body).status, 400);
  EXPECT_EQ(server.get("/Patient/a").headers.get("ETag"), "W/\"3\"");
  EXPECT_EQ(server.remove("/Patient/a").status, 204);
  EXPECT_EQ(server.put("/Patient/a", body).status, 201);
}

TEST(Application, RefusesWhatItDoesNotOffer) {
  TestServer server;
  const std::string body = R"({"resourceType":"Patient","id":"a"})";
  const auto patched = server.send(http::Method::patch, "/metadata", "[]");
  EXPECT_EQ(patched.status, 405);
  EXPECT_EQ(patched.headers.get("Allow"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(server.get("/Patient/a/_history", {{"Accept", "text/turtle"}}).status, 406);
  EXPECT_EQ(server.get("/Patient?_format=ttl").status, 406);
  EXPECT_EQ(server.get("/Patient?_format=application/fhir%2Bjson").status, 200);
  EXPECT_EQ(server.put("/Patient/a", body, {{"Content-Type", "text/turtle"}}).status, 415);
  EXPECT_EQ(server.put("/Patient/a", body, {{"Content-Type", "application/fhir+json; charset=latin1"}}).status, 415);
  EXPECT_EQ(server.get("/Nonsense").status, 404);
  EXPECT_EQ(server.get("/Patient/a?nonsense=1").status, 404);
  EXPECT_EQ(server.post("/Patient/$validate", body).status, 405);
  EXPECT_EQ(server.put("/Patient/a_b", body).status, 400);
}

TEST(Application, SearchesByPages) {
  TestServer server;
  for (const char* id : {"a", "b", "c", "d", "e"}) {
    const std::string text(id);
    ASSERT_EQ(
        server.put("/Patient/" + text, R"({"resourceType":"Patient","id":")" + text + R"(","active":true})").status,
        201);
  }
  std::string next = "/Patient?active=true&_count=2&_total=accurate";
  std::string ids;
  for (int page = 0; page < 3; ++page) {
    const auto found = server.get(next);
    ASSERT_EQ(found.status, 200) << found.body;
    EXPECT_TRUE(contains(found.body, R"("total":5)")) << found.body;
    for (std::size_t at = 0; (at = found.body.find(R"("fullUrl":")", at)) != std::string::npos; ++at) {
      ids += found.body[found.body.find('"', at + 11) - 1];
    }
    next = value_after(found.body, R"("relation":"next","url":")");
    // Written meanwhile: neither repeated nor in the way.
    server.put("/Patient/a", R"({"resourceType":"Patient","id":"a","active":true})");
  }
  EXPECT_EQ(next, "");
  EXPECT_EQ(ids, "abcde");
  EXPECT_EQ(server.get("/Patient?_page=abc").status, 400);
  const auto form =
      server.post("/Patient/_search", "active=true", {{"Content-Type", "application/x-www-form-urlencoded"}});
  EXPECT_EQ(form.status, 200);
  EXPECT_TRUE(contains(form.body, R"("total":5)")) << form.body;
  EXPECT_EQ(server.post("/Patient/_search", "active=true").status, 415);
}

TEST(Application, HistoryHasEveryVersion) {
  TestServer server;
  server.put("/Patient/a", R"({"resourceType":"Patient","id":"a","active":true})");
  server.put("/Patient/a", R"({"resourceType":"Patient","id":"a","active":false})");
  server.remove("/Patient/a");
  server.put("/Patient/b", R"({"resourceType":"Patient","id":"b"})");
  const auto instance = server.get("/Patient/a/_history");
  ASSERT_EQ(instance.status, 200) << instance.body;
  EXPECT_TRUE(contains(instance.body, R"("total":3)")) << instance.body;
  EXPECT_TRUE(contains(instance.body, R"("method":"DELETE")"));
  const auto page = server.get("/_history?_count=3");
  EXPECT_TRUE(contains(page.body, R"("total":4)")) << page.body;
  const std::string next = value_after(page.body, R"("relation":"next","url":")");
  ASSERT_NE(next, "");
  const auto last = server.get(next);
  EXPECT_TRUE(contains(last.body, R"("active":true)")) << last.body;
  EXPECT_FALSE(contains(last.body, R"("next")"));
  EXPECT_EQ(server.get("/Patient/unknown/_history").status, 404);
  EXPECT_EQ(server.get("/Patient/a/_history?_since=nonsense").status, 400);
}

TEST(Application, ConditionalCreateUpdateDelete) {
  TestServer server;
  const std::string body = R"({"resourceType":"Patient","identifier":[{"system":"urn:s","value":"1"}],"active":true})";
  const auto made = server.post("/Patient", body, {{"If-None-Exist", "identifier=urn:s|1"}});
  EXPECT_EQ(made.status, 201) << made.body;
  const auto again = server.post("/Patient", body, {{"If-None-Exist", "identifier=urn:s|1"}});
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.body, made.body);
  EXPECT_EQ(server.put("/Patient?identifier=urn:s|1", body).status, 200);
  EXPECT_EQ(server.put("/Patient?identifier=urn:s|2", body).status, 201);
  EXPECT_EQ(server.put("/Patient?active=true", body).status, 412);
  EXPECT_EQ(server.put("/Patient", body).status, 400);
  EXPECT_EQ(server.remove("/Patient?active=true").status, 412);
  EXPECT_EQ(server.remove("/Patient?identifier=urn:s|9").status, 204);
  EXPECT_EQ(server.remove("/Patient").status, 400);
  EXPECT_EQ(server.post("/Patient", body, {{"If-None-Exist", "nonsense=1"}}).status, 400);
}

TEST(Application, CapabilityStatementIsOneAndTrue) {
  TestServer server;
  const auto metadata = server.get("/metadata");
  ASSERT_EQ(metadata.status, 200);
  EXPECT_EQ(metadata.headers.get("Cache-Control"), "public, max-age=60");
  fhir::Arena arena;
  fhir::JsonReader reader(fhir::r4());
  const auto tree = reader.read(metadata.body, arena);
  ASSERT_TRUE(tree.ok()) << tree.error().issues.front().diagnostics << tree.error().issues.front().expression;
  EXPECT_EQ(fhir::r4().type((*tree)->type).name, "CapabilityStatement");
  std::size_t types = 0;
  for (std::size_t at = 0; (at = metadata.body.find(R"("updateCreate":true)", at)) != std::string::npos; ++at) ++types;
  EXPECT_EQ(types,
            148u - 2u + 6u);  // R4 has 148, of which two are abstract; and ViewDefinition, and five of access
  EXPECT_EQ(server.get("/metadata?mode=nonsense").status, 400);
}

TEST(Application, PrettyAndPartial) {
  TestServer server;
  server.put("/Patient/a", R"({"resourceType":"Patient","id":"a","active":true,"birthDate":"2000-01-01"})");
  const auto pretty = server.get("/Patient/a?_pretty=true");
  EXPECT_TRUE(contains(pretty.body, "\n")) << pretty.body;
  const auto part = server.get("/Patient/a?_elements=active");
  EXPECT_TRUE(contains(part.body, "active"));
  EXPECT_FALSE(contains(part.body, "birthDate")) << part.body;
  EXPECT_TRUE(contains(part.body, "SUBSETTED"));
  EXPECT_EQ(server.get("/Patient/a?_summary=nonsense").status, 400);
  EXPECT_EQ(server.get("/Patient/a?nonsense=1", {{"Prefer", "handling=lenient"}}).status, 200);
  EXPECT_EQ(server.get("/Patient/a?nonsense=1").status, 400);
}

}  // namespace
}  // namespace vesta::ops::testing
