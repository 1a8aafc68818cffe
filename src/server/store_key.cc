// Reading of the site's key. What held it in between is cleansed.
#include "server/store_key.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <utility>

#include "base/base64.h"
#include "base/log.h"
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

// Without a stream, whose buffer nobody cleanses. Nothing: it cannot be read, errno says why.
std::optional<std::string> read_some(int file) {
  std::string text(kMaxKeyText, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(file, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      store::sqlite::cleanse(text);
      return std::nullopt;
    }
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  return text;
}

Result<SecretKey> read_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  std::optional<std::string> text = file < 0 ? std::nullopt : read_some(file);
  const int why = errno;
  struct stat about{};
  const bool is_for_others =
      file >= 0 && ::fstat(file, &about) == 0 && S_ISREG(about.st_mode) && (about.st_mode & (S_IRWXG | S_IRWXO)) != 0;
  if (file >= 0) ::close(file);
  if (!text.has_value()) {
    return make_error(Category::unavailable, "cannot read " + path + ": " + std::strerror(why));
  }
  if (is_for_others) log::warning("the key of the store is in a file that is not its owner's alone", {{"file", path}});
  return parse_and_cleanse(*text, path);
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
