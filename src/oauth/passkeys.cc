// One property for each user: JSON. One for each passkey: whose it is.
#include "oauth/passkeys.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/base64.h"
#include "base/instant.h"
#include "base/log.h"
#include "identity/digest.h"
#include "identity/tokens.h"
#include "oauth/answers.h"

namespace vesta::oauth {
namespace {

constexpr std::string_view kMark = "passkey:";

std::string name_of_keys(std::string_view user) {
  return "oauth.passkeys." + std::string(user);
}

// By its digest: an id may have a thousand bytes, of any kind.
std::string name_of_owner(std::string_view id) {
  return "oauth.passkey." + identity::digest_of_secret(id);
}

std::string mark_of(const identity::Passkey& passkey) {
  return std::string(kMark) + identity::digest_of_secret(passkey.id);
}

Error refused(std::string_view reason) {
  return make_error(Category::invalid, std::string(reason));
}

// Of two that read the same, on this node or another, the first to be written counts.
Status of_race(Status written) {
  if (written.ok() || written.error().category != Category::conflict) return written;
  return make_error(Category::busy, "Another passkey is being looked at.");
}

Error damaged() {
  return make_error(Category::internal, "a user's passkeys are damaged");
}

template <class Number>
Number number_of(std::string_view digits) {
  Number number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

Result<std::string> field(const Form& form, std::string_view name) {
  auto bytes = decode_base64url(form.get(name));
  if (!bytes) return refused(identity::name_of(identity::PasskeyFault::malformed));
  return *std::move(bytes);
}

Result<identity::Passkey> read_passkey(const json::Value& value) {
  const auto id = decode_base64url(member_text(value, "id"));
  const auto algorithm = identity::parse_passkey_algorithm(member_text(value, "algorithm"));
  const auto key = decode_base64url(member_text(value, "key"));
  if (!id || id->empty() || !algorithm || !key) return damaged();
  return identity::Passkey{*id, *algorithm, *key, number_of<std::uint32_t>(member_text(value, "counter"))};
}

}  // namespace

Result<SignedByPasskey> read_signed(const Form& form) {
  SignedByPasskey by;
  VESTA_TRY(by.id, field(form, "credential"));
  VESTA_TRY(by.handle, field(form, "user_handle"));
  VESTA_TRY(by.assertion.client_data, field(form, "client_data"));
  VESTA_TRY(by.assertion.authenticator_data, field(form, "authenticator_data"));
  VESTA_TRY(by.assertion.signature, field(form, "signature"));
  return by;
}

Result<identity::PasskeyCreation> read_created(const Form& form) {
  identity::PasskeyCreation created;
  VESTA_TRY(created.client_data, field(form, "client_data"));
  VESTA_TRY(created.authenticator_data, field(form, "authenticator_data"));
  return created;
}

struct Passkeys::Stored {
  VersionId version;       // of the User for whom it was set up
  std::string handle;      // bytes
  std::string invitation;  // digest; empty: none
  Instant invited_until = {};
  std::vector<identity::Passkey> keys;
  std::optional<std::string> text;  // of the property, as it was read; whoever changes it expects that

