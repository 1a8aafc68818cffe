// The glue between SQLite's table of functions and the encrypted files. https://www.sqlite.org/c3ref/io_methods.html
#include "store/sqlite/encrypted_vfs.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/check.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/encrypted_files.h"

namespace vesta::store::sqlite {
namespace {

// The file of the VFS below stands behind it, in the memory that SQLite gives.
struct OpenFile {
  sqlite3_file base;  // what SQLite sees
  EncryptedFile* encrypted;
  sqlite3_file* below() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

OpenFile* self(sqlite3_file* file) {
  return reinterpret_cast<OpenFile*>(file);
}

int close(sqlite3_file* file) {
  const std::unique_ptr<EncryptedFile> ended(self(file)->encrypted);
  return self(file)->below()->pMethods->xClose(self(file)->below());
}
int read(sqlite3_file* file, void* out, int size, sqlite3_int64 at) {
  return self(file)->encrypted->read(static_cast<unsigned char*>(out), static_cast<std::size_t>(size),
                                     static_cast<std::uint64_t>(at));
}
int write(sqlite3_file* file, const void* in, int size, sqlite3_int64 at) {
  return self(file)->encrypted->write(static_cast<const unsigned char*>(in), static_cast<std::size_t>(size),
                                      static_cast<std::uint64_t>(at));
}
int truncate(sqlite3_file* file, sqlite3_int64 size) {
  return self(file)->encrypted->truncate(static_cast<std::uint64_t>(size));
}
int file_size(sqlite3_file* file, sqlite3_int64* out) {
  std::uint64_t size = 0;
  const int code = self(file)->encrypted->size(size);
  *out = static_cast<sqlite3_int64>(size);
  return code;
}
int file_control(sqlite3_file* file, int operation, void* argument) {
  // Sizes and memory maps are of the file below: it grows by itself, and is never mapped.
  if (operation == SQLITE_FCNTL_SIZE_HINT || operation == SQLITE_FCNTL_CHUNK_SIZE) return SQLITE_OK;
  if (operation == SQLITE_FCNTL_MMAP_SIZE) return SQLITE_NOTFOUND;
  return self(file)->below()->pMethods->xFileControl(self(file)->below(), operation, argument);
}
// Of what a disk promises, what holds for a write of other size and place too.
int device_characteristics(sqlite3_file* file) {
  return self(file)->below()->pMethods->xDeviceCharacteristics(self(file)->below()) & SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

sqlite3_io_methods make_methods() {
  sqlite3_io_methods made{};
  made.iVersion = 2;  // without xFetch: nothing is read around the cipher
  made.xClose = close;
  made.xRead = read;
  made.xWrite = write;
  made.xTruncate = truncate;
  made.xFileSize = file_size;
  made.xFileControl = file_control;
  made.xDeviceCharacteristics = device_characteristics;
  made.xSync = [](sqlite3_file* file, int flags) {
    return self(file)->below()->pMethods->xSync(self(file)->below(), flags);
  };
  made.xLock = [](sqlite3_file* file, int kind) {
    return self(file)->below()->pMethods->xLock(self(file)->below(), kind);
  };
  made.xUnlock = [](sqlite3_file* file, int kind) {
    return self(file)->below()->pMethods->xUnlock(self(file)->below(), kind);
  };
  made.xCheckReservedLock = [](sqlite3_file* file, int* out) {
    return self(file)->below()->pMethods->xCheckReservedLock(self(file)->below(), out);
  };
  made.xSectorSize = [](sqlite3_file* file) { return self(file)->below()->pMethods->xSectorSize(self(file)->below()); };
  made.xShmMap = [](sqlite3_file* file, int page, int size, int extend, void volatile** out) {
    return self(file)->below()->pMethods->xShmMap(self(file)->below(), page, size, extend, out);
  };
  made.xShmLock = [](sqlite3_file* file, int offset, int n, int flags) {
    return self(file)->below()->pMethods->xShmLock(self(file)->below(), offset, n, flags);
  };
  made.xShmBarrier = [](sqlite3_file* file) { self(file)->below()->pMethods->xShmBarrier(self(file)->below()); };
  made.xShmUnmap = [](sqlite3_file* file, int remove) {
    return self(file)->below()->pMethods->xShmUnmap(self(file)->below(), remove);
  };
  return made;
}

std::unique_ptr<EncryptedFile> make_encrypted(sqlite3_file* below, PageKeys& keys, const char* name, int flags) {
  const std::string path = name == nullptr ? "" : name;
  if ((flags & SQLITE_OPEN_MAIN_DB) != 0) return make_encrypted_database(below, keys, path);
  if ((flags & SQLITE_OPEN_WAL) != 0) return make_encrypted_log(below, keys, path);
  if ((flags & SQLITE_OPEN_MAIN_JOURNAL) != 0) return make_pageless_journal(below);
  constexpr int kTemporary =
      SQLITE_OPEN_TEMP_DB | SQLITE_OPEN_TRANSIENT_DB | SQLITE_OPEN_TEMP_JOURNAL | SQLITE_OPEN_SUBJOURNAL;
  return (flags & kTemporary) != 0 ? make_encrypted_temporary(below) : nullptr;
}

sqlite3_vfs* find_vfs(const std::string& name) {
  configure_library();
  return sqlite3_vfs_find(name.empty() ? nullptr : name.c_str());
}

std::string fresh_name() {
  static std::atomic<std::uint64_t> made = 0;
  return "vesta-encrypted-" + std::to_string(++made);
}

}  // namespace

EncryptedVfs::EncryptedVfs(const std::string& below, DataKeys keys, std::string purpose)
    : name_(fresh_name()), keys_(std::move(keys), std::move(purpose)), below_(find_vfs(below)) {
  CHECK(below_ != nullptr);
  vfs_ = *below_;
  vfs_.zName = name_.c_str();
  vfs_.szOsFile = static_cast<int>(sizeof(OpenFile)) + below_->szOsFile;
  vfs_.pAppData = this;
  vfs_.xOpen = open;
  CHECK(sqlite3_vfs_register(&vfs_, 0) == SQLITE_OK);
}

EncryptedVfs::~EncryptedVfs() {
  sqlite3_vfs_unregister(&vfs_);
}

bool EncryptedVfs::is_one(const std::string& name) {
  const sqlite3_vfs* const found = name.empty() ? nullptr : sqlite3_vfs_find(name.c_str());
  return found != nullptr && found->xOpen == open;
}

int EncryptedVfs::open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  static const sqlite3_io_methods kMethods = make_methods();
  auto* const owner = static_cast<EncryptedVfs*>(vfs->pAppData);
  OpenFile* const made = self(file);
  made->base.pMethods = nullptr;
  sqlite3_file* const below = made->below();
  below->pMethods = nullptr;
  const int code = owner->below_->xOpen(owner->below_, name, below, flags, out_flags);
  if (code == SQLITE_OK) {
    std::unique_ptr<EncryptedFile> encrypted = make_encrypted(below, owner->keys_, name, flags);
    if (encrypted != nullptr) {
      made->encrypted = encrypted.release();
      made->base.pMethods = &kMethods;
      return SQLITE_OK;
    }
  }
  if (below->pMethods != nullptr) below->pMethods->xClose(below);
  return code == SQLITE_OK ? SQLITE_CANTOPEN : code;  // a file of a kind that is not known stays unwritten
}

}  // namespace vesta::store::sqlite
