// The named limits of the interactions, on both sides.
#include <gtest/gtest.h>

#include "fhir/tree_builder.h"
#include "fhirpath/patch.h"
#include "ops/fhirpath_budget.h"
#include "ops/patch_budget.h"
#include "ops/store_hierarchy.h"
#include "ops/store_services.h"
#include "ops/test_support.h"
#include "ops/unreadable.h"
#include "ops/writes.h"
#include "search/extract.h"
#include "store/scratch.h"

namespace vesta::ops::testing {
namespace {

std::string deletions(std::size_t count) {
  std::string text = R"({"resourceType":"Bundle","type":"transaction","entry":[)";
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) text += ',';
    text += R"({"request":{"method":"DELETE","url":"Patient/)" + std::to_string(i) + R"("}})";
  }
  return text + "]}";
}

TEST(Limits, BundleEntries) {
  TestServer server;
  EXPECT_EQ(server.post("", deletions(kMaxBundleEntries)).status, 200);
  EXPECT_EQ(server.post("", deletions(kMaxBundleEntries + 1)).status, 413);
}

// Each criterion is another text, and all of them match one resource.
std::string references(std::size_t count) {
  std::string text = R"({"resourceType":"Bundle","type":"transaction","entry":[{"resource":{"resourceType":"List",)"
                     R"("status":"current","mode":"working","entry":[)";
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) text += ',';
    text += R"({"item":{"reference":"Patient?_id=a,x)" + std::to_string(i) + R"("}})";
  }
  return text + R"(]},"request":{"method":"POST","url":"List"}}]})";
}

TEST(Limits, ConditionalLookups) {
  TestServer server;
  ASSERT_EQ(server.put("/Patient/a", R"({"resourceType":"Patient","id":"a"})").status, 201);
  const auto most = server.post("", references(kMaxConditionalLookups));
  EXPECT_EQ(most.status, 200) << most.body.substr(0, 500);
  const auto over = server.post("", references(kMaxConditionalLookups + 1));
  EXPECT_EQ(over.status, 413) << over.body.substr(0, 500);
}

std::string base64(std::string_view text) {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += 3) {
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i)
      bits = bits << 8 | (at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0);
    for (std::size_t i = 0; i < 4; ++i) {
      const bool is_padding = at + i > text.size();
      out += is_padding ? '=' : kDigits[bits >> (6 * (3 - i)) & 63];
    }
  }
  return out;
}

// A Bundle of two JSON Patches with so many operations.
std::string json_patches(std::string_view type, std::size_t first, std::size_t second) {
  std::string text = R"({"resourceType":"Bundle","type":")" + std::string(type) + R"(","entry":[)";
  for (const auto& [id, count] : {std::pair("a", first), {"b", second}}) {
    std::string patch = R"([{"op":"replace","path":"/active","value":true})";
    for (std::size_t i = 1; i < count; ++i) patch += R"(,{"op":"test","path":"/active","value":true})";
    text += (id[0] == 'a' ? "" : ",") +
            (R"({"resource":{"resourceType":"Binary","contentType":"application/json-patch+json","data":")" +
             base64(patch + "]") + R"("},"request":{"method":"PATCH","url":"Patient/)" + id + R"("}})");
  }
  return text + "]}";
}

TEST(Limits, PatchOperationsOfARequest) {
  constexpr std::size_t kHalf = kMaxRequestPatchOperations / 2;
  TestServer server;
  for (const char* id : {"a", "b"}) {
    const std::string patient = R"({"resourceType":"Patient","id":")" + std::string(id) + R"(","active":false})";
    ASSERT_EQ(server.put("/Patient/" + std::string(id), patient).status, 201);
  }
  const auto over = server.post("", json_patches("transaction", kHalf, kHalf + 1));
  EXPECT_EQ(over.status, 413) << over.body;
  EXPECT_NE(over.body.find("kMaxRequestPatchOperations"), std::string::npos) << over.body;
  EXPECT_NE(over.body.find("Bundle.entry[1]"), std::string::npos) << over.body;
  EXPECT_NE(server.get("/Patient/a").body.find(R"("active":false)"), std::string::npos) << "nothing is half applied";
  const auto batch = server.post("", json_patches("batch", kHalf, kHalf + 1));
  EXPECT_EQ(batch.status, 200);
  EXPECT_NE(batch.body.find("\"200 OK\""), std::string::npos) << batch.body;
  EXPECT_NE(batch.body.find("\"413 "), std::string::npos) << batch.body;
  EXPECT_NE(server.get("/Patient/b").body.find(R"("active":false)"), std::string::npos);
  EXPECT_EQ(server.post("", json_patches("transaction", kHalf, kHalf)).status, 200);
  EXPECT_NE(server.get("/Patient/b").body.find(R"("active":true)"), std::string::npos);
}

