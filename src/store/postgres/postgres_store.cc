// PostgresStore: puts the pieces together behind the contract.
#include "store/postgres/postgres_store.h"

#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/log.h"
#include "base/mutex.h"
#include "identity/digest.h"
#include "search/readiness.h"
#include "store/postgres/catalog.h"
#include "store/postgres/current_versions.h"
#include "store/postgres/distribution.h"
#include "store/postgres/forget.h"
#include "store/postgres/grants.h"
#include "store/postgres/newest.h"
#include "store/postgres/pool.h"
#include "store/postgres/reindex.h"
#include "store/postgres/row_counts.h"
#include "store/postgres/schema.h"
#include "store/postgres/search.h"
#include "store/postgres/take_over.h"
#include "store/postgres/verify.h"
#include "store/postgres/versions.h"
#include "store/postgres/writer.h"
#include "store/search_gate.h"
#include "store/write_set_limits.h"

namespace vesta::store::postgres {
namespace {

constexpr std::size_t kNodeBytes = 16;

Status check_may_serve(Connection& connection, const search::Registry& registry) {
  VESTA_CHECK_OK(check_schema(connection, schema_steps(false)));
  return check_fingerprint(connection, registry.fingerprint());
}

Result<bool> is_of_this_machine(Connection& connection) {
  VESTA_TRY(const Rows rows,
            connection.run("SELECT inet_server_addr() IS NULL OR inet_server_addr() = inet_client_addr()", {},
                           Connection::Keep::once));
  return rows.boolean(0, 0);
}

class PostgresStore final : public Store {
 public:
  explicit PostgresStore(const OpenOptions& options)
      : running_searches_(options.running_searches),
        pool_(options.url, options.connections == 0 ? kDefaultConnections : options.connections),
        catalog_(*options.registry, pool_),
        newest_(options.url, catalog_),
        current_(pool_, catalog_, newest_, options.metrics, options.cache_bytes, options.cache),
        counts_(newest_, options.max_walked),
        writer_(options.url, catalog_, newest_, options.clock == nullptr ? system_clock() : *options.clock,
                options.metrics, identity::random_bytes(system_random(), kNodeBytes)) {}

  Status start() {
    VESTA_CHECK_OK(
        pool_.read<Ok>([this](Connection& connection) { return check_may_serve(connection, catalog_.registry()); }));
    VESTA_TRY(const bool is_here, pool_.read<bool>(is_of_this_machine));
    const std::size_t unasked = is_here ? places_of_processors(kSearchesOfAProcessor) : kDefaultConnections;
    gate_.emplace(running_searches_ != 0 ? running_searches_ : unasked);
    VESTA_CHECK_OK(catalog_.load());
    VESTA_CHECK_OK(newest_.start());
    return writer_.start();
  }

  Result<std::optional<Version>> read(fhir::TypeId type, std::string_view id) override {
    return current_.read(type, id);
  }
  void when_readable(fhir::TypeId type, std::string_view id, std::function<void()> go) override {
    current_.when_readable(type, id, std::move(go));
  }
  Result<std::optional<Version>> read_version(fhir::TypeId type, std::string_view id, VersionId version) override {
    return pool_.read<std::optional<Version>>(
        [&](Connection& connection) { return read_old(connection, catalog_, type, id, version); });
  }
  Result<HistoryPage> history(const HistoryQuery& query) override {
    return pool_.read<HistoryPage>([&](Connection& connection) { return read_history(connection, catalog_, query); });
  }
  Result<SearchPage> search(std::span<const search::Query> queries, const SearchOptions& options) override {
    VESTA_TRY(const SearchGate::Pass pass, gate_->enter());
    VESTA_TRY(SearchPage page, pool_.read<SearchPage>([&](Connection& connection) {
      return run_search(connection, catalog_, counts_, queries, options);
    }));
    // Behind the search: the rows of a parameter go once it is retired, so what is not retired now was whole.
    VESTA_CHECK_OK(search::check_ready(catalog_.registry(), queries, options.includes, options.visible));
    return page;
  }
  Result<std::vector<Written>> commit(WriteSet& writes) override {
    VESTA_CHECK_OK(check_limits(writes));
    return writer_.commit(writes);
  }
  Result<std::vector<Version>> changes(CommitSeq after, std::uint32_t count) override {
    return pool_.read<std::vector<Version>>(
        [&](Connection& connection) { return read_changes(connection, catalog_, after, count); });
  }
  CommitSeq newest() override { return {newest_.seq()}; }
  CommitSeq newest(fhir::TypeId type) override { return {newest_.seq(type)}; }
  std::uint64_t newest_audit() override { return newest_.audit(); }
  Result<std::vector<AuditEntry>> audit(std::uint64_t after, std::uint32_t count) override {
    return pool_.read<std::vector<AuditEntry>>(
        [&](Connection& connection) { return read_audit(connection, after, count); });
  }
  Result<std::optional<std::string>> property(std::string_view key) override {
    return pool_.read<std::optional<std::string>>(
        [&](Connection& connection) { return read_property(connection, key); });
  }
  Result<std::vector<Property>> properties(std::string_view after, std::uint32_t count) override {
    return pool_.read<std::vector<Property>>(
        [&](Connection& connection) { return list_properties(connection, after, count); });
  }
  Result<std::vector<PlaceInOrder>> places(std::uint64_t after, std::uint32_t count) override {
    return pool_.read<std::vector<PlaceInOrder>>(
        [&](Connection& connection) { return list_places(connection, catalog_, after, count); });
  }
  Status take_over(std::span<const PlaceInOrder> places, std::uint64_t index_epoch) override {
    return pool_.read<Ok>(
        [&](Connection& connection) { return take_places(connection, catalog_, places, index_epoch); });
  }
  Result<Statistics> statistics() override {
    return pool_.read<Statistics>([](Connection& connection) { return read_statistics(connection); });
  }
  Status writable() override {
    if (newest_.is_lost()) return make_error(Category::unavailable, "the database does not answer");
    return writer_.writable();
  }
  Result<bool> forget(const std::vector<search::ParameterId>& parameters) override;
  Result<std::uint64_t> verify(const Extract& extract, const std::function<void(std::string)>& report) override {
    return pool_.read<std::uint64_t>(
        [&](Connection& connection) { return verify_store(connection, catalog_, extract, report); });
  }

