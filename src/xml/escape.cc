// Escapes by a table of bytes.
#include "xml/escape.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace vesta::xml {
namespace {

enum class Treatment : unsigned char { plain, escaped, suspicious };

constexpr std::array<Treatment, 256> make_treatments() {
  std::array<Treatment, 256> treatments{};
  for (std::size_t c = 0; c < 0x20; ++c) treatments[c] = Treatment::escaped;
  for (const char c : {'&', '<', '>', '"'}) treatments[static_cast<unsigned char>(c)] = Treatment::escaped;
  treatments[0xEF] = Treatment::suspicious;  // U+FFFE and U+FFFF are EF BF BE and EF BF BF
  return treatments;
}
constexpr std::array<Treatment, 256> kTreatments = make_treatments();

// Empty for what XML cannot write.
std::string_view escape(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\t':
      return "&#9;";
    case '\n':
      return "&#10;";
    case '\r':
      return "&#13;";
    default:
      return {};
  }
}

bool is_noncharacter(std::string_view text) {
  return text.starts_with("\xEF\xBF\xBE") || text.starts_with("\xEF\xBF\xBF");
}

constexpr std::uint64_t kOnes = 0x0101010101010101;
constexpr std::uint64_t kHighBits = 0x8080808080808080;

// A high bit where a byte of `bytes` is zero; bits above the lowest one mean nothing.
constexpr std::uint64_t zero_bytes(std::uint64_t bytes) {
  return (bytes - kOnes) & ~bytes & kHighBits;
}

// OPTIMIZATION: most values need no escape, and eight bytes are looked at as fast as one. How many bytes in front need
// no look at each; at most seven plain ones are left out.
std::size_t plain_prefix(std::string_view text) {
  std::size_t at = 0;
  for (; at + sizeof(std::uint64_t) <= text.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, text.data() + at, sizeof bytes);
    std::uint64_t found = (bytes - kOnes * 0x20) & ~bytes & kHighBits;  // below 0x20
    for (const unsigned char c : {0x22, 0x26, 0x3C, 0x3E, 0xEF}) found |= zero_bytes(bytes ^ (kOnes * c));
    if (found != 0) break;
  }
  return at;
}

}  // namespace

bool append_attribute_value(std::string_view text, std::string& out) {
  std::size_t plain = 0;  // start of what needs no escape
  for (std::size_t at = plain_prefix(text); at < text.size(); ++at) {
    const Treatment treatment = kTreatments[static_cast<unsigned char>(text[at])];
    if (treatment == Treatment::plain) continue;
    if (treatment == Treatment::suspicious) {
      if (is_noncharacter(text.substr(at))) return false;
      continue;
    }
    const std::string_view escaped = escape(text[at]);
    if (escaped.empty()) return false;
    out.append(text, plain, at - plain);
    out += escaped;
    plain = at + 1;
  }
  out.append(text, plain);
  return true;
}

}  // namespace vesta::xml
