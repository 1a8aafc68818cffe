// Notices of emergency access as webhooks: what stands in their headers, and which secrets and answers are taken.
#include "server/emergency_notices.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "audit/audit_event.h"
#include "base/base64.h"
#include "base/log.h"
#include "net/test_client.h"

namespace vesta::server {
namespace {

class StandingClock final : public Clock {
 public:
  Instant now() override { return {1'614'265'330'999'999}; }
  std::chrono::steady_clock::time_point monotonic() override { return {}; }
};

// A file that is gone afterwards.
class File {
 public:
  explicit File(const std::string& text) : path(::testing::TempDir() + "/vesta-secret-XXXXXX") {
    const int file = ::mkstemp(path.data());
    EXPECT_GE(file, 0);
    ::close(file);
    std::ofstream(path) << text;
  }
  ~File() { std::filesystem::remove(path); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  std::string path;
};

constexpr const char* kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

// https://github.com/standard-webhooks/standard-webhooks/blob/main/libraries/javascript/src/index.test.ts
TEST(EmergencyNotices, AreSignedAsTheStandardSays) {
  const auto secret = parse_webhook_secret(kSecret);
  ASSERT_TRUE(secret.ok());
  EXPECT_EQ(webhook_signature(*secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", R"({"test": 2432232314})"),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(EmergencyNotices, TakeSecretsOfTheStandardsForm) {
  const auto of_bytes = [](std::size_t count) {
    return parse_webhook_secret("whsec_" + encode_base64(std::string(count, 's'), Base64::standard) + "\n");
  };
  EXPECT_EQ(*of_bytes(kMinNoticeSecretBytes), std::string(kMinNoticeSecretBytes, 's'));
  EXPECT_TRUE(of_bytes(kMaxNoticeSecretBytes).ok());
  EXPECT_FALSE(of_bytes(kMinNoticeSecretBytes - 1).ok());
  EXPECT_FALSE(of_bytes(kMaxNoticeSecretBytes + 1).ok());
  for (const char* const text :
       {"", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_*fKQ9r8GKYqrTwjUPD8ILPZIo2"}) {
    EXPECT_FALSE(parse_webhook_secret(text).ok()) << text;
  }
}

TEST(EmergencyNotices, ArePostedWithIdTimeAndSignature) {
  int status = 204;
  std::string seen;
  net::TestServer server([&](http::Request& request) {
    seen.clear();
    for (const char* const name : {"Content-Type", "webhook-id", "webhook-timestamp", "webhook-signature"}) {
      seen += std::string(request.headers.get(name)) + " ";
    }
    seen += std::string(to_string(request.method)) + " " + request.path + " " + request.body;
    return net::text_response("", status);
  });
  StandingClock clock;
  const File secret(kSecret);
  ServeConfig config;
  config.emergency_notice_url = "http://127.0.0.1:" + std::to_string(server.port) + "/notices";
  const audit::AuditEvent event{"audit-1-00000000-1", R"({"resourceType":"AuditEvent"})"};
  auto send = emergency_notice_sender(config, clock);
  ASSERT_TRUE(send.ok());
  ASSERT_TRUE((*send)(event).ok());
  EXPECT_EQ(seen, "application/fhir+json audit-1-00000000-1 1614265330  POST /notices " + event.text);
  config.emergency_notice_secret_file = secret.path;
  send = emergency_notice_sender(config, clock);
  ASSERT_TRUE(send.ok() && (*send)(event).ok());
  const std::string signature = webhook_signature(*parse_webhook_secret(kSecret), event.id, "1614265330", event.text);
  EXPECT_EQ(seen, "application/fhir+json audit-1-00000000-1 1614265330 " + signature + " POST /notices " + event.text);
  for (const int refusal : {302, 400, 410, 500}) {
    status = refusal;
    const Status sent = (*send)(event);
    ASSERT_FALSE(sent.ok()) << refusal;
    EXPECT_EQ(sent.error().category, audit::kNoticeRefused);
    EXPECT_EQ(sent.error().message, "the answer has the status " + std::to_string(refusal));
  }
}

TEST(EmergencyNotices, AreTakenHoweverLongTheAnswerIs) {
  net::TestServer server([](http::Request&) { return net::text_response(std::string(10'000'000, 'x'), 200); });
  StandingClock clock;
  ServeConfig config;
  config.emergency_notice_url = "http://127.0.0.1:" + std::to_string(server.port);
  const auto send = emergency_notice_sender(config, clock);
  ASSERT_TRUE(send.ok());
  const Status sent = (*send)({"audit-1-00000000-1", "{}"});
  EXPECT_TRUE(sent.ok()) << sent.error().message;
}

TEST(EmergencyNotices, WarnOfASecretThatOthersMayRead) {
  std::vector<std::string> lines;
  log::set_sink([&](std::string_view line) { lines.emplace_back(line); });
  StandingClock clock;
  const File secret(kSecret);
  ServeConfig config;
  config.emergency_notice_url = "https://officer.example/notices";
  config.emergency_notice_secret_file = secret.path;
  using std::filesystem::perms;
  for (const perms others : {perms::none, perms::group_read, perms::others_read, perms::group_all}) {
    lines.clear();
    std::filesystem::permissions(secret.path, perms::owner_read | others);
    EXPECT_TRUE(emergency_notice_sender(config, clock).ok());
    EXPECT_EQ(lines.size(), others == perms::none ? 0U : 1U);
    if (lines.empty()) continue;
    EXPECT_NE(lines[0].find(R"("level":"warning")"), std::string::npos) << lines[0];
    EXPECT_NE(lines[0].find(secret.path), std::string::npos) << lines[0];
  }
  log::set_sink(nullptr);
}

TEST(EmergencyNotices, WantTheirFiles) {
  StandingClock clock;
  const File empty("\n");
  ServeConfig config;
  config.emergency_notice_url = "https://officer.example/notices";
  for (const std::string& path : {std::string("/no such file"), empty.path}) {
    config.emergency_notice_secret_file = path;
    const auto send = emergency_notice_sender(config, clock);
    ASSERT_FALSE(send.ok());
    EXPECT_NE(send.error().message.find(path), std::string::npos);
  }
  config.emergency_notice_secret_file.clear();
  config.emergency_notice_ca_file = "/no such file";
  EXPECT_FALSE(emergency_notice_sender(config, clock).ok());
}

}  // namespace
}  // namespace vesta::server
