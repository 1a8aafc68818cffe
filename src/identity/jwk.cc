// Checking, importing and exporting of keys.
#include "identity/jwk.h"

#include <cjose/jwk.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "base/base64.h"
#include "base/check.h"
#include "identity/digest.h"

namespace vesta::identity {
namespace {

constexpr std::string_view kRsaExponent = "AQAB";  // 65537
constexpr std::array<std::uint8_t, 3> kRsaExponentBytes{1, 0, 1};

constexpr std::array<std::pair<Algorithm, std::string_view>, 4> kAlgorithms{{
    {Algorithm::es256, "ES256"},
    {Algorithm::es384, "ES384"},
    {Algorithm::rs256, "RS256"},
    {Algorithm::rs384, "RS384"},
}};

struct Curve {
  std::string_view name;
  std::size_t coordinate_bytes;
  Algorithm algorithm;
};
// https://www.rfc-editor.org/rfc/rfc7518#section-3.4
constexpr std::array<Curve, 2> kCurves{{{"P-256", 32, Algorithm::es256}, {"P-384", 48, Algorithm::es384}}};

Error bad_key(std::string_view id, std::string_view why) {
  return make_error(Category::invalid, "key '" + std::string(id) + "': " + std::string(why));
}

// Only what is checked is handed to the library.
json::Value select_members(const json::Value& value, std::initializer_list<std::string_view> names) {
  json::Value out;
  out.kind = json::Value::Kind::object;
  for (const std::string_view name : names) out.members.push_back({std::string(name), *value.find(name)});
  return out;
}

// As RFC 7638 writes them: the required ones, by name.
json::Value required_members(const json::Value& value) {
  const bool is_rsa = *find_text(value, "kty") == "RSA";
  return is_rsa ? select_members(value, {"e", "kty", "n"}) : select_members(value, {"crv", "kty", "x", "y"});
}

std::size_t bytes_in(const std::string* base64url_text) {
  if (base64url_text == nullptr) return 0;
  const auto bytes = decode_base64url(*base64url_text);
  return bytes ? bytes->size() : 0;
}

std::size_t bits_of_number(std::string_view bytes) {
  if (bytes.empty()) return 0;
  return (bytes.size() - 1) * 8 + static_cast<std::size_t>(std::bit_width(static_cast<unsigned char>(bytes.front())));
}

Status check_rsa(std::string_view id, const json::Value& value) {
  const std::string* const modulus = find_text(value, "n");
  const std::string* const exponent = find_text(value, "e");
  const auto bytes = modulus == nullptr ? std::nullopt : decode_base64url(*modulus);
  if (!bytes || exponent == nullptr) return bad_key(id, "'n' or 'e' is missing or not base64url");
  if (bytes->starts_with('\0')) return bad_key(id, "'n' begins with a zero byte");
  const std::size_t bits = bits_of_number(*bytes);
  if (bits < kMinRsaBits || bits > kMaxRsaBits) return bad_key(id, "RSA keys must have 2048 to 4096 bits");
  if (*exponent != kRsaExponent) return bad_key(id, "the exponent of an RSA key must be 65537");
  return kOk;
}

// Whether it may verify signatures. https://www.rfc-editor.org/rfc/rfc7517#section-4.2
bool is_for_signatures(const json::Value& value) {
  const json::Value* const use = value.find("use");
  if (use != nullptr && use->text != "sig") return false;
  const json::Value* const operations = value.find("key_ops");
  return operations == nullptr || std::ranges::any_of(operations->items, [](const json::Value& each) {
           return each.kind == json::Value::Kind::string && each.text == "verify";
         });
}

// What the kind of key can, without regard to `alg`. Empty: a kind that is not offered.
std::vector<Algorithm> algorithms_of_kind(const json::Value& value) {
  const std::string* const type = find_text(value, "kty");
  if (type != nullptr && *type == "RSA") return {Algorithm::rs256, Algorithm::rs384};
  const std::string* const curve = find_text(value, "crv");
  if (type == nullptr || *type != "EC" || curve == nullptr) return {};
  const auto found = std::ranges::find(kCurves, std::string_view(*curve), &Curve::name);
  return found == kCurves.end() ? std::vector<Algorithm>{} : std::vector{found->algorithm};
}

// Those of the kind that `alg` leaves.
std::vector<Algorithm> algorithms_of(const json::Value& value) {
  std::vector<Algorithm> algorithms = algorithms_of_kind(value);
  if (const json::Value* const pinned = value.find("alg"); pinned != nullptr) {
    std::erase_if(algorithms, [&](Algorithm each) { return name_of(each) != pinned->text; });
  }
  return algorithms;
}

}  // namespace

std::string_view name_of(Algorithm algorithm) {
  return std::ranges::find(kAlgorithms, algorithm, &std::pair<Algorithm, std::string_view>::first)->second;
}

std::optional<Algorithm> parse_algorithm(std::string_view name) {
  const auto found = std::ranges::find(kAlgorithms, name, &std::pair<Algorithm, std::string_view>::second);
  return found == kAlgorithms.end() ? std::nullopt : std::optional(found->first);
}

void Jwk::Release::operator()(_cjose_jwk_int* handle) const {
  cjose_jwk_release(handle);
}

Jwk::Jwk(Handle handle, std::string id, std::vector<Algorithm> algorithms)
    : handle_(std::move(handle)), id_(std::move(id)), algorithms_(std::move(algorithms)) {
  const json::Value value = exported(false);
  const bool is_rsa = *find_text(value, "kty") == "RSA";
  signature_bytes_ = is_rsa ? bytes_in(find_text(value, "n")) : bytes_in(find_text(value, "x")) * 2;
}

Jwk::Handle Jwk::import(const json::Value& value) {
  std::string text;
  json::append_value(value, text);
  cjose_err error{};
  return Handle(cjose_jwk_import(text.data(), text.size(), &error));
}

Jwk Jwk::generate(Algorithm algorithm) {
  cjose_err error{};
  const auto curve = std::ranges::find(kCurves, algorithm, &Curve::algorithm);
  Handle handle(
      curve == kCurves.end()
          ? cjose_jwk_create_RSA_random(kGeneratedRsaBits, kRsaExponentBytes.data(), kRsaExponentBytes.size(), &error)
          : cjose_jwk_create_EC_random(algorithm == Algorithm::es256 ? CJOSE_JWK_EC_P_256 : CJOSE_JWK_EC_P_384,
                                       &error));
  CHECK(handle != nullptr);
  Jwk key(std::move(handle), {}, {algorithm});
  key.id_ = key.thumbprint();
  return key;
}

Result<std::optional<Jwk>> Jwk::parse_public(const json::Value& value, AbsentId absent_id) {
  if (value.kind != json::Value::Kind::object) return make_error(Category::invalid, "a key is not an object");
  const std::string* const id = find_text(value, "kid");
  const std::string name = id == nullptr ? "" : id->substr(0, kMaxKeyIdBytes);
  const std::string* const type = find_text(value, "kty");
  if (value.find("d") != nullptr || (type != nullptr && *type == "oct")) {
    return bad_key(name, "it is secret, and is compromised now: make another, and publish only what is public");
  }
  std::vector<Algorithm> algorithms = algorithms_of(value);
  if (!is_for_signatures(value) || algorithms.empty()) return std::optional<Jwk>();
  const bool is_absent = absent_id == AbsentId::allowed && value.find("kid") == nullptr;
  if (!is_absent && (id == nullptr || id->empty() || id->size() > kMaxKeyIdBytes)) {
    return bad_key(name, "'kid' must be a text of 1 to 256 bytes");
  }
  const auto curve = std::ranges::find(kCurves, algorithms.front(), &Curve::algorithm);
  if (curve == kCurves.end()) {
    VESTA_CHECK_OK(check_rsa(name, value));
  } else if (bytes_in(find_text(value, "x")) != curve->coordinate_bytes ||
             bytes_in(find_text(value, "y")) != curve->coordinate_bytes) {
    return bad_key(name, "'x' or 'y' is missing or not of the curve's length");
  }
  Handle handle = import(required_members(value));
  if (handle == nullptr) return bad_key(name, "it is not a key: the point is not on the curve");
  return std::optional(Jwk(std::move(handle), name, std::move(algorithms)));
}

Result<Jwk> Jwk::parse_private(const json::Value& value) {
  const std::string* const id = find_text(value, "kid");
  std::vector<Algorithm> algorithms = algorithms_of(value);
  Handle handle = import(value);
  if (id == nullptr || algorithms.size() != 1 || value.find("d") == nullptr || handle == nullptr) {
    return make_error(Category::internal, "a stored signing key is damaged");
  }
  return Jwk(std::move(handle), *id, std::move(algorithms));
}

bool Jwk::allows(Algorithm algorithm) const {
  return std::ranges::find(algorithms_, algorithm) != algorithms_.end();
}

json::Value Jwk::exported(bool with_private) const {
  cjose_err error{};
  char* const text = cjose_jwk_to_json(handle_.get(), with_private, &error);
  CHECK(text != nullptr);
  auto value = json::parse_value(text);
  std::free(text);
  CHECK(value.ok());
  return *std::move(value);
}

std::string Jwk::thumbprint() const {
  std::string text;
  json::append_value(required_members(exported(false)), text);
  return base64url(sha256(text));
}

json::Value Jwk::public_value() const {
  json::Value value = required_members(exported(false));
  value.members.push_back({"kid", text_value(id_)});
  value.members.push_back({"use", text_value("sig")});
  if (algorithms_.size() == 1) value.members.push_back({"alg", text_value(name_of(algorithm()))});
  return value;
}

json::Value Jwk::private_value() const {
  json::Value value = exported(true);
  CHECK(value.find("d") != nullptr);
  std::erase_if(value.members, [](const json::Member& each) { return each.name == "kid"; });
  value.members.push_back({"kid", text_value(id_)});
  value.members.push_back({"alg", text_value(name_of(algorithm()))});
  return value;
}

const Jwk* find_key(std::span<const std::shared_ptr<const Jwk>> keys, std::string_view id, Algorithm algorithm) {
  const Jwk* found = nullptr;
  for (const auto& key : keys) {
    if (key->id() != id || !key->allows(algorithm)) continue;
    if (found != nullptr) return nullptr;
    found = key.get();
  }
  return found;
}

const Jwk* find_only_key(std::span<const std::shared_ptr<const Jwk>> keys, Algorithm algorithm) {
  return keys.size() == 1 && keys.front()->allows(algorithm) ? keys.front().get() : nullptr;
}

const std::string* find_text(const json::Value& object, std::string_view name) {
  const json::Value* const found = object.find(name);
  return found != nullptr && found->kind == json::Value::Kind::string ? &found->text : nullptr;
}

json::Value text_value(std::string_view text) {
  json::Value value;
  value.kind = json::Value::Kind::string;
  value.text = text;
  return value;
}

}  // namespace vesta::identity
