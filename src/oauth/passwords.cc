// One property for each user.
#include "oauth/passwords.h"

#include <charconv>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "identity/tokens.h"

namespace vesta::oauth {
namespace {

std::string name_of(std::string_view user) {
  return "oauth.password." + std::string(user);
}

ops::Property property_with(std::string_view user, VersionId version, std::string_view hash) {
  return {name_of(user), (std::to_string(version.value) + ":").append(hash)};
}

fhir::TypeId user_type(const fhir::Definitions& definitions) {
  const auto type = definitions.find_resource_type(access::kUser);
  CHECK(type.has_value());
  return *type;
}

}  // namespace

Result<ops::Property> Passwords::property_of(std::string_view user, std::string_view password) {
  VESTA_TRY(std::string hash, hasher_.hash(password));
  VESTA_TRY(const auto current, store_.read(user_type(definitions_), user));
  return property_with(user, current ? current->version : VersionId{}, hash);
}

Status Passwords::set(std::string_view user, std::string_view password) {
  VESTA_TRY(const ops::Property property, property_of(user, password));
  return write(property);
}

Result<bool> Passwords::check(std::string_view user, std::string_view password) {
  std::optional<Stored> stored;
  if (!user.empty()) {
    VESTA_TRY(stored, find(user));
  }
  const std::optional<std::string> hash = stored ? std::optional(stored->hash) : std::nullopt;
  VESTA_TRY(const identity::PasswordMatch match, hasher_.verify(password, hash));
  if (match == identity::PasswordMatch::yes_and_rehash) {
    auto rehashed = hasher_.hash(password);
    const Status kept = rehashed.ok()
                            ? write(property_with(user, stored->version, *rehashed), {{name_of(user), stored->text}})
                            : Status(rehashed.take_error());
    if (!kept.ok()) log::warning("a password keeps its old hash", {{"reason", kept.error().message}});
  }
  return match != identity::PasswordMatch::no;
}

Result<std::optional<std::string>> Passwords::mark(std::string_view user) {
  VESTA_TRY(const std::optional<Stored> stored, find(user));
  return stored ? std::optional(identity::digest_of_secret(stored->hash)) : std::nullopt;
}

Result<std::optional<Passwords::Stored>> Passwords::find(std::string_view user) {
  const std::optional<Stored> none;
  VESTA_TRY(const std::optional<std::string> text, store_.property(name_of(user)));
  if (!text) return none;
  Stored stored;
  stored.text = *text;
  std::from_chars(text->data(), text->data() + text->size(), stored.version.value);
  stored.hash = text->substr(text->find(':') + 1);  // without a version: all of it, see the format
  VESTA_TRY(const auto now, records_.user(user));
  return now != nullptr && now->had(stored.version) ? std::optional(std::move(stored)) : none;
}

Status Passwords::write(const ops::Property& property, const std::vector<ops::ExpectedProperty>& expected) {
  store::WriteSet writes;
  writes.expected_properties = expected;
  writes.properties.push_back(property);
  VESTA_TRY([[maybe_unused]] const auto written, store_.commit(writes));
  return kOk;
}

}  // namespace vesta::oauth
