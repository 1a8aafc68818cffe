// Reading of the site's key. What held it in between is cleansed.
#include "server/store_key.h"

#include <array>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <span>
#include <string>
#include <utility>

#include "base/base64.h"
#include "server/key_command.h"

namespace vesta::server {
namespace {

using store::sqlite::kSecretKeyBytes;
using store::sqlite::SecretKey;

constexpr std::string_view kWhiteSpace = " \t\r\n";

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool parse_hex(std::string_view text, SecretKey& key) {
  if (text.size() != 2 * kSecretKeyBytes) return false;
  for (std::size_t i = 0; i < kSecretKeyBytes; ++i) {
    const int high = digit(text[2 * i]);
    const int low = digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    key.data()[i] = static_cast<unsigned char>(high << 4 | low);
  }
  return true;
}

Result<SecretKey> parse_and_cleanse(std::string& text, const std::string& source) {
  auto key = parse_store_key(text);
  store::sqlite::cleanse(text);
  if (key.ok()) return key;
  return make_error(Category::invalid, source + ": " + key.error().message);
}

Result<SecretKey> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kMaxKeyText, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.is_open() || file.bad()) return make_error(Category::unavailable, "cannot read " + path);
  text.resize(static_cast<std::size_t>(file.gcount()));
  return parse_and_cleanse(text, path);
}

}  // namespace

Result<SecretKey> parse_store_key(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kWhiteSpace);
  text = begin == std::string_view::npos ? "" : text.substr(begin, text.find_last_not_of(kWhiteSpace) - begin + 1);
  SecretKey key;
  if (parse_hex(text, key)) return key;
  std::optional<std::string> bytes = decode_any_base64(text, Base64::standard);
  const bool is_key = bytes.has_value() && bytes->size() == kSecretKeyBytes;
  if (is_key) std::memcpy(key.data(), bytes->data(), kSecretKeyBytes);
  if (bytes.has_value()) store::sqlite::cleanse(*bytes);
  if (!is_key) return make_error(Category::invalid, "this is no key: 32 bytes, as 64 hexadecimal digits or base64");
  return key;
}

Result<std::optional<SecretKey>> read_store_key(const StoreKeyConfig& config, const char* environment) {
  const int sources =
      (config.file.empty() ? 0 : 1) + (config.command.empty() ? 0 : 1) + (environment == nullptr ? 0 : 1);
  if (sources == 0) return std::optional<SecretKey>();
  if (sources > 1) {
    return make_error(Category::invalid,
                      "The key of the store comes from one source: a file, the environment, or a command.");
  }
  const auto as_optional = [](Result<SecretKey> key) -> Result<std::optional<SecretKey>> {
    if (!key.ok()) return key.take_error();
    return std::optional(*key);
  };
  if (!config.file.empty()) return as_optional(read_file(config.file));
  if (environment != nullptr) {
    std::string text = environment;
    return as_optional(parse_and_cleanse(text, "VESTA_STORE_KEY"));
  }
  VESTA_TRY(std::string text, run_key_command(config.command));
  return as_optional(parse_and_cleanse(text, "what the command for the key of the store prints"));
}

}  // namespace vesta::server
