// encode, decode, escape and unescape: https://hl7.org/fhirpath/#additional-string-functions
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "base/base64.h"
#include "base/hexadecimal.h"
#include "base/utf8.h"
#include "fhirpath/functions/bodies.h"

namespace vesta::fhirpath::functions {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

std::optional<std::string> decode_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    int byte = 0;
    for (const char c : text.substr(i, 2)) {
      const bool is_capital = c >= 'A' && c <= 'F';
      const std::size_t digit = kHexDigits.find(is_capital ? static_cast<char>(c - 'A' + 'a') : c);
      if (digit == std::string_view::npos) return std::nullopt;
      byte = byte * 16 + static_cast<int>(digit);
    }
    out += static_cast<char>(byte);
  }
  return out;
}

std::optional<std::string> encoded(std::string_view text, std::string_view format) {
  if (format == "hex") return hexadecimal(text);
  if (format == "base64") return encode_base64(text, Base64::standard);
  if (format == "urlbase64") return encode_base64(text, Base64::url);
  return std::nullopt;
}

std::optional<std::string> decoded(std::string_view text, std::string_view format) {
  std::optional<std::string> bytes;
  if (format == "hex") bytes = decode_hex(text);
  if (format == "base64") bytes = decode_any_base64(text, Base64::standard);
  if (format == "urlbase64") bytes = decode_any_base64(text, Base64::url);
  if (bytes && !valid_utf8(*bytes)) return std::nullopt;  // no text of the language
  return bytes;
}

struct Replacement {
  std::string_view plain;
  std::string_view escaped;
};
constexpr std::array<Replacement, 5> kHtml = {
    {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}}};
constexpr std::array<Replacement, 7> kJson = {
    {{"\\", "\\\\"}, {"\"", "\\\""}, {"\b", "\\b"}, {"\f", "\\f"}, {"\n", "\\n"}, {"\r", "\\r"}, {"\t", "\\t"}}};

template <std::size_t size>
std::string replaced(std::string_view text, const std::array<Replacement, size>& table, bool escapes) {
  std::string out;
  while (!text.empty()) {
    const Replacement* found = nullptr;
    for (const Replacement& entry : table) {
      if (text.starts_with(escapes ? entry.plain : entry.escaped)) found = &entry;
    }
    out += found == nullptr ? text.substr(0, 1) : escapes ? found->escaped : found->plain;
    text.remove_prefix(found == nullptr ? 1 : escapes ? found->plain.size() : found->escaped.size());
  }
  return out;
}

std::optional<std::string> escaped(std::string_view text, std::string_view target) {
  if (target == "html") return replaced(text, kHtml, true);
  if (target == "json") return replaced(text, kJson, true);
  return std::nullopt;
}

std::optional<std::string> unescaped(std::string_view text, std::string_view target) {
  if (target == "html") return replaced(text, kHtml, false);
  if (target == "json") return replaced(text, kJson, false);
  return std::nullopt;
}

// Applies `change` to the input by the word of the argument; empty where the word is unknown or the text is not of it.
Status transform(Evaluator& evaluator, const Call& call, Collection& out,
                 std::optional<std::string> (*change)(std::string_view, std::string_view)) {
  VESTA_TRY(std::optional<Value> text, evaluator.single_value(call.bound, call.input, Item::Kind::string));
  VESTA_TRY(std::optional<Value> format, evaluator.argument(call, 1, Item::Kind::string));
  if (!text || !format) return kOk;
  VESTA_CHECK_OK(evaluator.spend(call.bound, 1 + text->text.size() / 8));
  const std::optional<std::string> result = change(text->text, format->text);
  if (!result) return kOk;
  return evaluator.push(call.bound, evaluator.text_item(Item::Kind::string, *result), out);
}

}  // namespace

// https://hl7.org/fhirpath/#encodeformat-string-string
Status encode(Evaluator& evaluator, const Call& call, Collection& out) {
  return transform(evaluator, call, out, encoded);
}

// https://hl7.org/fhirpath/#decodeformat-string-string
Status decode(Evaluator& evaluator, const Call& call, Collection& out) {
  return transform(evaluator, call, out, decoded);
}

// https://hl7.org/fhirpath/#escapetarget-string-string
Status escape(Evaluator& evaluator, const Call& call, Collection& out) {
  return transform(evaluator, call, out, escaped);
}

// https://hl7.org/fhirpath/#unescapetarget-string-string
Status unescape(Evaluator& evaluator, const Call& call, Collection& out) {
  return transform(evaluator, call, out, unescaped);
}

}  // namespace vesta::fhirpath::functions
