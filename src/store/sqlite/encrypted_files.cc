// Pages of the database in place, frames of the log with their trailers behind them, sectors of temporary files.
// What SQLite does with its log: https://www.sqlite.org/walformat.html
#include "store/sqlite/encrypted_files.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace vesta::store::sqlite {
namespace {

constexpr std::size_t kContentBytes = kEncryptedPageBytes - kTrailerBytes;  // the rest is reserved

// Of the database's header: https://www.sqlite.org/fileformat2.html#the_database_header
constexpr std::size_t kPageSizeAt = 16;
constexpr std::size_t kReservedAt = 20;

// Of the log, as SQLite knows it and as it is in the file.
constexpr std::size_t kLogHeaderBytes = 32;
constexpr std::size_t kFrameHeaderBytes = 24;
constexpr std::size_t kFrameBytes = kFrameHeaderBytes + kEncryptedPageBytes;
constexpr std::size_t kSealedHeaderBytes = kFrameHeaderBytes + kTrailerBytes;
constexpr std::size_t kSealedPageBytes = kEncryptedPageBytes + kTrailerBytes;
constexpr std::size_t kSealedFrameBytes = kSealedHeaderBytes + kSealedPageBytes;

// A journal's header, of which SQLite writes nothing beyond a sector: https://www.sqlite.org/fileformat2.html#journal
constexpr std::size_t kJournalHeaderBytes = 512;

std::string& damage() {
  thread_local std::string text;
  return text;
}

int tell_damage(const std::string& path, std::uint64_t at, PageCipher::Opened why) {
  damage() = path + ", offset " + std::to_string(at) +
             (why == PageCipher::Opened::unknown_key
                  ? ": it was written under a data key that this process has not read from vesta.keys, or it is damaged"
                  : ": it is damaged, or was written by another store: it cannot be decrypted");
  return SQLITE_IOERR_DATA;
}

class Database final : public EncryptedFile {
 public:
  Database(sqlite3_file* below, PageKeys& keys, std::string path)
      : EncryptedFile(below), cipher_(keys), path_(std::move(path)) {}

  // Whole pages, and parts of the first one.
  int read(unsigned char* out, std::size_t size, std::uint64_t at) override {
    if (at == 0 && size > kReservedAt && size < kEncryptedPageBytes) return read_header(out, size);
    const std::uint64_t start = at - at % kEncryptedPageBytes;
    const std::size_t skip = at - start;
    if (skip + size > kEncryptedPageBytes) return SQLITE_IOERR_READ;
    const int code = read_below(sealed_.data(), kEncryptedPageBytes, start);
    if (code == SQLITE_IOERR_SHORT_READ) return beyond_end(out, size, start);
    if (code != SQLITE_OK) return code;
    const auto opened = cipher_.open({Place::Kind::page, start}, sealed_.data(), kContentBytes,
                                     sealed_.data() + kContentBytes, plain_.data());
    if (opened != PageCipher::Opened::ok) {
      std::memset(out, 0, size);
      return tell_damage(path_, start, opened);
    }
    std::copy_n(plain_.begin() + static_cast<std::ptrdiff_t>(skip), size, out);
    return SQLITE_OK;
  }

  int write(const unsigned char* in, std::size_t size, std::uint64_t at) override {
    if (size != kEncryptedPageBytes || at % kEncryptedPageBytes != 0) return SQLITE_IOERR_WRITE;
    cipher_.seal({Place::Kind::page, at}, in, kContentBytes, sealed_.data(), sealed_.data() + kContentBytes);
    return write_below(sealed_.data(), kEncryptedPageBytes, at);
  }

  int truncate(std::uint64_t size) override {
    return size % kEncryptedPageBytes == 0 ? truncate_below(size) : SQLITE_IOERR_TRUNCATE;
  }
  int size(std::uint64_t& size) override { return size_below(size); }

 private:
  // When it opens a file, SQLite asks how large pages are and how much of them is reserved, before it looks at the log
  // or at a journal. Both are constants, so page 1 need not open for that: after a loss of power it may be torn here
  // and whole in the log. What else the header says SQLite takes from the whole page, wherever that stands.
  int read_header(unsigned char* out, std::size_t size) {
    std::memset(out, 0, size);
    std::uint64_t bytes = 0;
    if (const int code = size_below(bytes); code != SQLITE_OK) return code;
    if (bytes == 0) return SQLITE_IOERR_SHORT_READ;
    out[kPageSizeAt] = kEncryptedPageBytes >> 8;
    out[kPageSizeAt + 1] = kEncryptedPageBytes & 0xFF;
    out[kReservedAt] = kTrailerBytes;
    return SQLITE_OK;
  }

  // SQLite takes zeros for what is missing. No page is: freed ones are written too (secure_delete), so only a new file
  // has none, and any other has lost its end.
  int beyond_end(unsigned char* out, std::size_t size, std::uint64_t start) {
    std::memset(out, 0, size);
    std::uint64_t bytes = 0;
    if (const int code = size_below(bytes); code != SQLITE_OK) return code;
    return bytes == 0 ? SQLITE_IOERR_SHORT_READ : tell_damage(path_, start, PageCipher::Opened::damaged);
  }

