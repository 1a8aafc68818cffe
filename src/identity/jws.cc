// What is strict about tokens, and signatures by cjose.
#include "identity/jws.h"

#include <cjose/header.h>
#include <cjose/jws.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/base64.h"
#include "base/check.h"
#include "identity/fault.h"

namespace vesta::identity {
namespace {

struct ReleaseJws {
  void operator()(cjose_jws_t* jws) const { cjose_jws_release(jws); }
};
struct ReleaseHeader {
  void operator()(cjose_header_t* header) const { cjose_header_release(header); }
};

// nullopt: fewer than three. Of more the last one has a dot, which base64url has not.
std::optional<std::array<std::string_view, 3>> split_parts(std::string_view text) {
  const std::size_t first = text.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = text.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  return std::array{text.substr(0, first), text.substr(first + 1, second - first - 1), text.substr(second + 1)};
}

// https://www.rfc-editor.org/rfc/rfc7515#section-4.1
Status read_header(const json::Value& header, Jws& jws) {
  if (header.kind != json::Value::Kind::object) return refuse(TokenFault::malformed);
  if (header.find("crit") != nullptr) return refuse(TokenFault::critical_header);
  for (const std::string_view name : {"jwk", "x5c", "x5u"}) {
    if (header.find(name) != nullptr) return refuse(TokenFault::embedded_key);
  }
  const std::string* const algorithm = find_text(header, "alg");
  if (algorithm == nullptr) return refuse(TokenFault::malformed);
  const auto known = parse_algorithm(*algorithm);
  if (!known) return refuse(TokenFault::unsupported_algorithm);
  jws.algorithm = *known;
  const std::pair<std::string_view, std::string*> texts[] = {
      {"kid", &jws.key_id}, {"typ", &jws.type}, {"jku", &jws.jwk_set_url}};
  for (const auto& [name, out] : texts) {
    if (header.find(name) == nullptr) continue;
    const std::string* const text = find_text(header, name);
    if (text == nullptr || text->empty()) return refuse(TokenFault::malformed);
    *out = *text;
  }
  return kOk;
}

}  // namespace

Result<Jws> read_jws(std::string_view text) {
  if (text.size() > kMaxJwtBytes) return refuse(TokenFault::too_large);
  const auto parts = split_parts(text);
  if (!parts) return refuse(TokenFault::malformed);
  const auto header_text = decode_base64url((*parts)[0]);
  auto payload = decode_base64url((*parts)[1]);
  const auto signature = decode_base64url((*parts)[2]);
  if (!header_text || !payload || !signature) return refuse(TokenFault::malformed);
  const auto header = json::parse_value(*header_text);
  if (!header.ok()) return refuse(TokenFault::malformed);
  Jws jws;
  VESTA_CHECK_OK(read_header(*header, jws));
  jws.payload = *std::move(payload);
  jws.signature_bytes = signature->size();
  jws.text = text;
  return jws;
}

bool has_signature_of(const Jws& jws, const Jwk& key) {
  // cjose takes any length for r and s, which would give one signature many texts.
  if (jws.signature_bytes != key.signature_bytes() || !key.allows(jws.algorithm)) return false;
  cjose_err error{};
  const std::unique_ptr<cjose_jws_t, ReleaseJws> imported(cjose_jws_import(jws.text.data(), jws.text.size(), &error));
  return imported != nullptr && cjose_jws_verify(imported.get(), key.handle(), &error);
}

std::string sign_jws(const Jwk& key, std::string_view type, std::string_view payload) {
  cjose_err error{};
  const std::unique_ptr<cjose_header_t, ReleaseHeader> header(cjose_header_new(&error));
  CHECK(header != nullptr);
  const std::pair<const char*, std::string> members[] = {
      {CJOSE_HDR_ALG, std::string(name_of(key.algorithm()))}, {CJOSE_HDR_KID, key.id()}, {"typ", std::string(type)}};
  for (const auto& [name, text] : members) {
    if (!text.empty()) CHECK(cjose_header_set(header.get(), name, text.c_str(), &error));
  }
  const std::unique_ptr<cjose_jws_t, ReleaseJws> jws(cjose_jws_sign(
      key.handle(), header.get(), reinterpret_cast<const std::uint8_t*>(payload.data()), payload.size(), &error));
  CHECK(jws != nullptr);
  const char* text = nullptr;
  CHECK(cjose_jws_export(jws.get(), &text, &error));
  return text;
}

}  // namespace vesta::identity
