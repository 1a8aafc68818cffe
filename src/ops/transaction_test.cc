// Transactions and batches: order, identities, links, atomicity, races.
#include "ops/transaction.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "ops/test_support.h"

namespace vesta::ops::testing {
namespace {

std::string bundle(std::string_view type, std::initializer_list<std::string> entries) {
  std::string text = R"({"resourceType":"Bundle","type":")" + std::string(type) + R"(","entry":[)";
  bool first = true;
  for (const std::string& entry : entries) {
    if (!std::exchange(first, false)) text += ',';
    text += entry;
  }
  return text + "]}";
}

std::string entry(std::string_view method, std::string_view url, std::string_view resource = {},
                  std::string_view full_url = {}, std::string_view more = {}) {
  std::string text = "{";
  if (!full_url.empty()) text += R"("fullUrl":")" + std::string(full_url) + R"(",)";
  if (!resource.empty()) text += R"("resource":)" + std::string(resource) + ",";
  text += R"("request":{"method":")" + std::string(method) + R"(","url":")" + std::string(url) + "\"";
  return text + std::string(more) + "}}";
}

std::uint64_t versions(TestServer& server) {
  return server.store->statistics()->versions;
}

constexpr std::string_view kUrn = "urn:uuid:11111111-1111-4111-8111-111111111111";
constexpr std::string_view kPatient = R"({"resourceType":"Patient","identifier":[{"system":"urn:s","value":"1"}]})";

std::string observation(std::string_view subject) {
  return R"({"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":")" +
         std::string(subject) + R"("}})";
}