  PageCipher cipher_;
  const std::string path_;
  std::array<unsigned char, kEncryptedPageBytes> sealed_{};
  std::array<unsigned char, kEncryptedPageBytes> plain_{};  // what is reserved stays zeros
};

// SQLite sums up what it passes, with whatever stands in a page's reserved bytes. So a page is encrypted as a whole
// here, and trailers stand behind header and page of each frame. The header is encrypted for its checksum, which tells
// of the page. The header of the log has numbers alone.
class Log final : public EncryptedFile {
 public:
  Log(sqlite3_file* below, PageKeys& keys, std::string path)
      : EncryptedFile(below), cipher_(keys), path_(std::move(path)) {}

  int read(unsigned char* out, std::size_t size, std::uint64_t at) override {
    if (at + size <= kLogHeaderBytes) return read_below(out, size, at);
    if (at < kLogHeaderBytes) return SQLITE_IOERR_READ;
    const std::uint64_t frame = (at - kLogHeaderBytes) / kFrameBytes;
    const std::size_t skip = (at - kLogHeaderBytes) % kFrameBytes;
    if (skip == 0 && size == kFrameBytes) return read_frame(out, frame);
    if (skip + size <= kFrameHeaderBytes) {
      std::array<unsigned char, kFrameHeaderBytes> header{};
      const int code = read_piece(Place::Kind::frame_header, header.data(), kFrameHeaderBytes, header_at(frame));
      std::copy_n(header.begin() + static_cast<std::ptrdiff_t>(skip), size, out);
      return code;
    }
    if (skip == kFrameHeaderBytes && size == kEncryptedPageBytes) {
      return read_piece(Place::Kind::frame_page, out, size, page_at(frame));
    }
    return SQLITE_IOERR_READ;
  }

  int write(const unsigned char* in, std::size_t size, std::uint64_t at) override {
    if (at == 0 && size == kLogHeaderBytes) return write_below(in, size, at);
    if (at < kLogHeaderBytes) return SQLITE_IOERR_WRITE;
    const std::uint64_t frame = (at - kLogHeaderBytes) / kFrameBytes;
    const std::size_t skip = (at - kLogHeaderBytes) % kFrameBytes;
    if (skip == 0 && size == kFrameHeaderBytes) {
      return write_piece(Place::Kind::frame_header, in, size, header_at(frame));
    }
    if (skip == kFrameHeaderBytes && size == kEncryptedPageBytes) {
      return write_piece(Place::Kind::frame_page, in, size, page_at(frame));
    }
    return SQLITE_IOERR_WRITE;
  }

  int truncate(std::uint64_t size) override {
    if (size <= kLogHeaderBytes) return truncate_below(size);
    return truncate_below(header_at((size - kLogHeaderBytes) / kFrameBytes));
  }

  // Of whole frames: SQLite does not look at a part of one.
  int size(std::uint64_t& size) override {
    const int code = size_below(size);
    if (size > kLogHeaderBytes) {
      size = kLogHeaderBytes + (size - kLogHeaderBytes) / kSealedFrameBytes * kFrameBytes;
    }
    return code;
  }

 private:
  static std::uint64_t header_at(std::uint64_t frame) { return kLogHeaderBytes + frame * kSealedFrameBytes; }
  static std::uint64_t page_at(std::uint64_t frame) { return header_at(frame) + kSealedHeaderBytes; }

  // By recovery, which looks for the end of the log: a frame that was not written whole must be none, as it is by its
  // checksum without encryption. Zeros are none.
  int read_frame(unsigned char* out, std::uint64_t frame) {
    for (const int code :
         {read_piece(Place::Kind::frame_header, out, kFrameHeaderBytes, header_at(frame)),
          read_piece(Place::Kind::frame_page, out + kFrameHeaderBytes, kEncryptedPageBytes, page_at(frame))}) {
      if (code == SQLITE_OK) continue;
      std::memset(out, 0, kFrameBytes);
      const bool is_none = code == SQLITE_IOERR_DATA && why_ == PageCipher::Opened::damaged;
      return is_none || code == SQLITE_IOERR_SHORT_READ ? SQLITE_OK : code;
    }
    return SQLITE_OK;
  }

  int read_piece(Place::Kind kind, unsigned char* out, std::size_t size, std::uint64_t at) {
    const int code = read_below(sealed_.data(), size + kTrailerBytes, at);
    if (code != SQLITE_OK) {
      std::memset(out, 0, size);
      return code;
    }
    why_ = cipher_.open({kind, at}, sealed_.data(), size, sealed_.data() + size, out);
    if (why_ == PageCipher::Opened::ok) return SQLITE_OK;
    std::memset(out, 0, size);
    return tell_damage(path_, at, why_);
  }

  int write_piece(Place::Kind kind, const unsigned char* in, std::size_t size, std::uint64_t at) {
    cipher_.seal({kind, at}, in, size, sealed_.data(), sealed_.data() + size);
    return write_below(sealed_.data(), size + kTrailerBytes, at);
  }

