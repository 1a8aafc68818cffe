// Tests of $viewdefinition-run beyond the scenarios: rows in pieces, errors in their midst, limits on both sides.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "http/message.h"
#include "ops/parquet_answer.h"
#include "ops/test_support.h"
#include "ops/view_filter.h"
#include "ops/view_scan.h"
#include "parquet/duckdb.h"
#include "store/view_tables.h"

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

// A server with a folder for Parquet, and few bytes of rows in it.
class ParquetAnswerTest : public ::testing::Test {
 protected:
  static constexpr std::uint64_t kMaxBytes = 3 * (sizeof(store::ViewValue) + 2);  // three ids of two bytes

  void SetUp() override {
    const auto library = parquet::DuckDb::load();
    if (!library.ok()) GTEST_SKIP() << library.error().message;
    std::string path = (std::filesystem::temp_directory_path() / "vesta-parquet-XXXXXX").string();
    ASSERT_NE(::mkdtemp(path.data()), nullptr);
    path_ = path;
    use(kMaxParquetRowBytes);
  }
  void TearDown() override {
    server_.service.parquet = nullptr;
    folder_.reset();
    std::filesystem::remove_all(path_);
  }
  void use(std::uint64_t max_row_bytes) {
    server_.service.parquet = &folder_.emplace(path_ + "/parquet", max_row_bytes);
  }
  std::size_t files() const {
    const std::filesystem::path folder = path_ + "/parquet";
    if (!std::filesystem::exists(folder)) return 0;
    const std::filesystem::directory_iterator all(folder);
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }
  http::Response run(const std::string& question, ops::testing::HeaderList headers = {}) {
    const std::string format = headers.size() == 0 ? "?_format=parquet" : "";
    return server_.send(http::Method::post, std::string(kRun) + format, question, headers);
  }
  static bool is_parquet(http::Response& answer) {
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.headers.get("Content-Type"), "application/vnd.apache.parquet");
    return http::gather(answer).ok() && answer.body.starts_with("PAR1") && answer.body.ends_with("PAR1");
  }

  std::string path_;
  TestServer server_;
  std::optional<ParquetFolder> folder_;
};

TEST_F(ParquetAnswerTest, IsAFileThatIsSentInPieces) {
  put_patients(server_, kViewPageResources + 1);
  http::Response answer = run(kIds);
  ASSERT_NE(answer.rest, nullptr);
  EXPECT_EQ(answer.body, "") << "rows go into the file first";
  EXPECT_GT(files(), 0u);
  EXPECT_TRUE(is_parquet(answer));
  answer.rest.reset();
  EXPECT_EQ(files(), 0u);
  http::Response accepted = run(kIds, {{"Accept", "application/vnd.apache.parquet"}});
  EXPECT_TRUE(is_parquet(accepted));
  http::Response of_body =
      run(run_of(R"({"name":"id","path":"id"})", R"(,{"name":"resource","resource":{"resourceType":"Patient"}})"));
  EXPECT_TRUE(is_parquet(of_body));
}

TEST_F(ParquetAnswerTest, FailsAsOtherRowsDo) {
  put_patients(server_, kViewPageResources);
  const std::string given = run_of(R"({"name":"given","path":"name.given"})");
  const std::string_view several = R"({"resourceType":"Patient","id":"z","name":[{"given":["x","y"]}]})";
  ASSERT_EQ(server_.put("/Patient/z", several).status, 201);
  {
    http::Response late = run(given);
    ASSERT_EQ(late.status, 200);
    EXPECT_FALSE(http::gather(late).ok());
  }
  EXPECT_EQ(files(), 0u);
  ASSERT_EQ(server_.put("/Patient/p0", std::string(several).replace(32, 1, "p0")).status, 200);
  EXPECT_EQ(run(given).status, 422);
  EXPECT_EQ(files(), 0u);
  server_.service.parquet = nullptr;
  EXPECT_EQ(run(kIds).status, 400);
}

TEST_F(ParquetAnswerTest, BoundsBytes) {
  use(kMaxBytes);
  put_patients(server_, 3);
  http::Response fits = run(kIds);
  EXPECT_TRUE(is_parquet(fits));
  ASSERT_EQ(server_.put("/Patient/p3", R"({"resourceType":"Patient","id":"p3"})").status, 201);
  const http::Response over = run(kIds);
  EXPECT_EQ(over.status, 413);
  EXPECT_TRUE(contains(over.body, "kMaxParquetRowBytes")) << over.body;
}

TEST_F(ParquetAnswerTest, BoundsAnswers) {
  put_patients(server_, 1);
  std::vector<http::Response> answers;
  for (std::size_t i = 0; i < kMaxParquetAnswers; ++i) answers.push_back(run(kIds));
  const http::Response over = run(kIds);
  EXPECT_EQ(over.status, 503);
  EXPECT_TRUE(contains(over.body, "kMaxParquetAnswers")) << over.body;
  EXPECT_TRUE(is_parquet(answers.back()));
  answers.pop_back();
  http::Response next = run(kIds);
  EXPECT_TRUE(is_parquet(next));
}

}  // namespace
}  // namespace vesta::ops
