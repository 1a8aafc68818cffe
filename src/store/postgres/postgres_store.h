// The PostgreSQL engine: a database that many nodes share, each with a writer thread and a pool of connections.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/metrics.h"
#include "cache/cache.h"
#include "search/index_value.h"
#include "search/parameter.h"
#include "store/store.h"

namespace vesta::store::postgres {

inline constexpr std::size_t kDefaultCacheBytes = 64 << 20;
inline constexpr std::int64_t kDefaultMaxWalked = 2'000;

// At the same time, if nothing else is said and the database is on the same machine: more make slow ones slower, and no
// others faster. On another machine: as many as there are connections.
inline constexpr double kSearchesOfAProcessor = 1.5;

struct OpenOptions {
  std::string url = {};  // as of libpq: postgresql://…; the first schema of its search_path is used
  const search::Registry* registry = nullptr;    // outlives the store
  Clock* clock = nullptr;                        // null: the system's
  Metrics* metrics = nullptr;                    // null: none
  std::size_t connections = 0;                   // for reads; 0: the default
  std::size_t running_searches = 0;              // at the same time, see SearchGate; 0: as above
  std::size_t cache_bytes = kDefaultCacheBytes;  // of current versions; 0: none is kept
  // Index rows that a search of several criteria may begin with; whatever it is, the answers are the same.
  std::int64_t max_walked = kDefaultMaxWalked;
  cache::Cache* cache = nullptr;  // of current versions, shared with other nodes; null: none
};

// Opens what migrate() has made. Errors: unavailable: no database is there, its tables are of a version that is not for
// this program or were indexed under other search parameters. The destructor finishes what is queued.
Result<std::unique_ptr<Store>> open(const OpenOptions& options);

using Extract = std::function<Result<search::IndexValues>(const Version&)>;
using Progress = std::function<void(std::uint64_t done, std::uint64_t of)>;

struct Migration {
  std::string url = {};
  const search::Registry* registry = nullptr;
  Extract extract = {};  // the index values of a version, whose views live until the next call
  Progress progress = {};
  // The property `nodes_key` as it was when no node served the database: asked before what nodes of the version that is
  // there could not bear. Errors: busy: one does. Empty: it is known that none does.
  std::function<Result<std::optional<std::string>>()> check_alone = {};
  std::string nodes_key = {};
  std::string serving_role = {};  // that of nodes, which gets the rights that they need; empty: the owner's, as here
};

// Makes the tables in an empty database, or brings them to this program's version; and indexes all resources anew, if
// they were indexed under other parameters. Errors: unavailable; those of `extract` and `check_alone`; internal: there
// is no such role.
Status migrate(const Migration& migration);

// Whether the tables and the index are still for this program: after it stands in the property by which a migration
// sees that it serves. Errors: unavailable: they are not.
Status check_may_serve(const std::string& url, const search::Registry& registry);

// A property of the store, whatever its version. nullopt also: there are no tables. Errors: unavailable.
Result<std::optional<std::string>> property_of(const std::string& url, std::string_view key);

// How far the database's clock is ahead of `clock`, by half of a round trip at most. Errors: unavailable.
Result<std::chrono::microseconds> clock_ahead(const std::string& url, Clock& clock);

}  // namespace vesta::store::postgres
