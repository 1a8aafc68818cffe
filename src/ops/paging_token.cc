// Encoding, authentication and decoding of paging tokens. Format: docs/formats/paging-token.md
#include "ops/paging_token.h"

#include "base/base64.h"
#include "identity/digest.h"
#include "store/make_property.h"

namespace vesta::ops {
namespace {

constexpr std::uint8_t kFormat = 3;
constexpr std::size_t kTagBytes = 8;
constexpr std::string_view kKeyProperty = "ops.paging_key";

void append_varint(std::uint64_t number, std::string& out) {
  for (; number >= 128; number >>= 7) out += static_cast<char>(number | 128);
  out += static_cast<char>(number);
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

std::uint64_t load_little_endian(const char* bytes) {
  std::uint64_t number = 0;
  for (int i = 7; i >= 0; --i) number = number << 8 | static_cast<unsigned char>(bytes[i]);
  return number;
}

void append_little_endian(std::uint64_t number, std::string& out) {
  for (int i = 0; i < 8; ++i) out += static_cast<char>(number >> (8 * i) & 255);
}

std::optional<PagingKey> key_of_bytes(std::string_view bytes) {
  if (bytes.size() != 16) return std::nullopt;
  return PagingKey{load_little_endian(bytes.data()), load_little_endian(bytes.data() + 8)};
}

// Of what stands behind it.
std::string tag_of(const PagingKey& key, std::string_view payload) {
  std::string bytes;
  for (const std::uint64_t word : key) append_little_endian(word, bytes);
  return identity::siphash(bytes, payload);
}

Error bad_token() {
  return Error{
      Category::invalid,
      {},
      {Issue{Severity::error, "value",
             "The page token is not one that this server gave out. Start again from the first page.", "_page"}}};
}

}  // namespace

PagingKey load_paging_key(store::Store& store, Random& random) {
  const PagingKey made = {random.bits(), random.bits()};
  std::string bytes;
  append_little_endian(made[0], bytes);
  append_little_endian(made[1], bytes);
  const auto kept = store::make_property(store, kKeyProperty, [&bytes] { return bytes; });
  return kept.ok() ? key_of_bytes(*kept).value_or(made) : made;
}

PagingKey key_of_holder(const PagingKey& key, std::string_view holder) {
  if (holder.empty()) return key;
  const std::string first = tag_of(key, std::string(holder) + "/0"), second = tag_of(key, std::string(holder) + "/1");
  return {load_little_endian(first.data()), load_little_endian(second.data())};
}

std::string encode_token(const PagingKey& key, const PagingState& state) {
  std::string payload;
  payload += static_cast<char>(kFormat);
  payload += static_cast<char>(state.kind);
  append_counted_text(state.scope, payload);
  append_counted_text(state.query, payload);
  append_varint(static_cast<std::uint64_t>(state.started.value), payload);
  append_varint(state.total ? *state.total + 1 : 0, payload);
  append_counted_text(state.position, payload);
  append_varint(state.before.value, payload);
  append_varint(static_cast<std::uint64_t>(state.issued.value), payload);
  append_varint(state.direction == store::SearchOptions::Direction::backward ? 1 : 0, payload);

  const std::string bytes = tag_of(key, payload) + payload;
  std::string token;
  token.reserve(bytes.size() * 4 / 3 + 2);
  append_base64url(bytes, token);
  return token;
}

Result<PagingState> decode_token(const PagingKey& key, std::string_view token) {
  if (token.size() > kMaxTokenBytes) return bad_token();
  const auto bytes = decode_base64url(token);
  if (!bytes || bytes->size() < kTagBytes + 2) return bad_token();
  const std::string_view payload = std::string_view(*bytes).substr(kTagBytes);
  if (!identity::equal_in_constant_time(tag_of(key, payload), bytes->substr(0, kTagBytes))) return bad_token();
  if (static_cast<std::uint8_t>(payload[0]) != kFormat) return bad_token();

  PagingState state;
  state.kind = static_cast<PagingState::Kind>(payload[1]);
  Decoder decoder{payload.substr(2)};
  state.scope = decoder.text();
  state.query = decoder.text();
  state.started.value = static_cast<std::int64_t>(decoder.varint());
  const std::uint64_t total = decoder.varint();
  if (total > 0) state.total = total - 1;
  state.position = decoder.text();
  state.before.value = decoder.varint();
  state.issued.value = static_cast<std::int64_t>(decoder.varint());
  const std::uint64_t direction = decoder.varint();
  if (direction > 1) return bad_token();
  if (direction == 1) state.direction = store::SearchOptions::Direction::backward;
  if (!decoder.ok || !decoder.rest.empty()) return bad_token();
  if (state.kind != PagingState::Kind::search && state.kind != PagingState::Kind::history) return bad_token();
  return state;
}

}  // namespace vesta::ops
