// One property for each user: JSON.
#include "oauth/second_factors.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "identity/base32.h"
#include "identity/digest.h"
#include "identity/tokens.h"
#include "oauth/answers.h"
#include "oauth/external_identity.h"

namespace vesta::oauth {
namespace {

constexpr std::size_t kGroup = 4;  // characters of a recovery code between two hyphens

std::string name_of_factor(std::string_view user) {
  return "oauth.second_factor." + std::string(user);
}

// As it was made, however it is typed: in lower case, with spaces.
std::string plain(std::string_view typed) {
  std::string out;
  for (const char c : typed.substr(0, kMaxCodeBytes)) {
    if (c == '-' || c == ' ') continue;
    out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return out;
}

std::uint64_t number_of(std::string_view digits) {
  std::uint64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

}  // namespace

struct SecondFactors::Stored {
  VersionId version;  // of the User for whom it was set
  std::string secret;
  std::optional<identity::TotpStep> last;  // of the code that was used last
  std::vector<std::string> recovery_digests;
  std::string text;  // of the property, as it was read; whoever changes it expects that
};

Enrolment new_enrolment(Random& random) {
  Enrolment enrolment{identity::new_totp_secret(random), {}};
  while (enrolment.recovery_codes.size() < kRecoveryCodes) {
    std::string code = identity::encode_base32(identity::random_bytes(random, kRecoveryCodeBytes));
    for (std::size_t at = kGroup; at < code.size(); at += kGroup + 1) code.insert(at, 1, '-');
    enrolment.recovery_codes.push_back(std::move(code));
  }
  return enrolment;
}

std::string SecondFactors::text_of(const Stored& stored) {
  json::Value value = object({{"version", text(std::to_string(stored.version.value))},
                              {"secret", text(identity::encode_base32(stored.secret))},
                              {"recovery", texts(stored.recovery_digests)}});
  if (stored.last) value.members.push_back({"last", text(std::to_string(stored.last->value))});
  std::string out;
  json::append_value(value, out);
  return out;
}

ops::Property SecondFactors::property_of(const access::User& user, const Enrolment& enrolment) {
  Stored stored{user.version, enrolment.secret, {}, {}, {}};
  for (const std::string& code : enrolment.recovery_codes) {
    stored.recovery_digests.push_back(identity::digest_of_secret(plain(code)));
  }
  return {name_of_factor(user.id), text_of(stored)};
}

ops::Property SecondFactors::property_of_none(const access::User& user) {
  return {name_of_factor(user.id), ""};
}

Result<std::string> SecondFactors::mark(const access::User& user) {
  VESTA_TRY(const auto stored, find(user));
  return stored ? identity::digest_of_secret(stored->secret) : std::string();
}

Result<bool> SecondFactors::is_proved(const access::User& user, std::string_view proved) {
  if (proved == kExternalFactor) return true;
  if (Passkeys::is_mark(proved)) return passkeys_.is_proved(user, proved);
  VESTA_TRY(const std::string present, mark(user));
  if (!proved.empty()) return present == proved;
  VESTA_TRY(const Passkeys::Known passkeys, passkeys_.known(user));
  return present.empty() && passkeys.ids.empty() && !user.needs_second_factor;
}

Result<std::optional<SecondFactors::Stored>> SecondFactors::find(const access::User& user) {
  const std::optional<Stored> none;
  VESTA_TRY(const std::optional<std::string> kept, store_.property(name_of_factor(user.id)));
  if (!kept || kept->empty()) return none;
  VESTA_TRY(const json::Value value, json::parse_value(*kept));
  const auto secret = identity::decode_base32(member_text(value, "secret"));
  if (!secret || secret->empty()) return make_error(Category::internal, "a user's second factor is damaged");
  Stored stored;
  stored.text = *kept;
  stored.version.value = number_of(member_text(value, "version"));
  stored.secret = *secret;
  if (const std::string_view last = member_text(value, "last"); !last.empty()) {
    stored.last = identity::TotpStep{number_of(last)};
  }
  if (const json::Value* const digests = value.find("recovery")) {
    for (const json::Value& each : digests->items) stored.recovery_digests.push_back(each.text);
  }
  return user.had(stored.version) ? std::optional(std::move(stored)) : none;
}

Result<bool> SecondFactors::use(const access::User& user, std::string_view typed, const std::string& record) {
  VESTA_TRY(std::optional<Stored> stored, find(user));
  if (!stored) return false;
  const std::string code = plain(typed);
  if (const auto step = identity::verify_totp(stored->secret, code, clock_.now(), stored->last)) {
    stored->last = step;
  } else if (std::erase_if(stored->recovery_digests,
                           [&](const std::string& digest) { return identity::is_digest_of(code, digest); }) == 0) {
    return false;
  }
  store::WriteSet writes;
  // Two at once read the same, on this node or another: the first to be written has used the code.
  writes.expected_properties.emplace_back(name_of_factor(user.id), stored->text);
  writes.properties.emplace_back(name_of_factor(user.id), text_of(*stored));
  if (!record.empty()) writes.audit.push_back(record);
  const auto written = store_.commit(writes);
  if (written.ok()) return true;
  if (written.error().category != Category::conflict) return written.error();
  return make_error(Category::busy, "Another code is being looked at.");
}

}  // namespace vesta::oauth
