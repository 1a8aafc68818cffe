// JSON Web Signatures in compact form: header.payload.signature. Claims are jwt.h's. (Library: cjose.)
// https://www.rfc-editor.org/rfc/rfc7515
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "identity/jwk.h"

namespace vesta::identity {

inline constexpr std::size_t kMaxJwtBytes = 8 * 1024;

struct Jws {
  Algorithm algorithm = Algorithm::es256;  // as the header says: only find_key decides by it, with the key
  std::string key_id;                      // empty: none
  std::string type;                        // empty: none
  std::string jwk_set_url;                 // `jku`; empty: none
  std::string payload;
  std::size_t signature_bytes = 0;
  std::string_view text;  // of the caller
};

// Reads what says how to verify it; nothing of it is to be believed. Errors: too_large, before anything is read;
// malformed; unsupported_algorithm; critical_header; embedded_key (`jwk`, `x5c`, `x5u`).
Result<Jws> read_jws(std::string_view text);

bool has_signature_of(const Jws& jws, const Jwk& key);

// With `typ`, `alg` and `kid`. The key has its private part.
std::string sign_jws(const Jwk& key, std::string_view type, std::string_view payload);

}  // namespace vesta::identity