  PageCipher cipher_;
  const std::string path_;
  PageCipher::Opened why_ = PageCipher::Opened::ok;  // of the last piece
  std::array<unsigned char, kSealedPageBytes> sealed_{};
};

class Journal final : public EncryptedFile {
 public:
  using EncryptedFile::EncryptedFile;

  int read(unsigned char* out, std::size_t size, std::uint64_t at) override { return read_below(out, size, at); }
  int write(const unsigned char* in, std::size_t size, std::uint64_t at) override {
    return at + size <= kJournalHeaderBytes ? write_below(in, size, at) : SQLITE_IOERR_WRITE;
  }
  int truncate(std::uint64_t size) override { return truncate_below(size); }
  int size(std::uint64_t& size) override { return size_below(size); }
};

class Temporary final : public EncryptedFile {
 public:
  using EncryptedFile::EncryptedFile;

  int read(unsigned char* out, std::size_t size, std::uint64_t at) override {
    const std::size_t there = at < size_ ? static_cast<std::size_t>(std::min<std::uint64_t>(size, size_ - at)) : 0;
    std::memset(out + there, 0, size - there);
    const int code = each_sector(there, at, [&](std::uint64_t sector, std::size_t skip, std::size_t n) {
      const int loaded = load(sector);
      if (loaded == SQLITE_OK) std::memcpy(out, plain_.data() + skip, n);
      out += n;
      return loaded;
    });
    return code != SQLITE_OK ? code : there < size ? SQLITE_IOERR_SHORT_READ : SQLITE_OK;
  }

  int write(const unsigned char* in, std::size_t size, std::uint64_t at) override {
    // What is left out in between are zeros.
    const std::uint64_t first = (size_ + kSector - 1) / kSector;
    for (std::uint64_t sector = first; sector < at / kSector; ++sector) {
      plain_.fill(0);
      if (const int code = store(sector); code != SQLITE_OK) return code;
    }
    const int code = each_sector(size, at, [&](std::uint64_t sector, std::size_t skip, std::size_t n) {
      if (n < kSector) {
        plain_.fill(0);
        const int loaded = sector * kSector < size_ ? load(sector) : SQLITE_OK;
        if (loaded != SQLITE_OK) return loaded;
      }
      std::memcpy(plain_.data() + skip, in, n);
      in += n;
      return store(sector);
    });
    if (code == SQLITE_OK) size_ = std::max<std::uint64_t>(size_, at + size);
    return code;
  }

  int truncate(std::uint64_t size) override {
    if (size >= size_) return SQLITE_OK;
    size_ = size;
    return truncate_below((size + kSector - 1) / kSector * kSector);
  }
  int size(std::uint64_t& size) override {
    size = size_;
    return SQLITE_OK;
  }

 private:
  static constexpr std::size_t kSector = SectorCipher::kSectorBytes;

  template <class Visit>
  int each_sector(std::size_t size, std::uint64_t at, Visit visit) {
    while (size > 0) {
      const std::size_t skip = at % kSector;
      const std::size_t n = std::min(size, kSector - skip);
      if (const int code = visit(at / kSector, skip, n); code != SQLITE_OK) return code;
      at += n;
      size -= n;
    }
    return SQLITE_OK;
  }
  int load(std::uint64_t sector) {
    const int code = read_below(sealed_.data(), kSector, sector * kSector);
    if (code == SQLITE_OK) cipher_.open(sector, sealed_.data(), plain_.data());
    return code;
  }
  int store(std::uint64_t sector) {
    cipher_.seal(sector, plain_.data(), sealed_.data());
    return write_below(sealed_.data(), kSector, sector * kSector);
  }

  SectorCipher cipher_;
  std::uint64_t size_ = 0;  // the file's is that of whole sectors
  std::array<unsigned char, kSector> plain_{};
  std::array<unsigned char, kSector> sealed_{};
};

}  // namespace

int EncryptedFile::size_below(std::uint64_t& size) {
  sqlite3_int64 bytes = 0;
  const int code = below_->pMethods->xFileSize(below_, &bytes);
  size = static_cast<std::uint64_t>(bytes);
  return code;
}

std::unique_ptr<EncryptedFile> make_encrypted_database(sqlite3_file* below, PageKeys& keys, std::string path) {
  return std::make_unique<Database>(below, keys, std::move(path));
}
std::unique_ptr<EncryptedFile> make_encrypted_log(sqlite3_file* below, PageKeys& keys, std::string path) {
  return std::make_unique<Log>(below, keys, std::move(path));
}
std::unique_ptr<EncryptedFile> make_pageless_journal(sqlite3_file* below) {
  return std::make_unique<Journal>(below);
}
std::unique_ptr<EncryptedFile> make_encrypted_temporary(sqlite3_file* below) {
  return std::make_unique<Temporary>(below);
}

const std::string& last_damage() {
  return damage();
}

}  // namespace vesta::store::sqlite
