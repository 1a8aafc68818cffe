// Standard Webhooks: an id, a time and a signature in headers.
#include "server/emergency_notices.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>

#include "audit/audit_event.h"
#include "base/base64.h"
#include "base/log.h"
#include "identity/digest.h"
#include "net/client.h"

namespace vesta::server {
namespace {

constexpr std::string_view kSecretPrefix = "whsec_";
constexpr std::int64_t kMicrosecondsPerSecond = 1'000'000;

// Who reads it can sign. It is said and no more: some ways to mount secrets know no other permissions.
void warn_of_readers(const std::string& path) {
  using std::filesystem::perms;
  std::error_code error;
  const perms permissions = std::filesystem::status(path, error).permissions();
  if (error || (permissions & (perms::group_read | perms::others_read)) == perms::none) return;
  log::warning("others than its owner may read the secret of emergency notices", {{"path", path}});
}

Result<std::string> read_secret(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file.is_open()) return make_error(Category::invalid, path + " cannot be read.");
  warn_of_readers(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  auto secret = parse_webhook_secret(text);
  if (!secret.ok()) return make_error(Category::invalid, path + ": " + secret.error().message);
  return secret;
}

}  // namespace

Result<std::string> parse_webhook_secret(std::string_view text) {
  while (text.ends_with('\n') || text.ends_with('\r') || text.ends_with(' ')) text.remove_suffix(1);
  std::optional<std::string> secret;
  if (text.starts_with(kSecretPrefix)) {
    secret = decode_any_base64(text.substr(kSecretPrefix.size()), Base64::standard);
  }
  if (!secret || secret->size() < kMinNoticeSecretBytes || secret->size() > kMaxNoticeSecretBytes) {
    return make_error(Category::invalid, "a secret is whsec_ and the base64 of " +
                                             std::to_string(kMinNoticeSecretBytes) + " to " +
                                             std::to_string(kMaxNoticeSecretBytes) + " bytes.");
  }
  return std::move(*secret);
}

// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#symmetric
std::string webhook_signature(std::string_view secret, std::string_view id, std::string_view timestamp,
                              std::string_view body) {
  std::string content;
  content.reserve(id.size() + timestamp.size() + body.size() + 2);
  content.append(id).append(".").append(timestamp).append(".").append(body);
  return "v1," + encode_base64(identity::hmac_sha256(secret, content), Base64::standard);
}

Result<audit::Notices::Send> emergency_notice_sender(const ServeConfig& config, Clock& clock) {
  std::string secret;
  if (!config.emergency_notice_secret_file.empty()) {
    VESTA_TRY(secret, read_secret(config.emergency_notice_secret_file));
  }
  const std::string& authorities = config.emergency_notice_ca_file;
  if (!authorities.empty() && !std::ifstream(authorities).is_open()) {
    return make_error(Category::invalid, authorities + " cannot be read.");
  }
  net::FetchOptions options;
  options.timeout = kNoticeTimeout;
  options.wanted = net::FetchOptions::Wanted::status;
  options.ca_file = authorities;
  return audit::Notices::Send(
      [url = config.emergency_notice_url, options, secret, &clock](const audit::AuditEvent& event) -> Status {
        const std::string timestamp = std::to_string(clock.now().value / kMicrosecondsPerSecond);
        net::Posted posted{"application/fhir+json", event.text, {}, {}};
        posted.headers = {{"webhook-id", event.id}, {"webhook-timestamp", timestamp}};
        if (!secret.empty()) {
          posted.headers.emplace_back("webhook-signature", webhook_signature(secret, event.id, timestamp, event.text));
        }
        VESTA_TRY(const net::Fetched answer, net::post(url, posted, options));
        if (answer.status >= 200 && answer.status < 300) return kOk;
        return make_error(audit::kNoticeRefused, "the answer has the status " + std::to_string(answer.status));
      });
}

}  // namespace vesta::server
