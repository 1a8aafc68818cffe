// Reading and writing of JWK Sets.
#include "identity/jwks.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

namespace vesta::identity {

namespace {

constexpr std::array kAllAlgorithms{Algorithm::es256, Algorithm::es384, Algorithm::rs256, Algorithm::rs384};

// Is there one of the same id that allows the same?
bool is_ambiguous(const Keys& keys, const Jwk& key) {
  return std::ranges::any_of(keys, [&](const std::shared_ptr<const Jwk>& other) {
    return other->id() == key.id() &&
           std::ranges::any_of(kAllAlgorithms, [&](Algorithm each) { return other->allows(each) && key.allows(each); });
  });
}

}  // namespace

Result<Keys> parse_jwks(std::string_view text, WrongKeys wrong) {
  if (text.size() > kMaxJwksBytes) return make_error(Category::too_large, "the JWK Set is too large");
  VESTA_TRY(const json::Value document, json::parse_value(text));
  const json::Value* const list = document.find("keys");
  if (list == nullptr || list->kind != json::Value::Kind::array) {
    return make_error(Category::invalid, "a JWK Set is an object with an array 'keys'");
  }
  if (list->items.size() > kMaxJwksKeys) return make_error(Category::too_large, "the JWK Set has too many keys");
  const bool skips = wrong == WrongKeys::skipped;
  Keys keys;
  for (const json::Value& item : list->items) {
    auto key = Jwk::parse_public(item, skips ? Jwk::AbsentId::allowed : Jwk::AbsentId::refused);
    if (!key.ok() && !skips) return key.error();
    if (!key.ok() || !key->has_value()) continue;
    if (!skips && is_ambiguous(keys, **key)) {  // if they are kept find_key takes none of them
      return make_error(Category::invalid, "the JWK Set has two keys '" + (*key)->id() + "'");
    }
    keys.push_back(std::make_shared<const Jwk>(**std::move(key)));
  }
  if (keys.empty()) {
    return make_error(Category::invalid, "the JWK Set has no key for ES256, ES384, RS256 or RS384");
  }
  return keys;
}

std::string write_jwks(std::span<const std::shared_ptr<const Jwk>> keys) {
  std::string text = "{\"keys\":[";
  const char* separator = "";
  for (const auto& key : keys) {
    text += std::exchange(separator, ",");
    json::append_value(key->public_value(), text);
  }
  text += "]}";
  return text;
}

}  // namespace vesta::identity
