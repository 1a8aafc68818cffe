// Searches through the application: includes, pages in both directions, compartments, codes, hierarchies, explanations.
#include <gtest/gtest.h>

#include "ops/explain.h"
#include "ops/links.h"
#include "ops/test_support.h"

namespace vesta::ops::testing {
namespace {

constexpr std::string_view kObservation =
    R"({"resourceType":"Observation","id":"$","status":"final","code":{"coding":[{"system":"http://loinc.org",)"
    R"("code":"1-8"}]},"subject":{"reference":"Patient/a"}})";

std::string with_id(std::string_view text, const std::string& id) {
  std::string made(text);
  return made.replace(made.find('$'), 1, id);
}

void put_patient_with_observations(TestServer& server, int observations) {
  server.put("/Patient/a", R"({"resourceType":"Patient","id":"a","name":[{"family":"Ash"}]})");
  server.put("/Patient/b", R"({"resourceType":"Patient","id":"b","name":[{"family":"Birch"}]})");
  for (int i = 1; i <= observations; ++i) {
    const std::string id = "o" + std::to_string(i);
    ASSERT_EQ(server.put("/Observation/" + id, with_id(kObservation, id)).status, 201);
  }
}

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

std::string link(const http::Response& page, const std::string& relation) {
  return value_after(page.body, R"({"relation":")" + relation + R"(","url":")");
}

TEST(Search, IncludesOnceAndCountsMatchesOnly) {
  TestServer server;
  put_patient_with_observations(server, 3);
  const auto page = server.get("/Observation?_include=Observation:subject&_total=accurate");
  ASSERT_EQ(page.status, 200) << page.body;
  EXPECT_TRUE(contains(page.body, R"("total":3)"));
  EXPECT_EQ(count(page.body, R"("mode":"match")"), 3u);
  EXPECT_EQ(count(page.body, R"("mode":"include")"), 1u);
  EXPECT_EQ(count(page.body, R"("fullUrl":"http://test/fhir/Patient/a")"), 1u);
  const auto reverse = server.get("/Patient?_id=a&_revinclude=Observation:subject&_elements=id");
  EXPECT_EQ(count(reverse.body, R"("mode":"include")"), 3u) << reverse.body;
  EXPECT_EQ(count(reverse.body, R"("subject")"), 3u) << "_elements is of matches alone: " << reverse.body;
  EXPECT_FALSE(contains(reverse.body, "Ash")) << reverse.body;
}

TEST(Search, WhatSeveralTypesMatchIsNotIncludedBeside) {
  TestServer server;
  put_patient_with_observations(server, 2);
  const auto page = server.get("/?_type=Patient,Observation&_include=Observation:subject");
  EXPECT_EQ(count(page.body, R"("mode":"match")"), 4u) << page.body;
  EXPECT_EQ(count(page.body, R"("mode":"include")"), 0u);
}

TEST(Search, ChainsAndReverseChains) {
  TestServer server;
  put_patient_with_observations(server, 2);
  EXPECT_EQ(count(server.get("/Observation?subject:Patient.name=ash").body, R"("mode":"match")"), 2u);
  EXPECT_EQ(count(server.get("/Observation?subject:Patient.name=birch").body, R"("mode":"match")"), 0u);
  EXPECT_EQ(count(server.get("/Patient?_has:Observation:subject:code=1-8").body, R"("mode":"match")"), 1u);
}

TEST(Search, ConditionsRefuseWhatDoesNotFilter) {
  TestServer server;
  const std::string body = R"({"resourceType":"Patient"})";
  for (const char* criteria : {"_include=Patient:link", "_include:iterate=Patient:link", "_revinclude=Patient:link",
                               "_sort=name", "_count=1", "_contained=false"}) {
    const auto answer = server.post("/Patient", body, {{"If-None-Exist", "name=x&" + std::string(criteria)}});
    EXPECT_EQ(answer.status, 400) << criteria << answer.body;
  }
}

TEST(Search, ExplanationsTellTheTimeOfEachStepThatRan) {
  using std::chrono::microseconds;
  search::PlanStep all{"all", {}, 1, microseconds(12), {}};
  all.children.push_back({"fast", 3, 1, microseconds(0), {}});
  all.children.push_back({"never", {}, {}, {}, {}});
  all.children.push_back({"many", 256, {}, {}, {}, true});
  const std::vector<std::string> expected{"all [found 1, 12 us]", "  fast [estimated 3, found 1, 0 us]", "  never",
                                          "  many [at least 256]"};
  EXPECT_EQ(explanation_lines(all), expected);
}

TEST(Search, PagesInBothDirections) {
  TestServer server;
  put_patient_with_observations(server, 5);
  const auto first = server.get("/Observation?_sort=_id&_count=2");
  EXPECT_EQ(link(first, "previous"), "");
  const auto second = server.get(link(first, "next"));
  const auto third = server.get(link(second, "next"));
  EXPECT_EQ(link(third, "next"), "");
  EXPECT_TRUE(contains(third.body, "Observation/o5"));
  const auto back = server.get(link(third, "previous"));
  EXPECT_TRUE(contains(back.body, "Observation/o3") && contains(back.body, "Observation/o4")) << back.body;
  const auto start = server.get(link(back, "previous"));
  EXPECT_TRUE(contains(start.body, "Observation/o1") && contains(start.body, "Observation/o2")) << start.body;
  EXPECT_EQ(link(start, "previous"), "");
  const auto again = server.get(link(start, "next"));
  EXPECT_TRUE(contains(again.body, "Observation/o3") && contains(again.body, "Observation/o4")) << again.body;
}

TEST(Search, PageLinksExpire) {
  TestServer server;
  put_patient_with_observations(server, 3);
  const std::string next = link(server.get("/Observation?_count=1"), "next");
  server.clock.advance(kMaxTokenAge - std::chrono::seconds(1));
  EXPECT_EQ(server.get(next).status, 200);
  server.clock.advance(std::chrono::seconds(1));
  const auto late = server.get(next);
  EXPECT_EQ(late.status, 410);
  EXPECT_TRUE(contains(late.body, "expired")) << late.body;
}

TEST(Search, Compartments) {
  TestServer server;
  put_patient_with_observations(server, 3);
  EXPECT_EQ(count(server.get("/Patient/a/Observation?code=1-8").body, R"("mode":"match")"), 3u);
  EXPECT_EQ(count(server.get("/Patient/a/Observation?code=2-6").body, R"("mode":"match")"), 0u);
  EXPECT_EQ(count(server.get("/Patient/b/Observation").body, R"("mode":"match")"), 0u);
  EXPECT_EQ(server.get("/Patient/unknown/Observation").status, 200);
  const auto all = server.get("/Patient/a/*");
  EXPECT_EQ(count(all.body, R"("mode":"match")"), 4u) << all.body;
  EXPECT_TRUE(link(all, "self").ends_with("/Patient/a/*")) << link(all, "self");
  EXPECT_EQ(count(server.get("/Patient/a/*?_type=Patient").body, R"("mode":"match")"), 1u);
  const auto page = server.get("/Patient/a/*?_count=3");
  EXPECT_EQ(count(server.get(link(page, "next")).body, R"("mode":"match")"), 1u);
  const HeaderList form = {{"Content-Type", "application/x-www-form-urlencoded"}};
  EXPECT_EQ(count(server.post("/Patient/a/Observation/_search", "code=1-8", form).body, R"("mode":"match")"), 3u);
  EXPECT_EQ(server.get("/Observation/o1/Patient").status, 400);
  EXPECT_EQ(server.get("/Observation/o1/*").status, 400);
  EXPECT_EQ(server.get("/Patient/a/Location").status, 400);
  EXPECT_EQ(server.get("/Patient/a/Nothing").status, 404);
  EXPECT_EQ(server.get("/Patient/a/_search").status, 404);
}

TEST(Search, CodesOfStoredValueSetsFollowTheirChanges) {
  TestServer server;
  put_patient_with_observations(server, 2);
  const auto value_set = [](const std::string& code) {
    return R"({"resourceType":"ValueSet","id":"v","url":"http://a.b/v","status":"active","compose":{"include":[)"
           R"({"system":"http://loinc.org","concept":[{"code":")" +
           code + R"("}]}]}})";
  };
  EXPECT_EQ(server.get("/Observation?code:in=http://a.b/v").status, 400);
  ASSERT_EQ(server.put("/ValueSet/v", value_set("1-8")).status, 201);
  EXPECT_EQ(count(server.get("/Observation?code:in=http://a.b/v").body, R"("mode":"match")"), 2u);
  EXPECT_EQ(count(server.get("/Observation?code:in=ValueSet/v").body, R"("mode":"match")"), 2u);
  ASSERT_EQ(server.put("/ValueSet/v", value_set("2-6")).status, 200);
  EXPECT_EQ(count(server.get("/Observation?code:in=http://a.b/v").body, R"("mode":"match")"), 0u);
  ASSERT_EQ(server.remove("/ValueSet/v").status, 204);
  EXPECT_EQ(server.get("/Observation?code:in=http://a.b/v").status, 400);
  EXPECT_EQ(
      count(server.get("/Observation?status:in=http://hl7.org/fhir/ValueSet/observation-status").body, "\"match\""),
      2u);
}

