// FaultVfs: an SQLite VFS for tests that fails chosen calls, and knows what a loss of power would leave.
#pragma once

#include <sqlite3.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <new>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"

namespace vesta::store::sqlite::test {

// Registered under its name while it lives; stands on the default VFS. Syncs only remember: the tests are not about
// the speed of a disk. Has no memory mapping, so that every read is a call.
class FaultVfs {
 public:
  enum class Call : int { read, write, sync, truncate };
  enum class Mode { once, from_then_on };
  static constexpr int kCalls = 4;

  explicit FaultVfs(std::string name) : name_(std::move(name)), base_(sqlite3_vfs_find(nullptr)) {
    vfs_ = *base_;
    vfs_.zName = name_.c_str();
    vfs_.szOsFile = static_cast<int>(sizeof(File)) + base_->szOsFile;
    vfs_.pAppData = this;
    vfs_.xOpen = open;
    CHECK(sqlite3_vfs_register(&vfs_, 0) == SQLITE_OK);
  }
  ~FaultVfs() { sqlite3_vfs_unregister(&vfs_); }
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;

  // The n-th call of this kind from now on (from 1) fails with `code`.
  void arm(Call call, std::int64_t n, Mode mode, int code) {
    const std::lock_guard lock(mutex_);
    armed_ = call;
    mode_ = mode;
    code_ = code;
    left_ = n;
    hits_ = 0;
  }
  void disarm() {
    const std::lock_guard lock(mutex_);
    left_ = 0;
  }
  std::int64_t hits() const { return hits_; }
  std::int64_t calls(Call call) const { return counts_[static_cast<int>(call)]; }

  // From now on: which of these words are written to any file, temporary ones too?
  void watch(std::vector<std::string> words) {
    const std::lock_guard lock(mutex_);
    watched_ = std::move(words);
    written_words_.clear();
  }
  std::vector<std::string> written_words() {
    const std::lock_guard lock(mutex_);
    return {written_words_.begin(), written_words_.end()};
  }
  std::int64_t temporary_writes() const { return temporary_writes_; }

  // Writes what survives a loss of power at this moment, and nothing that was not synced, into `folder`.
  void write_durable(const std::string& folder) {
    const std::lock_guard lock(mutex_);
    for (const auto& [path, image] : images_) {
      if (image.durable.empty()) continue;
      std::ofstream out(folder + "/" + std::filesystem::path(path).filename().string(), std::ios::binary);
      out << image.durable;
    }
  }

 private:
  struct File {
    sqlite3_file base;  // what SQLite sees
    FaultVfs* vfs;
    std::string* path;  // null: a temporary file
    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  };
  // The contents that were synced, and what was written since, in order.
  struct Image {
    std::string durable;
    std::string present;
  };

  // SQLITE_OK, or the code that the call must fail with.
  int count(Call call) {
    const std::lock_guard lock(mutex_);
    ++counts_[static_cast<int>(call)];
    if (left_ == 0 || call != armed_) return SQLITE_OK;
    if (left_ > 1) {
      --left_;
      return SQLITE_OK;
    }
    if (mode_ == Mode::once) left_ = 0;
    ++hits_;
    return code_;
  }

  template <class Change>
  void change(File* file, const Change& apply) {
    if (file->path == nullptr) return;
    const std::lock_guard lock(mutex_);
    apply(images_[*file->path]);
  }

  void look_at(const File& file, std::string_view data) {
    if (file.path == nullptr) ++temporary_writes_;
    const std::lock_guard lock(mutex_);
    for (const std::string& word : watched_) {
      if (data.find(word) != std::string_view::npos) written_words_.insert(word);
    }
  }

