// Reading and writing of JWK Sets.
#include "identity/jwks.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace vesta::identity {

Result<Keys> parse_jwks(std::string_view text) {
  if (text.size() > kMaxJwksBytes) return make_error(Category::too_large, "the JWK Set is too large");
  VESTA_TRY(const json::Value document, json::parse_value(text));
  const json::Value* const list = document.find("keys");
  if (list == nullptr || list->kind != json::Value::Kind::array) {
    return make_error(Category::invalid, "a JWK Set is an object with an array 'keys'");
  }
  if (list->items.size() > kMaxJwksKeys) return make_error(Category::too_large, "the JWK Set has too many keys");
  Keys keys;
  for (const json::Value& item : list->items) {
    VESTA_TRY(std::optional<Jwk> key, Jwk::parse_public(item));
    if (!key) continue;
    for (const Algorithm algorithm : {Algorithm::es256, Algorithm::es384, Algorithm::rs256, Algorithm::rs384}) {
      const bool is_taken = std::ranges::any_of(keys, [&](const std::shared_ptr<const Jwk>& other) {
        return other->id() == key->id() && other->allows(algorithm);
      });
      if (is_taken && key->allows(algorithm)) {
        return make_error(Category::invalid, "the JWK Set has two keys '" + key->id() + "'");
      }
    }
    keys.push_back(std::make_shared<const Jwk>(*std::move(key)));
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
