// How notices of emergency access leave the server: as webhooks to one URL.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "audit/notices.h"
#include "base/clock.h"
#include "base/result.h"
#include "server/config.h"

namespace vesta::server {

inline constexpr std::chrono::milliseconds kNoticeTimeout{5'000};  // of one exchange, but for the look-up of the name
inline constexpr std::size_t kMinNoticeSecretBytes = 24;
inline constexpr std::size_t kMaxNoticeSecretBytes = 64;

// The bytes of a secret in the form of https://www.standardwebhooks.com: "whsec_" and base64. Errors: invalid.
Result<std::string> parse_webhook_secret(std::string_view text);

// The value of the header webhook-signature. `timestamp`: seconds since 1970.
std::string webhook_signature(std::string_view secret, std::string_view id, std::string_view timestamp,
                              std::string_view body);

// For `config` with an emergency_notice_url. Errors (invalid): a file cannot be read, or that of the secret has
// none. A secret that others than the file's owner may read is a warning in the log.
Result<audit::Notices::Send> emergency_notice_sender(const ServeConfig& config, Clock& clock);

}  // namespace vesta::server
