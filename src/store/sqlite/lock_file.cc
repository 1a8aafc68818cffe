// LockFile by flock(2), with the holder's process id as the file's text.
#include "store/sqlite/lock_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace vesta::store::sqlite {
namespace {

constexpr std::size_t kMaxHolderBytes = 20;  // of a process id

// Who holds the lock, for people: nothing is decided by it. Empty while the holder has not written it yet.
std::string holder_of(int descriptor) {
  char text[kMaxHolderBytes];
  const ssize_t size = ::pread(descriptor, text, sizeof text, 0);
  return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : std::string();
}

// A holder that cannot be written (a full disk) costs a better message, not the store.
void write_holder(int descriptor, const std::string& holder) {
  if (::ftruncate(descriptor, 0) != 0) return;
  [[maybe_unused]] const ssize_t written = ::pwrite(descriptor, holder.data(), holder.size(), 0);
}

Error in_use(const std::string& path, const std::string& holder) {
  std::string by = holder.empty() ? "by another process" : "by process " + holder;
  if (holder == std::to_string(::getpid())) by += ", which is this one";
  return make_error(Category::unavailable, "the store is in use " + by + " (" + path + " is locked)");
}

}  // namespace

Result<std::unique_ptr<LockFile>> LockFile::acquire(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    return make_error(Category::unavailable, "cannot open " + path + ": " + std::strerror(errno));
  }
  std::unique_ptr<LockFile> lock(new LockFile(descriptor));
  int locked = 0;
  do locked = ::flock(descriptor, LOCK_EX | LOCK_NB);
  while (locked != 0 && errno == EINTR);
  if (locked != 0 && errno == EWOULDBLOCK) return in_use(path, holder_of(descriptor));
  if (locked != 0) {
    return make_error(Category::unavailable, "cannot lock " + path + ": " + std::strerror(errno));
  }
  lock->holder_ = ::getpid();
  write_holder(descriptor, std::to_string(lock->holder_));
  return lock;
}

// The lock belongs to the open file, which lives as long as any descriptor of it: a child that was forked, or is just
// being started by another thread and has not closed its copy yet, would keep it after a mere close. Such a child's own
// copy of this object must not unlock what its parent holds.
LockFile::~LockFile() {
  if (holder_ == ::getpid()) {
    write_holder(descriptor_, "");
    ::flock(descriptor_, LOCK_UN);
  }
  ::close(descriptor_);
}

}  // namespace vesta::store::sqlite