TEST(Limits, PatchStepsOfARequest) {
  PatchBudget budget;
  EXPECT_TRUE(budget.take_text((fhirpath::kMaxPatchSteps - 2) * kPatchBytesPerStep).ok());
  EXPECT_TRUE(budget.take_text(0).ok());
  const Status over = budget.take_text(0);
  ASSERT_FALSE(over.ok());
  EXPECT_EQ(over.error().category, Category::too_large);
  EXPECT_NE(over.error().message.find("kMaxPatchSteps"), std::string::npos);
}

TEST(Limits, FhirpathStepsOfARequest) {
  FhirpathBudget budget;
  budget.steps() = kMaxRequestSteps - 1;
  budget.take_text(0);
  EXPECT_TRUE(budget.check().ok());
  budget.take_text(0);
  const Status over = budget.check();
  ASSERT_FALSE(over.ok());
  EXPECT_EQ(over.error().category, Category::too_large);
  EXPECT_NE(over.error().message.find("kMaxRequestSteps"), std::string::npos);
}

// The expressions of one request count together, and those of a batch too: each looks at every name for every name.
TEST(Limits, FhirpathStepsOfContextsAndBatches) {
  TestServer server;
  std::string given = "\"x\"";
  for (int i = 0; i < 500; ++i) given += ",\"x\"";
  const auto question = [&](std::size_t contexts) {
    std::string names;
    for (std::size_t i = 0; i < contexts; ++i) names.append(i == 0 ? "{" : ",{").append(R"("family":"f"})");
    return R"json({"resourceType":"Parameters","parameter":[
        {"name":"expression","valueString":"%resource.contact.name.given.where(%resource.contact.name.given.empty())"},
        {"name":"context","valueString":"name"},{"name":"resource","resource":{"resourceType":"Patient","name":[)json" +
           names + R"(],"contact":[{"name":{"given":[)" + given + "]}}]}}]}";
  };
  EXPECT_EQ(server.post("/$fhirpath", question(4)).status, 200);
  const auto over = server.post("/$fhirpath", question(60));
  EXPECT_EQ(over.status, 413) << over.body;
  EXPECT_NE(over.body.find("kMaxRequestSteps"), std::string::npos) << over.body;
  const auto batch = [&](std::size_t entries) {
    std::string text = R"({"resourceType":"Bundle","type":"batch","entry":[)";
    for (std::size_t i = 0; i < entries; ++i) {
      text.append(i == 0 ? "" : ",").append(R"({"resource":)").append(question(1));
      text += R"(,"request":{"method":"POST","url":"$fhirpath"}})";
    }
    return server.post("", text + "]}").body;
  };
  EXPECT_EQ(batch(4).find("kMaxRequestSteps"), std::string::npos);
  const std::string body = batch(60);
  EXPECT_NE(body.find("\"200 OK\""), std::string::npos) << body.substr(0, 500);
  EXPECT_NE(body.find("kMaxRequestSteps"), std::string::npos) << body.substr(0, 500);
}

// The patches of a batch count together: each path looks at every name for every name.
TEST(Limits, PatchStepsOfABatch) {
  TestServer server;
  std::string names = "\"x\"";
  for (int i = 0; i < 700; ++i) names += ",\"x\"";
  const std::string patient = R"({"resourceType":"Patient","id":"a","name":[{"given":[)" + names + "]}]}";
  ASSERT_EQ(server.put("/Patient/a", patient).status, 201);
  constexpr std::string_view kEntry =
      R"json({"resource":{"resourceType":"Parameters","parameter":[{"name":"operation","part":[
      {"name":"type","valueCode":"delete"},
      {"name":"path","valueString":"Patient.name.given.where(%resource.name.given.empty())"}]}]},
      "request":{"method":"PATCH","url":"Patient/a"}})json";
  const auto batch = [&](std::size_t patches) {
    std::string text = R"({"resourceType":"Bundle","type":"batch","entry":[)";
    for (std::size_t i = 0; i < patches; ++i) text.append(i == 0 ? "" : ",").append(kEntry);
    return server.post("", text + "]}").body;
  };
  const std::string most = batch(10);
  EXPECT_EQ(most.find("\"413 "), std::string::npos) << most.substr(0, 500);
  const std::string over = batch(28);
  EXPECT_NE(over.find("\"200 OK\""), std::string::npos) << over.substr(0, 500);
  EXPECT_NE(over.find("kMaxPatchSteps"), std::string::npos) << over.substr(0, 500);
}

