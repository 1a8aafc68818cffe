// Rotation and storage of signing keys.
#include "identity/keys.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <system_error>
#include <utility>

#include "base/instant.h"
#include "json/document.h"

namespace vesta::identity {
namespace {

constexpr std::string_view kSignsFrom = "signs_from";
constexpr std::string_view kSignsUntil = "signs_until";
constexpr std::string_view kVerifiesUntil = "verifies_until";

json::Value instant_value(Instant instant) {
  json::Value value;
  value.text = std::to_string(instant.value);
  return value;
}

std::optional<Instant> find_instant(const json::Value& object, std::string_view name) {
  const json::Value* const value = object.find(name);
  if (value == nullptr) return std::nullopt;
  Instant instant;
  const char* const end = value->text.data() + value->text.size();
  const auto [stopped, error] = std::from_chars(value->text.data(), end, instant.value);
  return error == std::errc() && stopped == end ? std::optional(instant) : std::nullopt;
}

Error damaged() {
  return make_error(Category::internal, "the stored signing keys are damaged");
}

}  // namespace

KeySet::State KeySet::Entry::state(Instant now) const {
  if (now < signs_from) return State::announced;
  if (now < signs_until) return State::active;
  return now < verifies_until ? State::retiring : State::retired;
}

Status KeySet::rotate(Algorithm algorithm, Instant now) {
  std::erase_if(entries_, [&](const Entry& each) { return each.state(now) == State::retired; });
  if (entries_.size() >= kMaxSigningKeys) return make_error(Category::busy, "there are too many signing keys");
  const bool is_first = signing_key(algorithm, now) == nullptr;
  const Instant begin = is_first ? now : later_by(now, kAnnouncement);
  for (Entry& each : entries_) {
    if (!each.key->allows(algorithm) || each.signs_until <= begin) continue;
    each.signs_until = std::max(begin, each.signs_from);
    each.verifies_until = later_by(each.signs_until, kRetirement);
  }
  entries_.push_back({std::make_shared<const Jwk>(Jwk::generate(algorithm)), begin});
  return kOk;
}

Status KeySet::withdraw(std::string_view id) {
  if (std::erase_if(entries_, [&](const Entry& each) { return each.key->id() == id; }) == 0) {
    return make_error(Category::not_found, "there is no signing key '" + std::string(id) + "'");
  }
  return kOk;
}

std::shared_ptr<const Jwk> KeySet::signing_key(Algorithm algorithm, Instant now) const {
  const auto found = std::ranges::find_if(
      entries_, [&](const Entry& each) { return each.key->allows(algorithm) && each.state(now) == State::active; });
  return found == entries_.end() ? nullptr : found->key;
}

Keys KeySet::verifying_keys(Instant now) const {
  Keys keys;
  for (const Entry& each : entries_) {
    if (each.state(now) != State::retired) keys.push_back(each.key);
  }
  return keys;
}

std::string KeySet::stored_text() const {
  json::Value list;
  list.kind = json::Value::Kind::array;
  for (const Entry& each : entries_) {
    json::Value item;
    item.kind = json::Value::Kind::object;
    item.members.push_back({std::string(kSignsFrom), instant_value(each.signs_from)});
    item.members.push_back({std::string(kSignsUntil), instant_value(each.signs_until)});
    item.members.push_back({std::string(kVerifiesUntil), instant_value(each.verifies_until)});
    item.members.push_back({"jwk", each.key->private_value()});
    list.items.push_back(std::move(item));
  }
  std::string text;
  json::append_value(list, text);
  return text;
}

Result<KeySet> KeySet::parse_stored(std::string_view text) {
  const auto list = json::parse_value(text);
  if (!list.ok() || list->kind != json::Value::Kind::array) return damaged();
  KeySet keys;
  for (const json::Value& item : list->items) {
    const auto signs_from = find_instant(item, kSignsFrom);
    const auto signs_until = find_instant(item, kSignsUntil);
    const auto verifies_until = find_instant(item, kVerifiesUntil);
    const json::Value* const jwk = item.find("jwk");
    if (!signs_from || !signs_until || !verifies_until || jwk == nullptr) return damaged();
    VESTA_TRY(Jwk key, Jwk::parse_private(*jwk));
    keys.entries_.push_back({std::make_shared<const Jwk>(std::move(key)), *signs_from, *signs_until, *verifies_until});
  }
  return keys;
}

}  // namespace vesta::identity
