// Choice of the engine, and the callback by which it rebuilds its index.
#include "server/store_setup.h"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "base/log.h"
#include "jobs/alone.h"
#include "jobs/node.h"
#include "search/extract.h"
#include "server/store_key.h"
#include "store/copy.h"
#include "store/memory/memory_store.h"
#include "store/postgres/postgres_store.h"
#include "store/postgres/view_tables.h"
#include "store/scratch.h"
#include "store/sqlite/sqlite_store.h"
#include "store/sqlite/store_keys.h"
#include "store/sqlite/view_tables.h"

namespace vesta::server {
namespace {

inline constexpr std::uint64_t kProgressStep = 100'000;  // resources between two lines of a rebuild's progress

// A rebuild takes about a minute per million resources.
inline constexpr std::chrono::hours kMaxIndexWait{12};
inline constexpr std::chrono::milliseconds kIndexPoll{20};

// An empty file is none: SQLite would take it for a new database.
bool holds_store(const std::string& folder) {
  std::error_code code;
  const auto bytes = std::filesystem::file_size(std::filesystem::path(folder) / "vesta.db", code);
  return !code && bytes > 0;
}

void log_progress(std::uint64_t done, std::uint64_t of) {
  if (done % kProgressStep == 0 || done == of) log::info("rebuilding the index", {{"done", done}, {"of", of}});
}

// The values live until the next call on this thread.
Result<search::IndexValues> index_again(const search::Registry& registry, const store::Version& version) {
  thread_local std::unique_ptr<store::Scratch> scratch;
  const bool is_kept = scratch != nullptr && scratch->longest_text() <= store::kMaxKeptText;
  if (!is_kept) scratch = std::make_unique<store::Scratch>(registry.definitions());
  scratch->reset();
  VESTA_TRY(const fhir::Node* const tree, scratch->read(version));
  return search::extract(registry, *tree, scratch->arena);
}

}  // namespace

std::string engine_name(const StoreConfig& config) {
  return is_postgres(config) ? "postgresql" : config.engine;
}

Result<StoreKeys> open_store_keys(const StoreConfig& config, OpenMode mode) {
  const char* const environment = config.key.has_environment ? std::getenv("VESTA_STORE_KEY") : nullptr;
  VESTA_TRY(const auto key, read_store_key(config.key, environment));
  if (is_postgres(config) && key.has_value()) {
    return make_error(Category::unsupported, "Encrypted stores are SQLite's alone (--store sqlite).");
  }
  if (config.engine != "sqlite") return StoreKeys();
  const auto missing =
      mode == OpenMode::create ? store::sqlite::MissingKeys::are_made : store::sqlite::MissingKeys::are_an_error;
  if (key.has_value() && mode == OpenMode::existing && !holds_store(config.data)) {
    return make_error(Category::not_found, "There is no store in " + config.data + ".");
  }
  return store::sqlite::open_keys(config.data, key, missing);
}

Result<std::unique_ptr<store::Store>> open_store(const StoreConfig& config, const StoreKeys& keys, OpenMode mode,
                                                 const search::Registry& registry, Clock& clock, Metrics* metrics,
                                                 cache::Cache* cache) {
  VESTA_TRY(auto store, open_any_store(config, keys, mode, registry, clock, metrics, cache));
  VESTA_TRY(const bool is_unfinished, store::is_unfinished_copy(*store));
  if (!is_unfinished) return store;
  return make_error(Category::unavailable, "The store is a copy that is not finished: run `vesta copy` again.");
}

Result<std::unique_ptr<store::Store>> open_any_store(const StoreConfig& config, const StoreKeys& keys, OpenMode mode,
                                                     const search::Registry& registry, Clock& clock, Metrics* metrics,
                                                     cache::Cache* cache) {
  if (config.engine == "memory") return store::memory::open(registry, clock);
  if (is_postgres(config)) {
    store::postgres::OpenOptions options;
    options.url = config.engine;
    options.registry = &registry;
    options.clock = &clock;
    options.metrics = metrics;
    options.cache = cache;
    options.running_searches = config.running_searches;
    return store::postgres::open(options);
  }
  if (config.engine != "sqlite") return make_error(Category::invalid, "There is no store '" + config.engine + "'.");
  if (mode == OpenMode::existing && !holds_store(config.data)) {
    return make_error(Category::not_found, "There is no store in " + config.data + ".");
  }
  store::sqlite::OpenOptions options;
  options.directory = config.data;
  options.registry = &registry;
  options.clock = &clock;
  options.metrics = metrics;
  options.running_searches = config.running_searches;
  options.keys = keys;
  options.reindex = [&registry](const store::Version& version) { return index_again(registry, version); };
  options.progress = log_progress;
  return store::sqlite::open(std::move(options));
}

Status check_clock(const StoreConfig& config, Clock& clock) {
  VESTA_TRY(const std::chrono::microseconds ahead, store::postgres::clock_ahead(config.engine, clock));
  if (std::chrono::abs(ahead) <= jobs::kMaxClockDifference) return kOk;
  return make_error(Category::unavailable, "The database's clock is " + std::to_string(ahead.count() / 1000) +
                                               " ms ahead of this machine's: set both by the same source.");
}

Result<std::unique_ptr<store::ViewTables>> open_view_tables(const StoreConfig& config, const StoreKeys& keys,
                                                            bool may_create) {
  if (is_postgres(config)) return store::postgres::open_view_tables(config.engine, may_create);
  const bool is_there = config.engine == "sqlite" && (may_create || store::sqlite::has_view_tables(config.data));
  if (!is_there) return std::unique_ptr<store::ViewTables>();
  return store::sqlite::open_view_tables(config.data, keys);
}

Result<std::unique_ptr<store::ViewQuery>> open_view_query(const StoreConfig& config, const StoreKeys& keys) {
  if (is_postgres(config)) return store::postgres::open_view_query(config.engine);
  if (config.engine != "sqlite") {
    return make_error(Category::unsupported, "The store '" + config.engine + "' has no tables of views.");
  }
  return store::sqlite::open_view_query(config.data, keys);
}

Status check_may_serve(const StoreConfig& config, const search::Registry& registry) {
  return store::postgres::check_may_serve(config.engine, registry);
}

Status migrate_store(const StoreConfig& config, const search::Registry& registry, const std::string& serving_role) {
  if (!is_postgres(config)) {
    return make_error(Category::invalid, "There is nothing to migrate: --store names no PostgreSQL database.");
  }
  store::postgres::Migration migration;
  migration.url = config.engine;
  migration.registry = &registry;
  migration.extract = [&registry](const store::Version& version) { return index_again(registry, version); };
  migration.progress = log_progress;
  migration.check_alone = [&config] {
    return jobs::check_alone([&config] { return store::postgres::property_of(config.engine, jobs::kNodesKey); },
                             system_clock());
  };
  migration.nodes_key = jobs::kNodesKey;
  migration.serving_role = serving_role;
  return store::postgres::migrate(migration);
}

// `busy` says that the rebuild goes on. Whatever else is wrong does not end by waiting.
void wait_for_index(store::Store& store) {
  const auto is_rebuilding = [&store] {
    const Status writable = store.writable();
    return !writable.ok() && writable.error().category == Category::busy;
  };
  if (!is_rebuilding()) return;
  log::info("waiting for the store: its index is being rebuilt");
  const auto deadline = std::chrono::steady_clock::now() + kMaxIndexWait;
  while (is_rebuilding()) {
    if (std::chrono::steady_clock::now() >= deadline) {
      const std::int64_t hours = kMaxIndexWait.count();
      return log::warning("the index is still being rebuilt: going on without waiting", {{"hours_waited", hours}});
    }
    std::this_thread::sleep_for(kIndexPoll);
  }
}

}  // namespace vesta::server
