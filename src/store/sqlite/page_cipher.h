// Encryption of pages by AES-256-GCM, under keys of their own for each opening of a file; of temporary files by XTS.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/mutex.h"
#include "store/sqlite/cipher_context.h"
#include "store/sqlite/secret_key.h"

namespace vesta::store::sqlite {

// A number above it is none of a data key, but noise where something was torn. So many keys fit into vesta.keys.
inline constexpr std::uint32_t kMaxDataKeyNumber = 10'000;

// The keys that are kept wrapped beside the store, by their numbers from 1.
struct DataKeys {
  std::map<std::uint32_t, SecretKey> keys;
  std::uint32_t current = 0;  // pages are written under it
};

// What stands behind each encrypted piece: number of the data key (4 bytes), salt of the opening (16), counter (8),
// tag (16). Numbers are big-endian.
inline constexpr std::size_t kSaltBytes = 16;
inline constexpr std::size_t kTagBytes = 16;
inline constexpr std::size_t kTrailerBytes = 4 + kSaltBytes + 8 + kTagBytes;

// The keys of pages: HKDF(data key, salt of an opening). What is written from now on is under a new salt with a counter
// that never repeats, so no nonce is used twice under one key. Thread-safe; shared by all files of an opening.
class PageKeys {
 public:
  using Salt = std::array<unsigned char, kSaltBytes>;

  // `purpose` keeps files apart that have the same data keys: a page of one is none of the other.
  PageKeys(DataKeys keys, std::string purpose);

  std::uint32_t number() const { return keys_.current; }
  const Salt& salt() const { return salt_; }
  std::uint64_t next_counter() { return counter_.fetch_add(1, std::memory_order_relaxed); }
  // May this be the number of a data key that another process has added since? They are given one after the other.
  bool may_be_later(std::uint32_t number) const {
    return number > keys_.keys.rbegin()->first && number <= kMaxDataKeyNumber;
  }
  // nullopt: there is no such data key.
  std::optional<SecretKey> find(std::uint32_t number, const Salt& salt) EXCLUDES(mutex_);

 private:
  // Openings that a store's pages may be of: when there are more, keys are derived again, which takes microseconds.
  static constexpr std::size_t kMaxDerived = 1024;

  const DataKeys keys_;
  const std::string purpose_;
  Salt salt_{};
  std::atomic<std::uint64_t> counter_ = 1;
  Mutex mutex_;
  std::map<std::pair<std::uint32_t, Salt>, SecretKey> derived_ GUARDED_BY(mutex_);
};

// What a piece is, and where: authenticated with it, so that pieces cannot change places.
struct Place {
  enum class Kind : unsigned char { page = 1, frame_header = 2, frame_page = 3 };
  Kind kind = Kind::page;
  std::uint64_t offset = 0;
};

// Not thread-safe: one for each open file. `keys` outlives it.
class PageCipher {
 public:
  enum class Opened { ok, damaged, unknown_key };

  explicit PageCipher(PageKeys& keys);

  // `in` and `out` may be the same; the trailer comes behind neither of them by itself.
  void seal(Place place, const unsigned char* in, std::size_t size, unsigned char* out, unsigned char* trailer);
  // unknown_key: perhaps, as nothing but the data key itself can tell its number from noise.
  // `out` holds nothing of worth unless it is ok.
  Opened open(Place place, const unsigned char* in, std::size_t size, const unsigned char* trailer, unsigned char* out);

 private:
  PageKeys& keys_;
  CipherContext sealing_;
  CipherContext opening_;
  // Whose key `opening_` has.
  std::optional<std::pair<std::uint32_t, PageKeys::Salt>> opening_key_;
};

// Sectors of a temporary file, under a key that nobody else ever has: AES-256-XTS, as for disks. It hides, and does not
// show changes: the file is gone with the process.
class SectorCipher {
 public:
  static constexpr std::size_t kSectorBytes = 4096;

  SectorCipher();
  void seal(std::uint64_t sector, const unsigned char* in, unsigned char* out);
  void open(std::uint64_t sector, const unsigned char* in, unsigned char* out);

 private:
  CipherContext sealing_;
  CipherContext opening_;
};

}  // namespace vesta::store::sqlite