TEST(Search, HierarchiesOfStoredCodeSystemsAndLocations) {
  TestServer server;
  put_patient_with_observations(server, 1);
  const std::string system = R"({"resourceType":"CodeSystem","id":"s","url":"http://loinc.org","status":"active",)"
                             R"("content":"complete","concept":[{"code":"0-0","concept":[{"code":"1-8"}]}]})";
  ASSERT_EQ(server.put("/CodeSystem/s", system).status, 201);
  EXPECT_EQ(count(server.get("/Observation?code:below=http://loinc.org|0-0").body, R"("mode":"match")"), 1u);
  EXPECT_EQ(count(server.get("/Observation?code:below=0-0").body, R"("mode":"match")"), 1u);
  server.put("/Location/top", R"({"resourceType":"Location","id":"top","partOf":{"reference":"Location/leaf"}})");
  server.put("/Location/mid", R"({"resourceType":"Location","id":"mid","partOf":{"reference":"Location/top"}})");
  server.put("/Location/leaf", R"({"resourceType":"Location","id":"leaf","partOf":{"reference":"Location/mid"}})");
  server.put("/Location/far", R"({"resourceType":"Location","id":"far"})");
  const auto location = fhir::r4().find_resource_type("Location");
  const StoreHierarchy hierarchy = hierarchy_of(server.service.as_system());
  EXPECT_EQ(hierarchy.below({*location, "top"})->size(), 3u) << "a circle ends";
  EXPECT_EQ(hierarchy.above({*location, "leaf"})->size(), 3u);
  EXPECT_EQ(hierarchy.above({*location, "far"})->size(), 1u);
  EXPECT_EQ(hierarchy.below({*location, "unknown"})->size(), 1u);
  EXPECT_EQ(hierarchy.below({*fhir::r4().find_resource_type("Patient"), "a"}).error().category, Category::unsupported);
}

