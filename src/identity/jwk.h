// Jwk: one key for signatures, with or without its private part. (Library: cjose.)
// https://www.rfc-editor.org/rfc/rfc7517
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/document.h"

struct _cjose_jwk_int;

namespace vesta::identity {

// https://www.rfc-editor.org/rfc/rfc7518#section-3.1, those that SMART's confidential clients use and our own. What is
// not here is refused: `none`, and HMAC, whose secret a public key could be taken for.
enum class Algorithm { es256, es384, rs256, rs384 };
std::string_view name_of(Algorithm algorithm);
std::optional<Algorithm> parse_algorithm(std::string_view name);

inline constexpr std::size_t kMaxKeyIdBytes = 256;
inline constexpr std::size_t kMinRsaBits = 2048;
inline constexpr std::size_t kMaxRsaBits = 4096;  // verification by a longer one takes too long
inline constexpr std::size_t kGeneratedRsaBits = 2048;

// Immutable: several threads may use one.
class Jwk {
 public:
  // Of OpenSSL's own generator; its id is its thumbprint.
  static Jwk generate(Algorithm algorithm);

  enum class AbsentId { refused, allowed };  // allowed: it is empty then

  // A public key of somebody else. nullopt: not for what we verify (an encryption key, an algorithm that is not
  // offered), and to be passed over. Errors (invalid): no `kid`; RSA of a length outside the limits, or with another
  // exponent than 65537; coordinates that are no point; a key that is secret: symmetric, or with its private part.
  static Result<std::optional<Jwk>> parse_public(const json::Value& value, AbsentId absent_id = AbsentId::refused);
  // What private_value() gave. Errors (internal): it is not.
  static Result<Jwk> parse_private(const json::Value& value);

  const std::string& id() const { return id_; }
  // The algorithm is pinned by the key: by its kind, and by `alg` if it has one.
  bool allows(Algorithm algorithm) const;
  // Of a key that signs.
  Algorithm algorithm() const { return algorithms_.front(); }
  std::size_t signature_bytes() const { return signature_bytes_; }

  // https://www.rfc-editor.org/rfc/rfc7638
  std::string thumbprint() const;
  json::Value public_value() const;
  json::Value private_value() const;

  // For jws.cc.
  const _cjose_jwk_int* handle() const { return handle_.get(); }

 private:
  struct Release {
    void operator()(_cjose_jwk_int* handle) const;
  };
  using Handle = std::unique_ptr<_cjose_jwk_int, Release>;

  Jwk(Handle handle, std::string id, std::vector<Algorithm> algorithms);
  static Handle import(const json::Value& value);
  json::Value exported(bool with_private) const;

  Handle handle_;
  std::string id_;
  std::vector<Algorithm> algorithms_;
  std::size_t signature_bytes_ = 0;
};

// In no order.
using Keys = std::vector<std::shared_ptr<const Jwk>>;

// The one key of this id that allows this algorithm. Null: there is none, or more than one.
// https://hl7.org/fhir/smart-app-launch/STU2.2/client-confidential-asymmetric.html#signature-verification
const Jwk* find_key(std::span<const std::shared_ptr<const Jwk>> keys, std::string_view id, Algorithm algorithm);
// The one that there is, of whatever id. Null: it does not allow this algorithm, or there are more.
// https://openid.net/specs/openid-connect-core-1_0.html#SigEnc
const Jwk* find_only_key(std::span<const std::shared_ptr<const Jwk>> keys, Algorithm algorithm);

// A member that is a string; null if there is none, or it is something else.
const std::string* find_text(const json::Value& object, std::string_view name);
json::Value text_value(std::string_view text);

}  // namespace vesta::identity
