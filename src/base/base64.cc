// Six bits to a character and back.
#include "base/base64.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace vesta {
namespace {

constexpr std::string_view kForUrls = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kStandard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::string_view digits_of(Base64 alphabet) {
  return alphabet == Base64::url ? kForUrls : kStandard;
}

void append_digits(std::string_view bytes, std::string_view alphabet, std::string& out) {
  std::uint32_t buffer = 0;
  int bits = 0;
  for (unsigned char byte : bytes) {
    buffer = buffer << 8 | byte;
    for (bits += 8; bits >= 6; bits -= 6) out += alphabet[buffer >> (bits - 6) & 63];
  }
  if (bits > 0) out += alphabet[buffer << (6 - bits) & 63];
}

// What encoders leave behind is less than one digit, and zero: so that bytes have one text only.
enum class Rest { any, zero };
std::optional<std::string> decode(std::string_view text, std::string_view alphabet, Rest rest) {
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
  if (bits >= 6 || (rest == Rest::zero && (buffer & ((1u << bits) - 1)) != 0)) return std::nullopt;
  return bytes;
}

std::string_view without_padding(std::string_view text) {
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  return text;
}

}  // namespace

std::string encode_base64(std::string_view bytes, Base64 alphabet) {
  std::string out;
  append_digits(bytes, digits_of(alphabet), out);
  out.append((4 - out.size() % 4) % 4, '=');
  return out;
}

std::optional<std::string> decode_any_base64(std::string_view text, Base64 alphabet) {
  return decode(without_padding(text), digits_of(alphabet), Rest::any);
}

void append_base64url(std::string_view bytes, std::string& out) {
  append_digits(bytes, kForUrls, out);
}

std::optional<std::string> decode_base64url(std::string_view text) {
  return decode(text, kForUrls, Rest::zero);
}

std::optional<std::string> decode_base64(std::string_view text) {
  std::string digits(text);
  std::erase_if(digits, [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; });
  if (digits.size() % 4 != 0) return std::nullopt;
  return decode(without_padding(digits), kStandard, Rest::zero);
}

}  // namespace vesta
