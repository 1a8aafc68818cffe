// The engine makes the copy; here is what it is asked with.
#include "server/commands/backup.h"

#include <ostream>

#include "server/store_setup.h"
#include "store/sqlite/backup.h"

namespace vesta::server::commands {
namespace {

Result<store::sqlite::BackedUp> backup(const StoreConfig& config, const std::string& target) {
  if (config.engine != "sqlite") {
    return make_error(Category::unsupported, "It copies an SQLite store; of PostgreSQL pg_basebackup makes one.");
  }
  VESTA_TRY(const StoreKeys keys, open_store_keys(config, OpenMode::existing));
  return store::sqlite::back_up(config.data, keys, target);
}

}  // namespace

int run_backup(const StoreConfig& store, const std::string& target, std::ostream& out, std::ostream& errors) {
  const auto done = backup(store, target);
  if (!done.ok()) {
    errors << "vesta: " << done.error().message << '\n';
    return 1;
  }
  out << "commits " << done->seq << "\nrecords " << done->audit << "\nbytes " << done->bytes << '\n';
  return 0;
}

}  // namespace vesta::server::commands
