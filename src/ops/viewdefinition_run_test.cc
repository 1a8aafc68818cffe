// Tests of $viewdefinition-run beyond the scenarios: rows in pieces, errors in their midst, limits on both sides.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "http/message.h"
#include "ops/test_support.h"
#include "ops/view_filter.h"
#include "ops/view_scan.h"

namespace vesta::ops {
namespace {

using testing::contains;
using testing::TestServer;

constexpr std::string_view kRun = "/$viewdefinition-run";

// A request to run a view of Patients with these columns, with further parameters.
std::string run_of(const std::string& columns, const std::string& further = "") {
  return R"({"resourceType":"Parameters","parameter":[)"
         R"({"name":"viewResource","resource":{"resourceType":"ViewDefinition",)"
         R"("resource":"Patient","select":[{"column":[)" +
         columns + "]}]}}" + further + "]}";
}

std::string id_rows(std::size_t count) {
  std::string rows;
  for (std::size_t i = 0; i < count; ++i) rows += "{\"id\":\"p" + std::to_string(i) + "\"}\n";
  return rows;
}

const std::string kIds = run_of(R"({"name":"id","path":"id"})");

void put_patients(TestServer& server, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::string id = "p" + std::to_string(i);
    ASSERT_EQ(server.put("/Patient/" + id, R"({"resourceType":"Patient","id":")" + id + "\"}").status, 201);
  }
}

TEST(ViewDefinitionRunTest, SendsRowsWhileTheyAreMade) {
  TestServer server;
  put_patients(server, kViewPageResources);
  http::Response whole = server.post(kRun, kIds);
  EXPECT_EQ(whole.rest, nullptr);
  EXPECT_EQ(whole.body, id_rows(kViewPageResources));
  ASSERT_EQ(server.put("/Patient/last", R"({"resourceType":"Patient","id":"last"})").status, 201);
  http::Response answer = server.post(kRun, kIds);
  ASSERT_NE(answer.rest, nullptr);
  EXPECT_EQ(answer.body, id_rows(kViewPageResources));
  ASSERT_TRUE(http::gather(answer).ok());
  EXPECT_EQ(answer.body, id_rows(kViewPageResources) + "{\"id\":\"last\"}\n");
  const http::Response limited = server.post(std::string(kRun) + "?_limit=500", kIds);
  EXPECT_EQ(limited.rest, nullptr) << "the limit is reached with the first page";
}

TEST(ViewDefinitionRunTest, PiecesEndByTheirSize) {
  TestServer server;
  put_patients(server, 3);
  const std::string text(kMaxViewPieceBytes / 2, 'x');
  http::Response answer = server.post(kRun, run_of(R"({"name":"x","path":")"
                                                   "'" +
                                                   text.substr(0, 8000) + R"('"})"));
  EXPECT_EQ(answer.rest, nullptr) << answer.body.substr(0, 300);
  std::string columns;
  for (int i = 0; i < 70; ++i)
    columns += (i == 0 ? "" : ",") + (R"({"name":"c)" + std::to_string(i) + R"(","path":"')") + text.substr(0, 8000) +
               R"('"})";
  answer = server.post(kRun, run_of(columns));
  ASSERT_NE(answer.rest, nullptr);
  EXPECT_EQ(std::count(answer.body.begin(), answer.body.end(), '\n'), 2) << "of half a MiB each";
  ASSERT_TRUE(http::gather(answer).ok());
  EXPECT_EQ(std::count(answer.body.begin(), answer.body.end(), '\n'), 3);
}

TEST(ViewDefinitionRunTest, AnErrorBehindTheFirstPieceBreaksOff) {
  TestServer server;
  put_patients(server, kViewPageResources);
  const std::string given = run_of(R"({"name":"given","path":"name.given"})");
  ASSERT_EQ(server.put("/Patient/z", R"({"resourceType":"Patient","id":"z","name":[{"given":["x","y"]}]})").status,
            201);
  http::Response answer = server.post(kRun, given);
  EXPECT_EQ(answer.status, 200);
  ASSERT_NE(answer.rest, nullptr);
  EXPECT_FALSE(http::gather(answer).ok());
}

TEST(ViewDefinitionRunTest, BoundsPatients) {
  TestServer server;
  put_patients(server, 2);
  const auto group = [&](std::size_t members) {
    std::string body = R"({"resourceType":"Group","id":"g","type":"person","actual":true,"member":[)";
    for (std::size_t i = 0; i < members; ++i)
      body += std::string(i == 0 ? "" : ",") + R"({"entity":{"reference":"Patient/p)" + std::to_string(i) + "\"}}";
    EXPECT_LT(server.put("/Group/g", body + "]}").status, 300);
    return server.post(std::string(kRun) + "?group=g", kIds);
  };
  EXPECT_EQ(group(kMaxViewPatients).body, id_rows(2));
  const http::Response refused = group(kMaxViewPatients + 1);
  EXPECT_EQ(refused.status, 413);
  EXPECT_TRUE(contains(refused.body, "kMaxViewPatients")) << refused.body;
}

TEST(ViewDefinitionRunTest, BoundsRowsOfResourcesInTheRequest) {
  TestServer server;
  // A row of 1,000 columns with 60,000 bytes each.
  std::string columns;
  for (int i = 0; i < 1000; ++i)
    columns += (i == 0 ? "" : ",") + (R"({"name":"c)" + std::to_string(i) + R"(","path":"name.text"})");
  const std::string patient = R"(,{"name":"resource","resource":{"resourceType":"Patient","name":[{"text":")" +
                              std::string(60'000, 'x') + "\"}]}}";
  const http::Response fits = server.post(kRun, run_of(columns, patient));
  EXPECT_EQ(fits.status, 200) << fits.body.substr(0, 300);
  const http::Response refused = server.post(kRun, run_of(columns, patient + patient));
  EXPECT_EQ(refused.status, 413);
  EXPECT_TRUE(contains(refused.body, "kMaxInlineRowBytes")) << refused.body.substr(0, 300);
}

}  // namespace
}  // namespace vesta::ops
