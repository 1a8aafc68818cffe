// LockFile: keeps a second process (or a second Store) away from a directory.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"

namespace vesta::store::sqlite {

// Held while it lives; the system releases it when the process dies.
class LockFile {
 public:
  // Errors: unavailable, if somebody else holds it or the file cannot be made.
  static Result<std::unique_ptr<LockFile>> acquire(const std::string& path);
  ~LockFile();
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;

 private:
  explicit LockFile(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace vesta::store::sqlite