TEST(Limits, ReferencesThatARequestResolves) {
  TestServer server;
  const auto resolve = [&](std::size_t count) {
    std::string text = R"json({"resourceType":"Parameters","parameter":[
        {"name":"expression","valueString":"generalPractitioner.resolve().count()"},
        {"name":"resource","resource":{"resourceType":"Patient","generalPractitioner":[)json";
    for (std::size_t i = 0; i < count; ++i) {
      text.append(i == 0 ? "" : ",").append("{\"reference\":\"Practitioner/" + std::to_string(i) + "\"}");
    }
    return server.post("/$fhirpath", text + "]}}]}");
  };
  const auto most = resolve(kMaxResolved);
  EXPECT_EQ(most.status, 200);
  EXPECT_NE(most.body.find("\"valueInteger\":200"), std::string::npos) << most.body.substr(0, 300);
  const auto over = resolve(kMaxResolved + 1);
  EXPECT_EQ(over.status, 413);
  EXPECT_NE(over.body.find("kMaxResolved"), std::string::npos) << over.body.substr(0, 300);
}

TEST(Limits, TextOfAScratchThatIsKept) {
  const auto read_one = [](std::size_t bytes) {
    store::ScratchLease scratch(fhir::r4());
    std::string text = "<Patient xmlns='http://hl7.org/fhir'><id value='a'/></Patient>";
    text.resize(bytes, ' ');
    EXPECT_TRUE(scratch->read_xml(text).ok());
  };
  while (store::kept_scratch_count() > 0) read_one(store::kMaxKeptText + 1);  // those of other tests
  read_one(store::kMaxKeptText);
  EXPECT_EQ(store::kept_scratch_count(), 1u);
  read_one(store::kMaxKeptText + 1);
  EXPECT_EQ(store::kept_scratch_count(), 0u);
}

// A search whose next link would be too long gets no first page either, but does where it needs no second one.
TEST(Limits, TokenBytes) {
  TestServer server;
  for (const char* id : {"a", "b"}) {
    const std::string text(id);
    ASSERT_EQ(server.put("/Patient/" + text, R"({"resourceType":"Patient","id":")" + text + R"("})").status, 201);
  }
  const auto search = [&](std::size_t lists, const char* count) {
    std::string form = std::string("_count=") + count;
    for (std::size_t list = 0; list < lists; ++list) {
      form += "&_id=a,b";
      for (int i = 0; i < 60; ++i) form += "," + std::string(60, 'x') + std::to_string(i);
    }
    return server.post("/Patient/_search", form, {{"Content-Type", "application/x-www-form-urlencoded"}}).status;
  };
  EXPECT_EQ(search(1, "1"), 200);
  EXPECT_EQ(search(8, "1"), 200);
  EXPECT_EQ(search(12, "1"), 413);
  EXPECT_EQ(search(12, "2"), 200);
}

// As many resources below one as are allowed, and one more.
TEST(Limits, Hierarchy) {
  TestServer server;
  const auto location = [](const std::string& id, const std::string& whole) {
    return R"({"request":{"method":"PUT","url":"Location/)" + id +
           R"("},"resource":{"resourceType":"Location","id":")" + id + R"(","partOf":{"reference":"Location/)" + whole +
           R"("}}})";
  };
  std::string bundle = R"({"resourceType":"Bundle","type":"transaction","entry":[)" + location("top", "world");
  for (std::size_t i = 0; i < kMaxHierarchy; ++i) bundle += "," + location("l" + std::to_string(i), "top");
  ASSERT_EQ(server.post("", bundle + "]}").status, 200);
  EXPECT_EQ(server.get("/Location?partof:below=top&_summary=count").status, 200);
  ASSERT_EQ(
      server.put("/Location/more", R"({"resourceType":"Location","id":"more","partOf":{"reference":"Location/top"}})")
          .status,
      201);
  const auto refused = server.get("/Location?partof:below=top&_summary=count");
  EXPECT_EQ(refused.status, 413) << refused.body;
  EXPECT_TRUE(contains(refused.body, "Location/top")) << refused.body;
  EXPECT_EQ(server.get("/Location?partof:above=more&_summary=count").status, 200);
}

