// The methods of SQLite's file, one of which is another.
#include "store/sqlite/mapping_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstddef>
#include <new>

#include "base/check.h"
#include "store/sqlite/connection.h"

namespace vesta::store::sqlite {
namespace {

constexpr int kKnownVersion = 3;  // of the methods: what is copied; the first that has a mapping

// Behind SQLite's own file, in the same piece of memory.
struct Tail {
  sqlite3_io_methods methods;     // what the file has, but for ours
  const sqlite3_io_methods* own;  // what it had
  sqlite3_int64 mapped = 0;       // its size when it was unmapped last: about what a mapping has
};

sqlite3_vfs* below() {
  static sqlite3_vfs* const found = [] {
    configure_library();
    return sqlite3_vfs_find(nullptr);
  }();
  return found;
}

std::size_t tail_offset() {
  constexpr std::size_t kAlign = alignof(Tail);
  return (static_cast<std::size_t>(below()->szOsFile) + kAlign - 1) / kAlign * kAlign;
}

Tail& tail_of(sqlite3_file* file) {
  return *std::launder(reinterpret_cast<Tail*>(reinterpret_cast<std::byte*>(file) + tail_offset()));
}

// Without `page`: the whole mapping is to go.
int unfetch(sqlite3_file* file, sqlite3_int64 offset, void* page) {
  Tail& tail = tail_of(file);
  if (page == nullptr) {
    sqlite3_int64 size = 0;
    const bool is_known = tail.own->xFileSize(file, &size) == SQLITE_OK;
    const std::int64_t most = tail.mapped + std::max<std::int64_t>(kLeastGrowth, tail.mapped / 16);
    if (is_known && tail.mapped > 0 && size >= tail.mapped && size < most) return SQLITE_OK;
    tail.mapped = is_known ? size : 0;
  }
  return tail.own->xUnfetch(file, offset, page);
}

int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  const int code = below()->xOpen(below(), name, file, flags, out_flags);
  const bool is_mapped =
      (flags & SQLITE_OPEN_MAIN_DB) != 0 && file->pMethods != nullptr && file->pMethods->iVersion >= kKnownVersion;
  if (code != SQLITE_OK || !is_mapped) return code;
  Tail* const tail = new (reinterpret_cast<std::byte*>(file) + tail_offset()) Tail{*file->pMethods, file->pMethods};
  tail->methods.iVersion = kKnownVersion;
  tail->methods.xUnfetch = unfetch;
  file->pMethods = &tail->methods;
  return code;
}

}  // namespace

const char* mapping_vfs() {
  static sqlite3_vfs* const made = [] {
    static sqlite3_vfs vfs = *below();
    vfs.iVersion = std::min(vfs.iVersion, kKnownVersion);
    vfs.zName = "vesta-mapping";
    vfs.szOsFile = static_cast<int>(tail_offset() + sizeof(Tail));
    vfs.xOpen = open;
    CHECK(sqlite3_vfs_register(&vfs, 0) == SQLITE_OK);
    return &vfs;
  }();
  return made->zName;
}

}  // namespace vesta::store::sqlite