  // `link`: what the link of the invitation has.
  bool is_invited(const access::User& user, std::string_view link, Instant now) const {
    return user_of_invitation(link) == user.id && !invitation.empty() && now < invited_until &&
           identity::is_digest_of(link.substr(user.id.size() + 1), invitation);
  }
};

std::string Passkeys::text_of(const Stored& stored) {
  json::Value keys;
  keys.kind = json::Value::Kind::array;
  for (const identity::Passkey& each : stored.keys) {
    keys.items.push_back(object({{"id", text(identity::base64url(each.id))},
                                 {"algorithm", text(identity::name_of(each.algorithm))},
                                 {"key", text(identity::base64url(each.key))},
                                 {"counter", text(std::to_string(each.counter))}}));
  }
  json::Value value = object(
      {{"version", text(std::to_string(stored.version.value))}, {"handle", text(identity::base64url(stored.handle))}});
  if (!stored.invitation.empty()) {
    value.members.push_back({"invitation", text(stored.invitation)});
    value.members.push_back({"invited_until", text(std::to_string(stored.invited_until.value))});
  }
  value.members.push_back({"keys", std::move(keys)});
  std::string out;
  json::append_value(value, out);
  return out;
}

// Without a handle: there are none.
Result<Passkeys::Stored> Passkeys::find(const access::User& user) {
  VESTA_TRY(const std::optional<std::string> kept, store_.property(name_of_keys(user.id)));
  Stored none;
  none.text = kept;
  if (!kept || kept->empty()) return none;
  VESTA_TRY(const json::Value value, json::parse_value(*kept));
  Stored stored = none;
  stored.version.value = number_of<std::uint64_t>(member_text(value, "version"));
  const auto handle = decode_base64url(member_text(value, "handle"));
  const json::Value* const keys = value.find("keys");
  if (!handle || handle->empty() || keys == nullptr) return damaged();
  stored.handle = *handle;
  stored.invitation = member_text(value, "invitation");
  stored.invited_until = member_instant(value, "invited_until");
  for (const json::Value& each : keys->items) {
    VESTA_TRY(identity::Passkey passkey, read_passkey(each));
    stored.keys.push_back(std::move(passkey));
  }
  return user.had(stored.version) ? std::move(stored) : std::move(none);
}

Result<Passkeys::Invitation> Passkeys::invite(const access::User& user, Random& random) {
  VESTA_TRY(Stored stored, find(user));
  if (stored.handle.empty()) {
    stored.version = user.version;
    stored.handle = identity::random_bytes(random, kUserHandleBytes);
  }
  const std::string secret = identity::new_secret(random);
  stored.invitation = identity::digest_of_secret(secret);
  stored.invited_until = later_by(clock_.now(), kInvitationLifetime);
  return Invitation{{name_of_keys(user.id), text_of(stored)}, user.id + "." + secret};
}

std::string_view Passkeys::user_of_invitation(std::string_view text) {
  const std::size_t dot = text.find('.');
  return dot == std::string_view::npos ? std::string_view() : text.substr(0, dot);
}

Result<bool> Passkeys::is_invited(const access::User& user, std::string_view invitation) {
  VESTA_TRY(const Stored stored, find(user));
  return stored.is_invited(user, invitation, clock_.now());
}

Result<std::vector<ops::Property>> Passkeys::properties_of_none(const access::User& user) {
  VESTA_TRY(const Stored stored, find(user));
  std::vector<ops::Property> properties{{name_of_keys(user.id), ""}};
  for (const identity::Passkey& each : stored.keys) properties.emplace_back(name_of_owner(each.id), "");
  return properties;
}

Result<Passkeys::Known> Passkeys::known(const access::User& user) {
  VESTA_TRY(const Stored stored, find(user));
  Known known{identity::base64url(stored.handle), {}};
  for (const identity::Passkey& each : stored.keys) known.ids.push_back(identity::base64url(each.id));
  return known;
}

Result<std::string> Passkeys::owner(std::string_view id) {
  VESTA_TRY(const std::optional<std::string> user, store_.property(name_of_owner(id)));
  return user.value_or("");
}

bool Passkeys::is_mark(std::string_view mark) {
  return mark.starts_with(kMark);
}

Result<bool> Passkeys::is_proved(const access::User& user, std::string_view mark) {
  VESTA_TRY(const Stored stored, find(user));
  return std::ranges::any_of(stored.keys, [&](const identity::Passkey& each) { return mark_of(each) == mark; });
}

Status Passkeys::add(const access::User& user, std::string_view invitation, const identity::PasskeyCreation& creation,
                     const identity::PasskeyRequest& request, const Commit& commit) {
  VESTA_TRY(identity::Passkey passkey, identity::verify_creation(creation, request));
  VESTA_TRY(Stored stored, find(user));
  if (!stored.is_invited(user, invitation, clock_.now())) return refused("not_invited");
  const std::string name = name_of_owner(passkey.id);
  VESTA_TRY(const std::optional<std::string> owner_of_id, store_.property(name));
  if (owner_of_id && !owner_of_id->empty()) return refused("known_already");
  if (stored.keys.size() >= kMaxPasskeys) return refused("too_many");
  stored.invitation.clear();
  stored.keys.push_back(std::move(passkey));
  return of_race(commit({{name_of_keys(user.id), text_of(stored)}, {name, user.id}},
                        {{name_of_keys(user.id), stored.text}, {name, owner_of_id}}));
}

Result<std::string> Passkeys::use(const access::User& user, const SignedByPasskey& by, const Challenge& challenge,
                                  const std::string& record) {
  VESTA_TRY(Stored stored, find(user));
  const auto found = std::ranges::find(stored.keys, by.id, &identity::Passkey::id);
  if (found == stored.keys.end()) return refused("unknown");
  if (!by.handle.empty() && by.handle != stored.handle) return refused("unknown");
  const auto counter = identity::verify_assertion(by.assertion, *found, challenge.request);
  if (!counter.ok()) {
    if (counter.error().message == identity::name_of(identity::PasskeyFault::counter_went_back)) {
      log::warning("a passkey's counter went back: there may be a copy of it", {{"user", user.id}});
    }
    return counter.error();
  }
  VESTA_TRY(const bool is_first, challenge.used.use(user.id, challenge.request.challenge, challenge.until));
  if (!is_first) return refused(identity::name_of(identity::PasskeyFault::wrong_challenge));
  found->counter = *counter;
  store::WriteSet writes;
  writes.expected_properties.emplace_back(name_of_keys(user.id), stored.text);
  writes.properties.emplace_back(name_of_keys(user.id), text_of(stored));
  if (!record.empty()) writes.audit.push_back(record);
  const auto written = store_.commit(writes);
  VESTA_CHECK_OK(of_race(written.ok() ? kOk : Status(written.error())));
  return mark_of(*found);
}

}  // namespace vesta::oauth
