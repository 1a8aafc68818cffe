// LockFile: keeps a second process (or a second Store) away from a directory.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "base/result.h"

namespace vesta::store::sqlite {

// Held while it lives, and not a moment longer: its end unlocks the file, also where a child process that was forked
// meanwhile has inherited the descriptor. The system releases it when the process dies.
class LockFile {
 public:
  // Errors: unavailable: another process or another Store of this one holds it (the message names the process), or the
  // file cannot be made or locked.
  static Result<std::unique_ptr<LockFile>> acquire(const std::string& path);
  ~LockFile();
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;

 private:
  explicit LockFile(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
  pid_t holder_ = -1;  // the process that locked it; -1: nobody
};

}  // namespace vesta::store::sqlite
