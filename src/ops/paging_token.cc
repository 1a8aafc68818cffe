// Encoding, sealing and decoding of paging tokens. Format: docs/formats/paging-token.md
#include "ops/paging_token.h"

#include "base/base64.h"
#include "identity/digest.h"
#include "identity/siv.h"
#include "store/make_property.h"

namespace vesta::ops {
namespace {

constexpr std::string_view kPurpose = "page 4 ";  // of the format; and the holder
constexpr std::size_t kStep = 64;                 // the payload is filled up to a multiple of this
constexpr std::string_view kKeyProperty = "ops.paging_key";
constexpr std::size_t kKeyBytes = 16;

void append_varint(std::uint64_t number, std::string& out) {
  for (; number >= 128; number >>= 7) out += static_cast<char>(number | 128);
  out += static_cast<char>(number);
}

// Of one length, whatever it is.
void append_number(std::uint64_t number, std::string& out) {
  for (int i = 0; i < 8; ++i) out += static_cast<char>(number >> (8 * i) & 255);
}

void append_counted_text(std::string_view text, std::string& out) {
  append_varint(text.size(), out);
  out += text;
}

// Takes fields off the front of a payload; `ok` goes false, and stays so, when it has too few bytes.
struct Decoder {
  std::string_view rest;
  bool ok = true;

  std::uint64_t varint() {
    std::uint64_t number = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (rest.empty()) break;
      const auto byte = static_cast<unsigned char>(rest.front());
      rest.remove_prefix(1);
      number |= static_cast<std::uint64_t>(byte & 127) << shift;
      if (byte < 128) return number;
    }
    ok = false;
    return 0;
  }
  std::uint64_t number() {
    ok = ok && rest.size() >= 8;
    if (!ok) return 0;
    std::uint64_t number = 0;
    for (int i = 7; i >= 0; --i) number = number << 8 | static_cast<unsigned char>(rest[static_cast<std::size_t>(i)]);
    rest.remove_prefix(8);
    return number;
  }
  std::string text() {
    const std::uint64_t size = varint();
    if (!ok || size > rest.size()) {
      ok = false;
      return {};
    }
    std::string taken(rest.substr(0, size));
    rest.remove_prefix(size);
    return taken;
  }
};

Error bad_token() {
  return Error{
      Category::invalid,
      {},
      {Issue{Severity::error, "value",
             "The page token is not one that this server gave out. Start again from the first page.", "_page"}}};
}

}  // namespace

PagingKey load_paging_key(store::Store& store, Random& random) {
  const std::string made = identity::random_bytes(random, kKeyBytes);
  const auto kept = store::make_property(store, kKeyProperty, [&made] { return made; });
  const std::string& secret = kept.ok() ? *kept : made;
  return identity::hmac_sha256(secret, "page links, one") + identity::hmac_sha256(secret, "page links, two");
}

std::string encode_token(const PagingKey& key, std::string_view holder, const PagingState& state) {
  std::string payload;
  payload += static_cast<char>(state.kind);
  append_counted_text(state.scope, payload);
  append_counted_text(state.query, payload);
  append_number(static_cast<std::uint64_t>(state.started.value), payload);
  append_number(state.total ? *state.total + 1 : 0, payload);
  append_counted_text(state.position, payload);
  append_number(state.before.value, payload);
  append_number(static_cast<std::uint64_t>(state.issued.value), payload);
  append_varint(state.direction == store::SearchOptions::Direction::backward ? 1 : 0, payload);
  payload.resize((payload.size() + kStep - 1) / kStep * kStep);

  const std::string bytes = identity::siv_seal(key, std::string(kPurpose).append(holder), payload);
  std::string token;
  token.reserve(bytes.size() * 4 / 3 + 2);
  append_base64url(bytes, token);
  return token;
}

Result<PagingState> decode_token(const PagingKey& key, std::string_view holder, std::string_view token) {
  if (token.size() > kMaxTokenBytes) return bad_token();
  const auto bytes = decode_base64url(token);
  if (!bytes) return bad_token();
  const auto payload = identity::siv_open(key, std::string(kPurpose).append(holder), *bytes);
  if (!payload) return bad_token();

  PagingState state;
  state.kind = static_cast<PagingState::Kind>(payload->front());
  Decoder decoder{std::string_view(*payload).substr(1)};
  state.scope = decoder.text();
  state.query = decoder.text();
  state.started.value = static_cast<std::int64_t>(decoder.number());
  const std::uint64_t total = decoder.number();
  if (total > 0) state.total = total - 1;
  state.position = decoder.text();
  state.before.value = decoder.number();
  state.issued.value = static_cast<std::int64_t>(decoder.number());
  const std::uint64_t direction = decoder.varint();
  if (direction > 1) return bad_token();
  if (direction == 1) state.direction = store::SearchOptions::Direction::backward;
  const bool is_filled = decoder.rest.size() < kStep && decoder.rest.find_first_not_of('\0') == std::string_view::npos;
  if (!decoder.ok || !is_filled) return bad_token();
  if (state.kind != PagingState::Kind::search && state.kind != PagingState::Kind::history) return bad_token();
  return state;
}

}  // namespace vesta::ops