TEST(Transaction, LinksGoToAssignedIds) {
  TestServer server;
  const std::string narrated = R"({"resourceType":"Basic","text":{"status":"generated",)"
                               R"("div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><a href=\")" +
                               std::string(kUrn) + R"(\">x</a> )" + std::string(kUrn) +
                               R"(</div>"},"code":{"text":"x"},)" + R"("subject":{"reference":")" + std::string(kUrn) +
                               R"("},"extension":[{"url":"http://x","valueUri":")" + std::string(kUrn) +
                               R"("},{"url":"http://x","valueCanonical":")" + std::string(kUrn) + R"("}]})";
  // The reference stands before what it refers to.
  const auto done = server.post(
      "", bundle("transaction", {entry("POST", "Basic", narrated), entry("POST", "Patient", kPatient, kUrn)}));
  ASSERT_EQ(done.status, 200) << done.body;
  EXPECT_TRUE(contains(done.body, R"("type":"transaction-response")"));
  const auto patient = server.get("/Patient?identifier=urn:s|1");
  const std::string id = value_after(patient.body, R"("id":")");
  const std::string local = "Patient/" + id;
  const std::string stored = server.get("/Basic").body;
  EXPECT_TRUE(contains(stored, R"("reference":")" + local + '"')) << stored;
  EXPECT_TRUE(contains(stored, R"("valueUri":")" + local + '"')) << stored;
  EXPECT_TRUE(contains(stored, R"("valueCanonical":")" + std::string(kUrn) + '"')) << stored;
  EXPECT_TRUE(contains(stored, R"(<a href=\")" + local + R"(\">x</a> )" + std::string(kUrn))) << stored;
  EXPECT_TRUE(contains(server.get("/Basic?subject=" + local).body, R"("total":1)"));
}

TEST(Transaction, RestfulFullUrlsAndVersionsOfLinks) {
  TestServer server;
  const auto done = server.post(
      "", bundle("transaction",
                 {entry("POST", "Patient", kPatient, "http://other/fhir/Patient/1"),
                  entry("POST", "Observation", observation("Patient/1"), "http://other/fhir/Observation/7"),
                  entry("POST", "Observation", observation("http://other/fhir/Patient/1/_history/9"),
                        "urn:uuid:22222222-2222-4222-8222-222222222222"),
                  entry("POST", "Observation", observation("Patient/1"), "http://third/fhir/Observation/8")}));
  ASSERT_EQ(done.status, 200) << done.body;
  const std::string id = value_after(server.get("/Patient").body, R"("id":")");
  const std::string stored = server.get("/Observation").body;
  EXPECT_TRUE(contains(stored, R"("reference":"Patient/)" + id + '"')) << stored;
  EXPECT_TRUE(contains(stored, R"("reference":"Patient/)" + id + R"(/_history/1")")) << stored;
  EXPECT_TRUE(contains(stored, R"("reference":"Patient/1")")) << stored;  // of a root that is not in the Bundle
}

TEST(Transaction, DeletesBeforeItCreatesAndReadsLast) {
  TestServer server;
  ASSERT_EQ(server.put("/Patient/old", R"({"resourceType":"Patient","id":"old","active":true})").status, 201);
  const auto done =
      server.post("", bundle("transaction", {entry("GET", "Patient?_summary=count"),
                                             entry("PUT", "Patient/new", R"({"resourceType":"Patient","id":"new"})"),
                                             entry("POST", "Patient", kPatient), entry("DELETE", "Patient/old"),
                                             entry("GET", "Patient/new")}));
  ASSERT_EQ(done.status, 200) << done.body;
  EXPECT_TRUE(contains(done.body, R"("total":2)")) << done.body;
  const auto changes = server.store->changes(CommitSeq{}, 10);
  ASSERT_EQ(changes->size(), 4u);
  EXPECT_TRUE((*changes)[1].deleted);
  EXPECT_EQ((*changes)[3].id, "new");
}

TEST(Transaction, AllOrNothing) {
  TestServer server;
  const std::uint64_t before = versions(server);
  const std::string good = entry("POST", "Patient", kPatient, kUrn);
  const std::pair<std::string, int> table[] = {
      {entry("PUT", "Patient/a", R"({"resourceType":"Patient","id":"b"})"), 400},
      {entry("PUT", "Patient/a", R"({"resourceType":"Patient","id":"a","active":"x"})"), 400},
      {entry("PUT", "Patient/a", R"({"resourceType":"Patient","id":"a"})", {}, R"(,"ifMatch":"W/\"1\"")"), 412},
      {entry("POST", "Observation", kPatient), 400},
      {entry("POST", "Nonsense", kPatient), 404},
      {entry("POST", "Patient"), 400},
      {entry("PATCH", "Patient/a", kPatient), 400},
      {entry("POST", "Patient", kPatient, kUrn), 400},  // the fullUrl again
      {entry("GET", "Patient/none"), 404},
      {entry("GET", "Patient?nonsense=1"), 400},
      {entry("POST", "Observation", observation("Patient?identifier=urn:s|none")), 412},
      {entry("POST", "Observation", observation("Patient?nonsense=1")), 400},
      {entry("DELETE", "Patient"), 400},
  };
  for (const auto& [bad, status] : table) {
    const auto done = server.post("", bundle("transaction", {good, bad}));
    EXPECT_EQ(done.status, status) << bad << done.body;
    EXPECT_TRUE(contains(done.body, "Bundle.entry[1]")) << done.body;
  }
  EXPECT_EQ(versions(server), before);
  EXPECT_EQ(server.post("", bundle("history", {good})).status, 400);
  EXPECT_EQ(server.post("", std::string(kPatient)).status, 400);
}

TEST(Transaction, RefusesAnIdentityTwice) {
  TestServer server;
  const std::string a = R"({"resourceType":"Patient","id":"a"})";
  EXPECT_EQ(server.post("", bundle("transaction", {entry("PUT", "Patient/a", a), entry("DELETE", "Patient/a")})).status,
            400);
  ASSERT_EQ(server.put("/Patient/p", R"({"resourceType":"Patient","id":"p","active":true})").status, 201);
  EXPECT_EQ(server
                .post("", bundle("transaction",
                                 {entry("PUT", "Patient?active=true", R"({"resourceType":"Patient","active":true})"),
                                  entry("DELETE", "Patient/p")}))
                .status,
            400);
  EXPECT_EQ(versions(server), 1u);
}

TEST(Transaction, ConditionalCreatesAndReferences) {
  TestServer server;
  const std::string condition = R"(,"ifNoneExist":"identifier=urn:s|1")";
  const auto make = [&] {
    return server.post(
        "", bundle("transaction", {entry("POST", "Patient", kPatient, kUrn, condition),
                                   entry("POST", "Observation", observation(kUrn)),
                                   entry("POST", "Observation", observation("Patient?identifier=urn:s|1"))}));
  };
  const auto first = make();
  ASSERT_EQ(first.status, 200) << first.body;
  const std::string id = value_after(server.get("/Patient").body, R"("id":")");
  const auto second = make();
  ASSERT_EQ(second.status, 200) << second.body;
  EXPECT_TRUE(contains(second.body, R"("status":"200 OK","location":"http://test/fhir/Patient/)" + id)) << second.body;
  EXPECT_TRUE(contains(server.get("/Patient").body, R"("total":1)"));
  EXPECT_TRUE(contains(server.get("/Observation?subject=Patient/" + id).body, R"("total":4)"));
}

// A conditional reference counts what will be there afterwards: not what the transaction deletes.
TEST(Transaction, ConditionalReferencesSeeTheTransaction) {
  TestServer server;
  ASSERT_EQ(
      server
          .put("/Patient/old", R"({"resourceType":"Patient","id":"old","identifier":[{"system":"urn:s","value":"1"}]})")
          .status,
      201);
  const auto done =
      server.post("", bundle("transaction", {entry("DELETE", "Patient/old"), entry("POST", "Patient", kPatient),
                                             entry("POST", "Observation", observation("Patient?identifier=urn:s|1"))}));
  ASSERT_EQ(done.status, 200) << done.body;
  EXPECT_FALSE(contains(server.get("/Observation").body, "Patient/old"));
  const auto several =
      server.post("", bundle("transaction", {entry("POST", "Patient", kPatient),
                                             entry("POST", "Observation", observation("Patient?identifier=urn:s|1"))}));
  EXPECT_EQ(several.status, 412) << several.body;
  EXPECT_TRUE(contains(several.body, "multiple-matches"));
}

// Three match before the transaction, which deletes two of them; a fourth comes in between.
TEST(Transaction, ConditionalReferencesToManyAreSafeAgainstRaces) {
  auto engine = std::make_unique<HookedStore>(store::memory::open(registry()), [](int) { return kOk; });
  HookedStore& hooked = *engine;
  TestServer server(std::move(engine));
  const auto put = [&](const std::string& id) {
    return server
        .put("/Patient/" + id,
             R"({"resourceType":"Patient","id":")" + id + R"(","identifier":[{"system":"urn:s","value":"1"}]})")
        .status;
  };
  for (const char* id : {"a", "b", "c"}) ASSERT_EQ(put(id), 201);
  const auto transaction = [&](const char* first, const char* second) {
    return server.post(
        "", bundle("transaction", {entry("DELETE", first), entry("DELETE", second),
                                   entry("POST", "Observation", observation("Patient?identifier=urn:s|1"))}));
  };
  bool has_raced = false;
  hooked.set_hook([&](int) {
    if (std::exchange(has_raced, true)) return kOk;
    EXPECT_EQ(put("d"), 201);
    return kOk;
  });
  const auto raced = transaction("Patient/a", "Patient/b");
  EXPECT_EQ(raced.status, 412) << raced.body;
  EXPECT_TRUE(contains(raced.body, R"("expression":["Bundle.entry[2].resource.subject.reference"])")) << raced.body;
  EXPECT_EQ(server.get("/Patient/a").status, 200);
  ASSERT_EQ(server.remove("/Patient/d").status, 204);
  const auto done = transaction("Patient/a", "Patient/b");
  EXPECT_EQ(done.status, 200) << done.body;
  EXPECT_TRUE(contains(server.get("/Observation").body, R"("reference":"Patient/c")"));
}

TEST(Transaction, EmptyAndRepresentation) {
  TestServer server;
  EXPECT_EQ(server.post("", R"({"resourceType":"Bundle","type":"transaction"})").status, 200);
  const auto shown = server.post("", bundle("transaction", {entry("POST", "Patient", kPatient)}),
                                 {{"Prefer", "return=representation"}});
  EXPECT_TRUE(contains(shown.body, R"("resource":{"resourceType":"Patient")")) << shown.body;
}

TEST(Batch, EachEntryOnItsOwn) {
  TestServer server;
  const auto done = server.post(
      "", bundle("batch",
                 {entry("PUT", "Patient/a", R"({"resourceType":"Patient","id":"a"})"),
                  entry("PUT", "Patient/b", R"({"resourceType":"Patient","id":"b","active":"yes"})"),
                  entry("POST", "Patient", R"({"resourceType":"Patient","nonsense":1})"), entry("GET", "Patient/a"),
                  entry("GET", "Patient/none"), entry("DELETE", "Patient/a"), entry("POST", "", bundle("batch", {}))}));
  ASSERT_EQ(done.status, 200) << done.body;
  std::string statuses;
  for (std::size_t at = 0; (at = done.body.find(R"("status":")", at)) != std::string::npos; ++at) {
    statuses += done.body.substr(at + 10, 3) + " ";
  }
  EXPECT_EQ(statuses, "201 400 400 200 404 204 400 ") << done.body;
  EXPECT_TRUE(contains(done.body, "Bundle.entry[1].resource.active")) << done.body;
}

TEST(Batch, BrokenJsonFailsAsAWhole) {
  TestServer server;
  EXPECT_EQ(server.post("", R"({"resourceType":"Bundle","type":"batch","entry":[{"request":}]})").status, 400);
  EXPECT_EQ(
      server.post("", R"({"resourceType":"Bundle","type":"batch","nonsense":1,"entry":[{"resource":{}}]})").status,
      400);
  EXPECT_EQ(versions(server), 0u);
}

// Many threads, one criterion: the conditions of the commit let one create through.
TEST(Races, ConditionalCreateMakesOne) {
  TestServer server;
  std::atomic<int> created = 0, found = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      const int status = i % 2 == 0
                             ? server.post("/Patient", kPatient, {{"If-None-Exist", "identifier=urn:s|1"}}).status
                             : server
                                   .post("", bundle("transaction", {entry("POST", "Patient", kPatient, {},
                                                                          R"(,"ifNoneExist":"identifier=urn:s|1")")}))
                                   .status;
      if (status == 201) ++created;
      if (status == 200) ++found;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(created + found, 8);
  EXPECT_EQ(versions(server), 1u);
}

TEST(Races, UpdatesAllCountAndIfMatchLetsOneThrough) {
  TestServer server;
  const std::string body = R"({"resourceType":"Patient","id":"a"})";
  ASSERT_EQ(server.put("/Patient/a", body).status, 201);
  std::atomic<int> plain = 0, matched = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { plain += server.put("/Patient/a", body).status == 200 ? 1 : 0; });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(plain, 4);
  EXPECT_EQ(server.get("/Patient/a").headers.get("ETag"), "W/\"5\"");
  threads.clear();
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back(
        [&] { matched += server.put("/Patient/a", body, {{"If-Match", "W/\"5\""}}).status == 200 ? 1 : 0; });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(matched, 1);
}

}  // namespace
}  // namespace vesta::ops::testing
