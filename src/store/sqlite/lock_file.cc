// LockFile by flock(2).
#include "store/sqlite/lock_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace vesta::store::sqlite {

Result<std::unique_ptr<LockFile>> LockFile::acquire(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    return make_error(Category::unavailable, "cannot open " + path + ": " + std::strerror(errno));
  }
  std::unique_ptr<LockFile> lock(new LockFile(descriptor));
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    return make_error(Category::unavailable, "the store is in use by another process (" + path + " is locked)");
  }
  return lock;
}

LockFile::~LockFile() {
  ::close(descriptor_);
}

}  // namespace vesta::store::sqlite
