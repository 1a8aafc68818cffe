// Backup by SQLite's own way to copy a database that others write to: https://www.sqlite.org/backup.html
#include "store/sqlite/backup.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>

#include "store/sqlite/audit_log.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/encrypted_vfs.h"
#include "store/sqlite/shared_statements.h"
#include "store/sqlite/store_keys.h"

namespace vesta::store::sqlite {
namespace {

constexpr const char* kStoreFile = "vesta.db";

Error failed_at(const std::string& path, const std::string& why) {
  return make_error(Category::unavailable, "the backup cannot be written: " + path + ": " + why);
}

// Files and folders: both need it.
Status sync_path(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return failed_at(path, std::strerror(errno));
  const int synced = ::fsync(descriptor);
  const int reason = errno;
  ::close(descriptor);
  return synced == 0 ? Status(kOk) : failed_at(path, std::strerror(reason));
}

// All pages in one step: one read transaction, so all of them are of one commit.
Status copy_pages(Connection& from, Connection& to) {
  sqlite3_backup* const backup = sqlite3_backup_init(to.handle(), "main", from.handle(), "main");
  if (backup == nullptr) return to.error(sqlite3_extended_errcode(to.handle()));
  sqlite3_backup_step(backup, -1);
  const int code = sqlite3_backup_finish(backup);
  return code == SQLITE_OK ? Status(kOk) : to.error(code);
}

Result<BackedUp> copy_store(const std::string& from_path, const std::string& to_path, const std::string& vfs) {
  VESTA_TRY(const std::unique_ptr<Connection> from, Connection::open(from_path, vfs, Connection::Role::reader));
  VESTA_TRY(const std::unique_ptr<Connection> to, Connection::open(to_path, vfs, Connection::Role::writer));
  // A file that nobody has yet needs no log: what is not whole is thrown away.
  VESTA_CHECK_OK(to->run("PRAGMA journal_mode=OFF; PRAGMA locking_mode=EXCLUSIVE;"));
  VESTA_CHECK_OK(copy_pages(*from, *to));
  BackedUp done;
  Cursor seq(*to, kLastSeq);
  if (seq.step()) done.seq = static_cast<std::uint64_t>(seq.integer_at(0));
  VESTA_CHECK_OK(seq.status());
  VESTA_TRY(const AuditEntry last, last_audit_entry(*to));
  done.audit = last.number;
  return done;
}

Result<BackedUp> fill(const std::string& directory, const std::optional<DataKeys>& keys, const std::string& folder) {
  std::unique_ptr<EncryptedVfs> encryption;
  if (keys) encryption = std::make_unique<EncryptedVfs>("", DataKeys(*keys), kStoreFile);
  VESTA_TRY(BackedUp done, copy_store(directory + "/" + kStoreFile, folder + "/" + kStoreFile,
                                      encryption == nullptr ? std::string() : encryption->name()));
  VESTA_CHECK_OK(sync_path(folder + "/" + kStoreFile));
  std::error_code failed;
  if (keys) {  // behind the pages: keys are added, never taken away
    const std::string path = folder + "/" + kKeysFile;
    std::filesystem::copy_file(directory + "/" + kKeysFile, path, failed);
    if (failed) return failed_at(path, failed.message());
    VESTA_CHECK_OK(sync_path(path));
  }
  for (const auto& file : std::filesystem::directory_iterator(folder, failed)) {
    std::error_code unknown;
    const std::uintmax_t bytes = file.file_size(unknown);
    if (!unknown) done.bytes += bytes;
  }
  VESTA_CHECK_OK(sync_path(folder));
  return done;
}

}  // namespace

Result<BackedUp> back_up(const std::string& directory, const std::optional<DataKeys>& keys, const std::string& target) {
  namespace fs = std::filesystem;
  std::error_code failed;
  if (fs::exists(fs::symlink_status(target, failed))) {
    return make_error(Category::conflict, target + " is there already");
  }
  if (!fs::exists(directory + "/" + kStoreFile, failed)) {
    return make_error(Category::not_found, "there is no store in " + directory);
  }
  const fs::path whole = fs::path(target).lexically_normal();
  const std::string name = (whole.has_filename() ? whole : whole.parent_path()).string();
  const std::string partial = name + ".partial";
  fs::remove_all(partial, failed);
  fs::create_directories(partial, failed);
  if (failed) return failed_at(partial, failed.message());
  fs::permissions(partial, fs::perms::owner_all, failed);
  Result<BackedUp> done = fill(directory, keys, partial);
  if (!done.ok()) {
    std::error_code ignored;
    fs::remove_all(partial, ignored);
    return done;
  }
  fs::rename(partial, name, failed);
  if (failed) return failed_at(name, failed.message());
  const fs::path parent = fs::path(name).parent_path();
  VESTA_CHECK_OK(sync_path(parent.empty() ? std::string(".") : parent.string()));
  return done;
}

}  // namespace vesta::store::sqlite
