// The access log: one line per request, with nothing in it that is nobody's business.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/log.h"
#include "ops/test_support.h"

namespace vesta::ops::testing {
namespace {

// The lines that are written while it lives, at level info.
class Lines {
 public:
  Lines() {
    log::set_level(log::Level::info);
    log::set_format(log::Format::json);
    log::set_sink([this](std::string_view line) { lines_.emplace_back(line); });
  }
  ~Lines() { log::set_sink(nullptr); }
  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;

  std::vector<std::string> take() { return std::exchange(lines_, {}); }

 private:
  std::vector<std::string> lines_;
};

http::Response send(Application& application, http::Method method, std::string path, std::string query,
                    std::string body = {}) {
  http::Request request;
  request.method = method;
  request.path = std::move(path);
  request.query = std::move(query);
  request.body.reserve(body.size() + kReadPadding);
  request.body = body;
  request.id = "request-7";
  if (!body.empty()) request.headers.add("Content-Type", "application/fhir+json");
  return application.handle(request);
}

TEST(AccessLog, OneLinePerRequest) {
  TestServer server;
  Application application(server.service, nullptr, AccessLog::on);
  Lines lines;
  send(application, http::Method::put, "/fhir/Patient/a", "",
       R"({"resourceType":"Patient","id":"a","name":[{"family":"Secret"}]})");
  const std::vector<std::string> put = lines.take();
  ASSERT_EQ(put.size(), 1U);
  for (const char* part :
       {R"("level":"info")", R"("message":"request")", R"("request_id":"request-7")", R"("method":"PUT")",
        R"("path":"/fhir/Patient/*")", R"("interaction":"update")", R"("status":201)", R"("elapsed_ms":)"}) {
    EXPECT_TRUE(contains(put[0], part)) << part << " in " << put[0];
  }
  EXPECT_FALSE(contains(put[0], "Secret")) << put[0];

  const http::Response found = send(application, http::Method::get, "/fhir/Patient", "family=Secret");
  ASSERT_EQ(found.status, 200);
  const std::vector<std::string> search = lines.take();
  ASSERT_EQ(search.size(), 1U);
  EXPECT_TRUE(contains(search[0], "\"bytes\":" + std::to_string(found.body.size()))) << search[0];
  EXPECT_FALSE(contains(search[0], "Secret")) << search[0];

  EXPECT_EQ(send(application, http::Method::get, "/fhir/Patient", "nonsense=Secret").status, 400);
  EXPECT_EQ(send(application, http::Method::get, "/elsewhere", "").status, 404);
  const std::vector<std::string> refused = lines.take();
  ASSERT_EQ(refused.size(), 2U);
  EXPECT_TRUE(contains(refused[0], R"("status":400)")) << refused[0];
  EXPECT_FALSE(contains(refused[0], "Secret")) << refused[0];
  EXPECT_TRUE(contains(refused[1], R"("status":404)")) << refused[1];
}

TEST(AccessLog, HasNoIds) {
  TestServer server;
  Application application(server.service, nullptr, AccessLog::on);
  Lines lines;
  const auto logged = [&](const std::string& path) {
    send(application, http::Method::get, path, "");
    const std::vector<std::string> written = lines.take();
    const std::size_t at = written.at(0).find("\"path\":\"") + 8;
    return written.at(0).substr(at, written.at(0).find('"', at) - at);
  };
  EXPECT_EQ(logged("/fhir/Patient/123-45-6789"), "/fhir/Patient/*");
  EXPECT_EQ(logged("/fhir/Patient/a/_history/2"), "/fhir/Patient/*/_history/2");
  EXPECT_EQ(logged("/fhir/Patient/A/Observation"), "/fhir/Patient/*/Observation");
  EXPECT_EQ(logged("/fhir/Patient/A/Observation/B"), "/fhir/Patient/*/Observation/*");
  EXPECT_EQ(logged("/fhir/Patient/Patient/$everything"), "/fhir/Patient/*/$everything");
  EXPECT_EQ(logged("/fhir/Patient/_search"), "/fhir/Patient/_search");
  EXPECT_EQ(logged("/fhir/Patient/$everything"), "/fhir/Patient/$everything");
  EXPECT_EQ(logged("/fhir/NoSuchType/a"), "/fhir/NoSuchType/*");
  EXPECT_EQ(logged("/fhir/Patient/"), "/fhir/Patient/");
  EXPECT_EQ(logged("//fhir"), "//fhir");
  EXPECT_EQ(logged("/fhir/Patient//a"), "/fhir/Patient//*");
}

TEST(AccessLog, CutsLongPaths) {
  TestServer server;
  Application application(server.service, nullptr, AccessLog::on);
  Lines lines;
  send(application, http::Method::get, "/" + std::string(100'000, 'x'), "");
  const std::vector<std::string> written = lines.take();
  ASSERT_EQ(written.size(), 1U);
  EXPECT_LT(written[0].size(), 1024U);
}

TEST(AccessLog, CanBeSwitchedOff) {
  TestServer server;
  Application application(server.service, nullptr, AccessLog::off);
  Lines lines;
  send(application, http::Method::get, "/fhir/Patient", "");
  send(application, http::Method::get, "/fhir/Patient/nobody", "");
  EXPECT_TRUE(lines.take().empty());
}

}  // namespace
}  // namespace vesta::ops::testing
