// Wraps the data keys of a store anew.
#include "server/commands/rekey.h"

#include <cstdlib>
#include <optional>
#include <ostream>

#include "server/store_key.h"
#include "store/sqlite/store_keys.h"

namespace vesta::server::commands {
namespace {

enum class SiteKey { kept, another };

Result<SiteKey> rekey(const RekeyOptions& options, const StoreConfig& store) {
  using store::sqlite::DataKey;
  if (store.engine != "sqlite") {
    return make_error(Category::unsupported, "Encrypted stores are SQLite's alone (--store sqlite).");
  }
  VESTA_TRY(const auto key, read_store_key(store.key, std::getenv("VESTA_STORE_KEY")));
  if (!key.has_value()) return make_error(Category::invalid, "The present key is missing, such as --store-key-file.");
  VESTA_TRY(const auto next, read_store_key(options.next, nullptr));
  if (!next.has_value() && !options.is_data_key_renewed) {
    return make_error(Category::invalid, "There is nothing to do: no --new-key-file, and no --new-data-key.");
  }
  VESTA_CHECK_OK(store::sqlite::rewrap_keys(store.data, *key, next.value_or(*key),
                                            options.is_data_key_renewed ? DataKey::renewed : DataKey::kept));
  return next.value_or(*key) == *key ? SiteKey::kept : SiteKey::another;
}

}  // namespace

int run_rekey(const RekeyOptions& options, const StoreConfig& store, std::ostream& out, std::ostream& errors) {
  const Result<SiteKey> done = rekey(options, store);
  if (!done.ok()) {
    errors << "vesta: " << done.error().message << '\n';
    return 1;
  }
  out << (*done == SiteKey::kept ? "the key of the site is the same\n"
                                 : "the store opens with the new key, and no longer with the one before\n");
  if (options.is_data_key_renewed) out << "what opens the store from now on writes under a new data key\n";
  return 0;
}

}  // namespace vesta::server::commands
