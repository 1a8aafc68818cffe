// HMAC-SHA-1 of the number of the period, cut to six digits.
#include "identity/totp.h"

#include <algorithm>

#include "http/message.h"
#include "identity/base32.h"
#include "identity/digest.h"

namespace vesta::identity {

std::string new_totp_secret(Random& random) {
  return random_bytes(random, kTotpSecretBytes);
}

TotpStep totp_step(Instant now) {
  const std::int64_t period_us = std::chrono::microseconds(kTotpPeriod).count();
  return {static_cast<std::uint64_t>(std::max<std::int64_t>(now.value, 0) / period_us)};
}

// https://www.rfc-editor.org/rfc/rfc4226#section-5.3
std::string totp_code(std::string_view secret, TotpStep step) {
  std::string counter;
  for (int shift = 56; shift >= 0; shift -= 8) counter += static_cast<char>(step.value >> shift & 255);
  const std::string digest = hmac_sha1(secret, counter);
  const auto byte_at = [&](std::size_t at) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(digest[at]));
  };
  const std::size_t offset = byte_at(digest.size() - 1) & 15;
  std::uint32_t number =
      (byte_at(offset) & 127) << 24 | byte_at(offset + 1) << 16 | byte_at(offset + 2) << 8 | byte_at(offset + 3);
  std::string code(kTotpDigits, '0');
  for (std::size_t i = kTotpDigits; i > 0; --i, number /= 10) code[i - 1] = static_cast<char>('0' + number % 10);
  return code;
}

std::optional<TotpStep> verify_totp(std::string_view secret, std::string_view code, Instant now,
                                    std::optional<TotpStep> last) {
  const std::uint64_t present = totp_step(now).value;
  std::optional<TotpStep> matched;
  // All are tried, whichever fits: the time does not tell by how much the clocks differ.
  for (std::uint64_t value = present - std::min(present, kTotpSteps); value <= present + kTotpSteps; ++value) {
    const bool fits = equal_in_constant_time(totp_code(secret, {value}), code);
    if (fits && (!last || value > last->value)) matched = TotpStep{value};
  }
  return matched;
}

std::string totp_uri(std::string_view secret, std::string_view issuer, std::string_view account) {
  const std::string encoded_issuer = http::percent_encode(issuer);
  return "otpauth://totp/" + encoded_issuer + ":" + http::percent_encode(account) + "?secret=" + encode_base32(secret) +
         "&issuer=" + encoded_issuer + "&algorithm=SHA1&digits=" + std::to_string(kTotpDigits) +
         "&period=" + std::to_string(kTotpPeriod.count());
}

}  // namespace vesta::identity
