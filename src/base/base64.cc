// Six bits to a character and back.
#include "base/base64.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace vesta {
namespace {

constexpr std::string_view kForUrls = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kStandard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::optional<std::string> decode(std::string_view text, std::string_view alphabet) {
  std::string bytes;
  std::uint32_t buffer = 0;
  int bits = 0;
  for (char c : text) {
    const std::size_t digit = alphabet.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    buffer = buffer << 6 | static_cast<std::uint32_t>(digit);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes += static_cast<char>(buffer >> bits & 255);
    }
  }
  // The rest must be zero bits of less than one digit, so that a state has one text only.
  if (bits >= 6 || (buffer & ((1u << bits) - 1)) != 0) return std::nullopt;
  return bytes;
}

}  // namespace

void append_base64url(std::string_view bytes, std::string& out) {
  std::uint32_t buffer = 0;
  int bits = 0;
  for (unsigned char byte : bytes) {
    buffer = buffer << 8 | byte;
    for (bits += 8; bits >= 6; bits -= 6) out += kForUrls[buffer >> (bits - 6) & 63];
  }
  if (bits > 0) out += kForUrls[buffer << (6 - bits) & 63];
}

std::optional<std::string> decode_base64url(std::string_view text) {
  return decode(text, kForUrls);
}

std::optional<std::string> decode_base64(std::string_view text) {
  std::string digits(text);
  std::erase_if(digits, [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; });
  if (digits.size() % 4 != 0) return std::nullopt;
  if (digits.ends_with('=')) digits.pop_back();
  if (digits.ends_with('=')) digits.pop_back();
  return decode(digits, kStandard);
}

}  // namespace vesta
