// Time-based one-time codes, the second factor of an app on a telephone. https://www.rfc-editor.org/rfc/rfc6238
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"

namespace vesta::identity {

// What every app understands: other algorithms, lengths and periods are ignored by some of them.
inline constexpr std::chrono::seconds kTotpPeriod{30};
inline constexpr std::size_t kTotpDigits = 6;
inline constexpr std::uint64_t kTotpSteps = 1;       // accepted before and after the present one: clocks differ
inline constexpr std::size_t kTotpSecretBytes = 20;  // https://www.rfc-editor.org/rfc/rfc4226#section-4, R6

// The number of a period: code and replay are told by it.
using TotpStep = Named<struct TotpStepTag, std::uint64_t>;

std::string new_totp_secret(Random& random);
TotpStep totp_step(Instant now);
std::string totp_code(std::string_view secret, TotpStep step);

// The step whose code it is; keep it, and hand it in as `last` at the next sign-in: a code of that step or of one
// before is refused, so that nobody uses a code that was looked at. nullopt: not a code of these steps.
// https://www.rfc-editor.org/rfc/rfc6238#section-5.2
std::optional<TotpStep> verify_totp(std::string_view secret, std::string_view code, Instant now,
                                    std::optional<TotpStep> last);

// What the app reads from a QR code. https://github.com/google/google-authenticator/wiki/Key-Uri-Format
std::string totp_uri(std::string_view secret, std::string_view issuer, std::string_view account);

}  // namespace vesta::identity