TEST(Limits, IdBytes) {
  TestServer server;
  for (std::size_t size : {kMaxIdBytes, kMaxIdBytes + 1}) {
    const std::string id(size, 'a');
    EXPECT_EQ(server.put("/Patient/" + id, R"({"resourceType":"Patient","id":")" + id + R"("})").status,
              size == kMaxIdBytes ? 201 : 400);
  }
}

std::size_t count_of(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// Follows the next links; each page is held to the limit, and all pages together have `wanted` entries.
void expect_bounded_pages(TestServer& server, std::string target, std::size_t wanted, std::size_t resource_bytes) {
  std::size_t pages = 0;
  std::size_t entries = 0;
  while (!target.empty()) {
    const http::Response page = server.get(target);
    ASSERT_EQ(page.status, 200) << page.body.substr(0, 500);
    EXPECT_LT(page.body.size(), store::kMaxPageBytes + resource_bytes + 64 * 1024) << target;
    entries += count_of(page.body, "\"fullUrl\"");
    ++pages;
    target = value_after(page.body, R"({"relation":"next","url":")");
  }
  EXPECT_EQ(entries, wanted);
  EXPECT_EQ(pages, 2U);
}

// One page over several types is as small as one over a single type.
TEST(Limits, PageBytes) {
  TestServer server;
  constexpr std::size_t kResourceBytes = 2 << 20;
  const std::string photo = R"("photo":[{"data":")" + std::string(kResourceBytes, 'A') + R"("}]})";
  for (const std::string type : {"Patient", "Practitioner", "Person"}) {
    for (int i = 0; i < 8; ++i) {
      const std::string id = std::to_string(i);
      std::string body = R"({"resourceType":")" + type + R"(","id":")" + id + R"(",)" + photo;
      if (type == "Person") {
        body.erase(body.size() - 2, 1);
        body.erase(body.find('['), 1);
      }
      ASSERT_EQ(server.put("/" + type + "/" + id, body).status, 201);
    }
  }
  expect_bounded_pages(server, "?_type=Patient,Person,Practitioner&_count=1000", 24, kResourceBytes);
  expect_bounded_pages(server, "/_history?_count=1000", 24, kResourceBytes);
  expect_bounded_pages(server, "/_history?_at=2026&_count=1000", 24, kResourceBytes);
}

std::string bundle_of(std::string_view type, std::size_t entries, std::string_view entry) {
  std::string text = R"({"resourceType":"Bundle","type":")" + std::string(type) + R"(","entry":[)";
  for (std::size_t i = 0; i < entries; ++i) text.append(i == 0 ? "" : ",").append(entry);
  return text + "]}";
}

// A transaction is refused as a whole; a batch answers until it is full.
TEST(Limits, BundleAnswerBytes) {
  TestServer server;
  constexpr std::size_t kResourceBytes = 2 << 20;
  constexpr std::size_t kFull = kMaxBundleAnswerBytes / kResourceBytes;
  const std::string photo = R"("photo":[{"data":")" + std::string(kResourceBytes, 'A') + R"("}]})";
  ASSERT_EQ(server.put("/Patient/a", R"({"resourceType":"Patient","id":"a",)" + photo).status, 201);
  const auto send = [&](std::string_view type, std::size_t entries) {
    return server.post("/", bundle_of(type, entries, R"({"request":{"method":"GET","url":"Patient/a"}})"));
  };
  EXPECT_EQ(send("transaction", kFull - 1).status, 200);
  const http::Response refused = send("transaction", kFull);
  EXPECT_EQ(refused.status, 413);
  EXPECT_TRUE(contains(refused.body, "Bundle.entry[31].request.url")) << refused.body.substr(0, 500);
  EXPECT_EQ(count_of(send("batch", kFull).body, R"("status":"200)"), kFull);
  const http::Response over = send("batch", kFull + 2);
  EXPECT_EQ(over.status, 200);
  EXPECT_EQ(count_of(over.body, R"("status":"200)"), kFull);
  EXPECT_EQ(count_of(over.body, R"("status":"413)"), 2U);
}

// Each reading of a batch tells so many defects at most, and the last one must find none.
TEST(Limits, UnreadableEntriesOfABatch) {
  TestServer server;
  const auto status_of = [&](std::size_t entries) {
    const std::string entry =
        R"({"resource":{"resourceType":"Patient","active":"x"},"request":{"method":"POST","url":"Patient"}})";
    return server.post("/", bundle_of("batch", entries, entry)).status;
  };
  constexpr std::size_t kMost = (kMaxUnreadableRounds - 1) * fhir::kMaxReadIssues;
  EXPECT_EQ(status_of(kMost), 200);
  EXPECT_EQ(status_of(kMost + 1), 400);
}

// Of versions that were not current at the time any more, so many are looked at for one page; the next link leads on.
TEST(Limits, HistoryScan) {
  TestServer server;
  const auto add_versions = [&](int versions) {
    for (int i = 0; i < versions; ++i) {
      ASSERT_LT(server.put("/Patient/a", R"({"resourceType":"Patient","id":"a"})").status, 300);
    }
  };
  add_versions(10'000);
  const std::string target = "/Patient/a/_history?_at=2027";
  const http::Response all = server.get(target);
  EXPECT_EQ(count_of(all.body, "\"fullUrl\""), 1U);
  EXPECT_FALSE(contains(all.body, R"("relation":"next")"));
  add_versions(1);
  const http::Response first = server.get(target);
  EXPECT_EQ(count_of(first.body, "\"fullUrl\""), 1U);
  const std::string next = value_after(first.body, R"({"relation":"next","url":")");
  ASSERT_FALSE(next.empty());
  const http::Response second = server.get(next);
  EXPECT_EQ(count_of(second.body, "\"fullUrl\""), 0U);
  EXPECT_FALSE(contains(second.body, R"("relation":"next")"));
}

// The last attempt may win; when it does not, the client is told of the conflict.
TEST(Limits, CommitRetries) {
  for (const int lost : {kMaxCommitRetries - 1, kMaxCommitRetries}) {
    int attempts = 0;
    const Status status = with_retries([&]() -> Status {
      if (++attempts > lost) return kOk;
      return make_error(Category::conflict, "lost");
    });
    EXPECT_EQ(attempts, kMaxCommitRetries);
    EXPECT_EQ(status.ok(), lost < kMaxCommitRetries);
  }
}

// As of a time when more were allowed: it was left out when the index was made anew.
TEST(Limits, AResourceBeyondTheLimitsOfTheIndexCanBeReplacedAndDeleted) {
  TestServer server;
  std::string names;
  for (std::size_t i = 0; i <= search::kMaxIndexValues; ++i) {
    names += (i == 0 ? "" : ",") + (R"({"family":"f)" + std::to_string(i) + R"("})");
  }
  const auto text_of = [&](const std::string& id) {
    return R"({"resourceType":"Patient","id":")" + id + R"(","name":[)" + names + "]}";
  };
  EXPECT_EQ(server.put("/Patient/a", text_of("a")).status, 413);
  store::WriteSet set;
  for (const char* id : {"a", "b"}) {
    store::Write& write = set.writes.emplace_back();
    write.kind = store::Write::Kind::put;
    write.type = *fhir::r4().find_resource_type("Patient");
    write.id = id;
    write.tail = R"(},"name":[)" + names + "]}";
  }
  ASSERT_TRUE(server.store->commit(set).ok());
  EXPECT_EQ(server.put("/Patient/a", text_of("a")).status, 413);
  EXPECT_EQ(server.put("/Patient/a", R"({"resourceType":"Patient","id":"a","name":[{"family":"new"}]})").status, 200);
  EXPECT_TRUE(contains(server.get("/Patient?family=new").body, R"("total":1,)"));
  EXPECT_EQ(server.remove("/Patient/b").status, 204);
  EXPECT_EQ(server.get("/Patient/b").status, 410);
}

}  // namespace
}  // namespace vesta::ops::testing