 private:
  const std::size_t running_searches_;
  Pool pool_;
  std::optional<SearchGate> gate_;  // from start() on
  Catalog catalog_;
  NewestWatch newest_;
  CurrentVersions current_;
  RowCounts counts_;
  Writer writer_;
  // Unused parameters of which no row is left, as of a generation of the Registry: nobody adds any.
  Mutex emptied_mutex_;
  std::set<std::int32_t> emptied_ GUARDED_BY(emptied_mutex_);
  std::uint64_t emptied_generation_ GUARDED_BY(emptied_mutex_) = 0;
};

Result<bool> PostgresStore::forget(const std::vector<search::ParameterId>& parameters) {
  const std::uint64_t generation = catalog_.registry().generation();
  Catalog::Unused unused = catalog_.unused();
  {
    const MutexLock lock(emptied_mutex_);
    if (emptied_generation_ == generation)
      std::erase_if(unused.parameters,
                    [this](std::int32_t number) REQUIRES(emptied_mutex_) { return emptied_.contains(number); });
  }
  std::set<std::int32_t> all = unused.parameters, types = unused.types;
  for (const search::ParameterId parameter : parameters) {
    VESTA_TRY(const std::int32_t number, catalog_.number_of(parameter));
    all.insert(number);
    types.insert(catalog_.number_of_type(catalog_.registry().parameter(parameter).type));
  }
  if (all.empty()) return true;
  VESTA_TRY(const bool is_done, pool_.read<bool>([&](Connection& connection) {
    return forget_rows(connection, catalog_, {all.begin(), all.end()}, {types.begin(), types.end()});
  }));
  if (!is_done) return false;
  const MutexLock lock(emptied_mutex_);
  if (emptied_generation_ != generation) emptied_.clear();
  emptied_generation_ = generation;
  emptied_.insert(unused.parameters.begin(), unused.parameters.end());
  return true;
}

}  // namespace

Result<std::unique_ptr<Store>> open(const OpenOptions& options) {
  CHECK(options.registry != nullptr);
  auto store = std::make_unique<PostgresStore>(options);
  VESTA_CHECK_OK(store->start());
  return std::unique_ptr<Store>(std::move(store));
}

Status migrate(const Migration& migration) {
  CHECK(migration.registry != nullptr);
  Alone alone{migration.nodes_key, migration.check_alone};
  if (!alone.check) alone = {"", [] { return Result<std::optional<std::string>>(std::nullopt); }};
  {
    VESTA_TRY(const std::unique_ptr<Connection> connection, Connection::open(migration.url));
    VESTA_TRY(const bool with_citus, has_citus(*connection));
    VESTA_CHECK_OK(migrate_schema(*connection, schema_steps(with_citus), alone));
    if (!migration.serving_role.empty()) VESTA_CHECK_OK(grant_to(*connection, migration.serving_role));
  }
  Pool pool(migration.url, 1);
  Catalog catalog(*migration.registry, pool);
  VESTA_CHECK_OK(catalog.load());
  if (catalog.is_distributed()) log::info("the tables are distributed by Citus");
  VESTA_TRY(const std::unique_ptr<Connection> connection, Connection::open(migration.url));
  return rebuild_index(*connection, catalog, migration, alone);
}

Status check_may_serve(const std::string& url, const search::Registry& registry) {
  VESTA_TRY(const std::unique_ptr<Connection> connection, Connection::open(url));
  return check_may_serve(*connection, registry);
}

Result<std::optional<std::string>> property_of(const std::string& url, std::string_view key) {
  VESTA_TRY(const std::unique_ptr<Connection> connection, Connection::open(url));
  VESTA_TRY(const Rows has_table, connection->run("SELECT to_regclass('property') IS NOT NULL"));
  if (!has_table.boolean(0, 0)) return std::optional<std::string>();
  return read_property(*connection, key);
}

Result<std::chrono::microseconds> clock_ahead(const std::string& url, Clock& clock) {
  VESTA_TRY(const std::unique_ptr<Connection> connection, Connection::open(url));
  const Instant before = clock.now();
  VESTA_TRY(const Rows rows, connection->run("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"));
  const Instant after = clock.now();
  return std::chrono::microseconds(rows.integer(0, 0) - before.value - (after.value - before.value) / 2);
}

}  // namespace vesta::store::postgres