TEST(Search, TooManyIncludedIsRefusedByName) {
  TestServer server;
  put_patient_with_observations(server, static_cast<int>(search::kMaxIncluded));
  EXPECT_EQ(server.get("/Patient?_id=a&_revinclude=Observation:subject&_elements=id").status, 200);
  server.put("/Observation/more", with_id(kObservation, "more"));
  const auto refused = server.get("/Patient?_id=a&_revinclude=Observation:subject");
  EXPECT_EQ(refused.status, 413);
  EXPECT_TRUE(contains(refused.body, "_revinclude") && contains(refused.body, "_count")) << refused.body;
}

TEST(Search, CapabilitiesNameWhatIsSearchedAndIncluded) {
  TestServer server;
  const std::string body = server.get("/metadata").body;
  EXPECT_TRUE(contains(body, R"("searchInclude":["*",)") && contains(body, R"("Observation:subject")"));
  EXPECT_TRUE(contains(body, R"("searchRevInclude":["*",)"));
  for (const char* name : {"code-value-quantity", "near", "_text", "_content", "_filter", "_id"}) {
    EXPECT_TRUE(contains(body, "\"name\":\"" + std::string(name) + "\"")) << name;
  }
  for (const char* name : {"code:text", "identifier:of-type", "subject:identifier", "$0", "_query"}) {
    EXPECT_FALSE(contains(body, std::string(name) + "\",\"definition\"")) << name;
  }
}

TEST(Search, Explains) {
  TestServer server;
  put_patient_with_observations(server, 1);
  const auto page = server.get("/Observation?code=1-8", {{"Prefer", "explain"}});
  EXPECT_TRUE(contains(page.body, R"("mode":"outcome")")) << page.body;
  EXPECT_TRUE(contains(page.body, R"("severity":"information","code":"informational")"));
  EXPECT_FALSE(contains(server.get("/Observation?code=1-8").body, "outcome"));
  Context context = server.service.as_system();
  const auto step = explain_search(context, "Observation?code=1-8");
  ASSERT_TRUE(step.ok());
  EXPECT_FALSE(explanation_lines(*step).empty());
  EXPECT_FALSE(explain_search(context, "Observation?nonsense=1").ok());
  EXPECT_FALSE(explain_search(context, "Patient/a").ok());
}

}  // namespace
}  // namespace vesta::ops::testing
