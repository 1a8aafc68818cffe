// Five bits to a character and back.
#include "identity/base32.h"

#include <cstddef>
#include <cstdint>

namespace vesta::identity {
namespace {

constexpr std::string_view kBase32Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr int kBitsOfDigit = 5;

}  // namespace

std::string encode_base32(std::string_view bytes) {
  std::string text;
  std::uint32_t buffer = 0;
  int bits = 0;
  for (unsigned char byte : bytes) {
    buffer = buffer << 8 | byte;
    for (bits += 8; bits >= kBitsOfDigit; bits -= kBitsOfDigit) {
      text += kBase32Digits[buffer >> (bits - kBitsOfDigit) & 31];
    }
  }
  if (bits > 0) text += kBase32Digits[buffer << (kBitsOfDigit - bits) & 31];
  return text;
}

std::optional<std::string> decode_base32(std::string_view text) {
  std::string bytes;
  std::uint32_t buffer = 0;
  int bits = 0;
  for (char c : text) {
    const char upper = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    const std::size_t digit = kBase32Digits.find(upper);
    if (digit == std::string_view::npos) return std::nullopt;
    buffer = buffer << kBitsOfDigit | static_cast<std::uint32_t>(digit);
    bits += kBitsOfDigit;
    if (bits >= 8) {
      bits -= 8;
      bytes += static_cast<char>(buffer >> bits & 255);
    }
  }
  if (bits >= kBitsOfDigit || (buffer & ((1u << bits) - 1)) != 0) return std::nullopt;
  return bytes;
}

}  // namespace vesta::identity
