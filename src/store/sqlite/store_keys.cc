// Reading and writing of vesta.keys.
#include "store/sqlite/store_keys.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "store/sqlite/lock_file.h"

namespace vesta::store::sqlite {
namespace {

constexpr std::string_view kFirstLine = "vesta-keys 1";
constexpr std::size_t kSiteIdBytes = 16;
constexpr std::uintmax_t kMaxKeysFileBytes = 1 << 20;
constexpr const char* kSiteIdPurpose = "vesta site key id";

// As in the file.
struct WrappedKeys {
  std::string site;  // which key has wrapped them
  std::map<std::uint32_t, WrappedKey> keys;
  std::uint32_t current = 0;
};

std::string to_hex(const unsigned char* bytes, std::size_t size) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < size; ++i) {
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}

bool from_hex(std::string_view text, WrappedKey& out) {
  if (text.size() != 2 * out.size()) return false;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const char* const digits = text.data() + 2 * i;
    const auto [end, error] = std::from_chars(digits, digits + 2, out[i], 16);
    if (error != std::errc() || end != digits + 2) return false;
  }
  return true;
}

// Says which key it is, and nothing of it.
std::string site_id(const SecretKey& key) {
  std::array<unsigned char, kSiteIdBytes> id{};
  hkdf({key.data(), kSecretKeyBytes}, {}, kSiteIdPurpose, id);
  return to_hex(id.data(), id.size());
}

std::string path_in(const std::string& directory) {
  return directory + "/" + kKeysFile;
}

bool is_there(const std::string& path) {
  std::error_code failed;
  const auto bytes = std::filesystem::file_size(path, failed);
  return !failed && bytes > 0;
}

// What begins neither as SQLite's files do nor, after a loss of power, with zeros.
bool looks_encrypted(const std::string& database) {
  constexpr std::string_view kPlain("SQLite format 3\0", 16);
  std::string begin(kPlain.size(), '\0');
  std::ifstream file(database, std::ios::binary);
  return file.read(begin.data(), static_cast<std::streamsize>(begin.size())) && begin != kPlain &&
         begin != std::string(kPlain.size(), '\0');
}

Result<WrappedKeys> read_keys(const std::string& directory) {
  const std::string path = path_in(directory);
  const auto damaged = [&path] { return make_error(Category::unavailable, path + " is damaged"); };
  std::error_code failed;
  if (std::filesystem::file_size(path, failed) > kMaxKeysFileBytes || failed) return damaged();
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line) || line != kFirstLine) return damaged();
  WrappedKeys read;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string word;
    std::uint32_t number = 0;
    words >> word;
    if (word == "site") {
      words >> read.site;
    } else if (word == "current") {
      words >> read.current;
    } else if (word == "key") {
      WrappedKey key{};
      std::string hex;
      words >> number >> hex;
      if (number == 0 || number > kMaxDataKeyNumber || !from_hex(hex, key)) return damaged();
      read.keys[number] = key;
    } else {
      return damaged();
    }
    if (words.fail()) return damaged();
  }
  if (!read.keys.contains(read.current) || read.site.empty()) return damaged();
  return read;
}

Result<DataKeys> unwrap(const WrappedKeys& wrapped, const SecretKey& site_key, const std::string& directory) {
  if (wrapped.site != site_id(site_key)) {
    return make_error(Category::unavailable, "the key of the store in " + directory + " is another one: this is " +
                                                 site_id(site_key) + ", " + kKeysFile + " asks for " + wrapped.site);
  }
  DataKeys keys;
  keys.current = wrapped.current;
  for (const auto& [number, key] : wrapped.keys) {
    auto unwrapped = unwrap_key(site_key, key);
    if (!unwrapped.ok()) return make_error(Category::unavailable, path_in(directory) + " is damaged");
    keys.keys.emplace(number, *unwrapped);
  }
  return keys;
}

std::string text_of(const DataKeys& keys, const SecretKey& site_key) {
  std::string text = std::string(kFirstLine) + "\nsite " + site_id(site_key) + "\n";
  for (const auto& [number, key] : keys.keys) {
    const WrappedKey wrapped = wrap_key(site_key, key);
    text += "key " + std::to_string(number) + " " + to_hex(wrapped.data(), wrapped.size()) + "\n";
  }
  return text + "current " + std::to_string(keys.current) + "\n";
}

