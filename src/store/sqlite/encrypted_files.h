// How each kind of SQLite's files is encrypted: what SQLite reads and writes × what stands in the file below.
#pragma once

#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "store/sqlite/page_cipher.h"

namespace vesta::store::sqlite {

inline constexpr std::size_t kEncryptedPageBytes = 8192;  // the writer's page_size

// Sizes and offsets are those that SQLite knows; results are its codes. Used by one thread at a time, as its
// connection.
class EncryptedFile {
 public:
  explicit EncryptedFile(sqlite3_file* below) : below_(below) {}
  virtual ~EncryptedFile() = default;
  EncryptedFile(const EncryptedFile&) = delete;
  EncryptedFile& operator=(const EncryptedFile&) = delete;

  virtual int read(unsigned char* out, std::size_t size, std::uint64_t at) = 0;
  virtual int write(const unsigned char* in, std::size_t size, std::uint64_t at) = 0;
  virtual int truncate(std::uint64_t size) = 0;
  virtual int size(std::uint64_t& size) = 0;

 protected:
  int read_below(unsigned char* out, std::size_t size, std::uint64_t at) {
    return below_->pMethods->xRead(below_, out, static_cast<int>(size), static_cast<sqlite3_int64>(at));
  }
  int write_below(const unsigned char* in, std::size_t size, std::uint64_t at) {
    return below_->pMethods->xWrite(below_, in, static_cast<int>(size), static_cast<sqlite3_int64>(at));
  }
  int truncate_below(std::uint64_t size) {
    return below_->pMethods->xTruncate(below_, static_cast<sqlite3_int64>(size));
  }
  int size_below(std::uint64_t& size);

 private:
  sqlite3_file* below_;
};

// `path`: for messages.
std::unique_ptr<EncryptedFile> make_encrypted_database(sqlite3_file* below, PageKeys& keys, std::string path);
std::unique_ptr<EncryptedFile> make_encrypted_log(sqlite3_file* below, PageKeys& keys, std::string path);
// A rollback journal: SQLite makes one when it makes a database, and it has no page then. Any other write is refused.
std::unique_ptr<EncryptedFile> make_pageless_journal(sqlite3_file* below);
// Sorts that do not fit into memory, statement journals: what ends with the process.
std::unique_ptr<EncryptedFile> make_encrypted_temporary(sqlite3_file* below);

// What the last SQLITE_IOERR_DATA that this thread met was about: file and offset.
const std::string& last_damage();

}  // namespace vesta::store::sqlite
