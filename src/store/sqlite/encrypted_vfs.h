// EncryptedVfs: an SQLite VFS on another one, below which nothing is plain.
#pragma once

#include <sqlite3.h>

#include <string>

#include "base/result.h"
#include "store/sqlite/page_cipher.h"

namespace vesta::store::sqlite {

// Registered with SQLite while it lives, under a name of its own. docs/formats/store.md says what is in the files.
// Connections that use it end before it does.
class EncryptedVfs {
 public:
  // `below`: name of the VFS to stand on; empty: the default one. `purpose`: see PageKeys.
  EncryptedVfs(const std::string& below, DataKeys keys, std::string purpose);
  ~EncryptedVfs();
  EncryptedVfs(const EncryptedVfs&) = delete;
  EncryptedVfs& operator=(const EncryptedVfs&) = delete;

  const std::string& name() const { return name_; }

  // Is the VFS of this name one of these?
  static bool is_one(const std::string& name);

 private:
  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags);

  const std::string name_;
  PageKeys keys_;
  sqlite3_vfs* below_;
  sqlite3_vfs vfs_;
};

}  // namespace vesta::store::sqlite
