// Fuzzes paging tokens: as a client may send them, and with an authentic envelope around any payload.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "identity/siv.h"
#include "ops/paging_token.h"

namespace {

using namespace vesta;

const ops::PagingKey kKey(identity::kSivKeyBytes, 'k');

// The form of docs/formats/paging-token.md, made here anew: the codec must not only agree with itself.
std::string sealed(std::string_view payload) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  if (payload.empty()) return {};
  const std::string bytes = identity::siv_seal(kKey, "page 4 ", payload);
  std::string token;
  for (std::size_t bit = 0; bit < bytes.size() * 8; bit += 6) {
    unsigned digit = 0;
    for (std::size_t i = bit; i < bit + 6; ++i) {
      const unsigned byte = i / 8 < bytes.size() ? static_cast<unsigned char>(bytes[i / 8]) : 0;
      digit = digit << 1 | (byte >> (7 - i % 8) & 1);
    }
    token += kAlphabet[digit];
  }
  return token;
}

void check_token(std::string_view token) {
  const auto state = ops::decode_token(kKey, {}, token);
  if (!state.ok()) return;
  const auto again = ops::decode_token(kKey, {}, ops::encode_token(kKey, {}, *state));
  CHECK(again.ok() && *again == *state);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_token(text);
  check_token(sealed(text));
  return 0;
}