  static File* self(sqlite3_file* file) { return reinterpret_cast<File*>(file); }

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    auto* owner = static_cast<FaultVfs*>(vfs->pAppData);
    File* made = self(file);
    std::memset(made, 0, sizeof(File));
    made->vfs = owner;
    const int code = owner->base_->xOpen(owner->base_, name, made->real(), flags, out_flags);
    if (made->real()->pMethods == nullptr) return code;
    const bool is_kept = name != nullptr && (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)) != 0;
    made->path = is_kept ? new std::string(name) : nullptr;
    made->base.pMethods = methods();
    return code;
  }

  static const sqlite3_io_methods* methods() {
    static const sqlite3_io_methods kMethods = [] {
      sqlite3_io_methods made{};
      made.iVersion = 2;
      made.xClose = [](sqlite3_file* file) {
        delete self(file)->path;
        return self(file)->real()->pMethods->xClose(self(file)->real());
      };
      made.xRead = [](sqlite3_file* file, void* data, int size, sqlite3_int64 at) {
        const int code = self(file)->vfs->count(Call::read);
        return code != SQLITE_OK ? code : self(file)->real()->pMethods->xRead(self(file)->real(), data, size, at);
      };
      made.xWrite = write;
      made.xTruncate = truncate;
      made.xSync = sync;
      made.xFileSize = [](sqlite3_file* file, sqlite3_int64* size) {
        return self(file)->real()->pMethods->xFileSize(self(file)->real(), size);
      };
      made.xLock = [](sqlite3_file* file, int kind) {
        return self(file)->real()->pMethods->xLock(self(file)->real(), kind);
      };
      made.xUnlock = [](sqlite3_file* file, int kind) {
        return self(file)->real()->pMethods->xUnlock(self(file)->real(), kind);
      };
      made.xCheckReservedLock = [](sqlite3_file* file, int* out) {
        return self(file)->real()->pMethods->xCheckReservedLock(self(file)->real(), out);
      };
      made.xFileControl = [](sqlite3_file* file, int code, void* argument) {
        return self(file)->real()->pMethods->xFileControl(self(file)->real(), code, argument);
      };
      made.xSectorSize = [](sqlite3_file* file) {
        return self(file)->real()->pMethods->xSectorSize(self(file)->real());
      };
      made.xDeviceCharacteristics = [](sqlite3_file* file) {
        return self(file)->real()->pMethods->xDeviceCharacteristics(self(file)->real());
      };
      made.xShmMap = [](sqlite3_file* file, int page, int size, int extend, void volatile** out) {
        return self(file)->real()->pMethods->xShmMap(self(file)->real(), page, size, extend, out);
      };
      made.xShmLock = [](sqlite3_file* file, int offset, int n, int flags) {
        return self(file)->real()->pMethods->xShmLock(self(file)->real(), offset, n, flags);
      };
      made.xShmBarrier = [](sqlite3_file* file) { self(file)->real()->pMethods->xShmBarrier(self(file)->real()); };
      made.xShmUnmap = [](sqlite3_file* file, int remove) {
        return self(file)->real()->pMethods->xShmUnmap(self(file)->real(), remove);
      };
      return made;
    }();
    return &kMethods;
  }

  static int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 at) {
    const int code = self(file)->vfs->count(Call::write);
    if (code != SQLITE_OK) return code;
    self(file)->vfs->look_at(*self(file), {static_cast<const char*>(data), static_cast<std::size_t>(size)});
    self(file)->vfs->change(self(file), [&](Image& image) {
      const auto end = static_cast<std::size_t>(at) + static_cast<std::size_t>(size);
      if (image.present.size() < end) image.present.resize(end);
      std::memcpy(image.present.data() + at, data, static_cast<std::size_t>(size));
    });
    return self(file)->real()->pMethods->xWrite(self(file)->real(), data, size, at);
  }

  static int truncate(sqlite3_file* file, sqlite3_int64 size) {
    const int code = self(file)->vfs->count(Call::truncate);
    if (code != SQLITE_OK) return code;
    self(file)->vfs->change(self(file), [&](Image& image) { image.present.resize(static_cast<std::size_t>(size)); });
    return self(file)->real()->pMethods->xTruncate(self(file)->real(), size);
  }

  static int sync(sqlite3_file* file, int) {
    const int code = self(file)->vfs->count(Call::sync);
    if (code != SQLITE_OK) return code;
    self(file)->vfs->change(self(file), [](Image& image) { image.durable = image.present; });
    return SQLITE_OK;
  }

  const std::string name_;
  sqlite3_vfs* base_;
  sqlite3_vfs vfs_;
  std::mutex mutex_;
  std::map<std::string, Image> images_;
  std::vector<std::string> watched_;
  std::set<std::string> written_words_;
  std::atomic<std::int64_t> temporary_writes_ = 0;
  std::atomic<std::int64_t> counts_[kCalls] = {};
  Call armed_ = Call::read;
  Mode mode_ = Mode::once;
  int code_ = SQLITE_OK;
  std::int64_t left_ = 0;
  std::atomic<std::int64_t> hits_ = 0;
};

}  // namespace vesta::store::sqlite::test