Error system_error(const std::string& what) {
  return make_error(Category::unavailable, what + ": " + std::strerror(errno));
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

// After a crash at any moment there is the old file or the new one.
Status write_keys(const std::string& directory, const DataKeys& keys, const SecretKey& site_key) {
  const std::string text = text_of(keys, site_key);
  const std::string path = path_in(directory);
  const std::string fresh = path + ".new";
  {
    const Descriptor file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (file.number() < 0) return system_error("cannot write " + fresh);
    const ssize_t written = ::write(file.number(), text.data(), text.size());
    if (written != static_cast<ssize_t>(text.size()) || ::fsync(file.number()) != 0) {
      return system_error("cannot write " + fresh);
    }
  }
  if (std::rename(fresh.c_str(), path.c_str()) != 0) return system_error("cannot write " + path);
  const Descriptor folder(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.number() >= 0 && ::fsync(folder.number()) == 0) return kOk;
  const std::string why = system_error("cannot sync " + directory).message;
  return make_error(Category::unavailable, why + ". The new key may be in force already: keep both");
}

// For one process at a time. The store's own lock is held by the server that runs.
Result<std::unique_ptr<LockFile>> lock_keys(const std::string& directory) {
  return LockFile::acquire(path_in(directory) + ".lock");
}

Result<std::optional<DataKeys>> read_and_unwrap(const std::string& directory, const SecretKey& site_key) {
  VESTA_TRY(const WrappedKeys wrapped, read_keys(directory));
  VESTA_TRY(DataKeys keys, unwrap(wrapped, site_key, directory));
  return std::optional(std::move(keys));
}

Result<std::optional<DataKeys>> make_keys(const std::string& directory, const SecretKey& site_key) {
  std::error_code failed;
  std::filesystem::create_directories(directory, failed);
  if (failed) return make_error(Category::unavailable, "cannot create " + directory + ": " + failed.message());
  VESTA_TRY(const std::unique_ptr<LockFile> lock, lock_keys(directory));
  if (is_there(path_in(directory))) return read_and_unwrap(directory, site_key);
  DataKeys keys;
  keys.keys.emplace(1, SecretKey::random());
  keys.current = 1;
  VESTA_CHECK_OK(write_keys(directory, keys, site_key));
  return std::optional(std::move(keys));
}

}  // namespace

Result<std::optional<DataKeys>> open_keys(const std::string& directory, const std::optional<SecretKey>& site_key,
                                          MissingKeys missing) {
  const bool is_encrypted = is_there(path_in(directory));
  if (!is_encrypted && looks_encrypted(directory + "/vesta.db")) {
    return make_error(Category::unavailable, directory + "/vesta.db is damaged, or it is encrypted and " +
                                                 path_in(directory) + " is missing: it has the keys");
  }
  if (!site_key.has_value()) {
    if (!is_encrypted) return std::optional<DataKeys>();
    return make_error(Category::unavailable, "the store in " + directory + " is encrypted, and no key was given");
  }
  if (is_encrypted) return read_and_unwrap(directory, *site_key);
  if (missing == MissingKeys::are_an_error || is_there(directory + "/vesta.db")) {
    return make_error(Category::unavailable,
                      "a key was given, and the store in " + directory + " is not encrypted: it has no " + kKeysFile);
  }
  return make_keys(directory, *site_key);
}

Status rewrap_keys(const std::string& directory, const SecretKey& site_key, const SecretKey& next, DataKey data_key) {
  if (!is_there(path_in(directory))) {
    return make_error(Category::not_found, "There is no encrypted store in " + directory + ".");
  }
  VESTA_TRY(const std::unique_ptr<LockFile> lock, lock_keys(directory));
  VESTA_TRY(const WrappedKeys wrapped, read_keys(directory));
  VESTA_TRY(DataKeys keys, unwrap(wrapped, site_key, directory));
  if (data_key == DataKey::renewed) {
    keys.current = keys.keys.rbegin()->first + 1;
    if (keys.current > kMaxDataKeyNumber) {
      return make_error(Category::too_large, path_in(directory) + " has as many data keys as it can hold");
    }
    keys.keys.emplace(keys.current, SecretKey::random());
  }
  return write_keys(directory, keys, next);
}

}  // namespace vesta::store::sqlite
