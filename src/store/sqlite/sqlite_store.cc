// SqliteStore: puts the pieces together behind the contract.
#include "store/sqlite/sqlite_store.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <span>

#include "base/check.h"
#include "search/readiness.h"
#include "store/search_gate.h"
#include "store/sqlite/audit_log.h"
#include "store/sqlite/encrypted_vfs.h"
#include "store/sqlite/forget.h"
#include "store/sqlite/lock_file.h"
#include "store/sqlite/readers.h"
#include "store/sqlite/reindex.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/search.h"
#include "store/sqlite/shared_statements.h"
#include "store/sqlite/take_over.h"
#include "store/sqlite/verify.h"
#include "store/sqlite/versions.h"
#include "store/sqlite/writer.h"
#include "store/write_set_limits.h"

namespace vesta::store::sqlite {
namespace {

constexpr Sql kProperty{"SELECT value FROM property WHERE key = ?1"};
constexpr Sql kCounts{
    "SELECT coalesce(sum(resources), 0), coalesce(sum(versions), 0) FROM type_count WHERE versions > 0"};

class SqliteStore final : public Store {
 public:
  // `encryption`: null: none; else what options.vfs names.
  SqliteStore(OpenOptions options, std::unique_ptr<LockFile> lock, std::unique_ptr<EncryptedVfs> encryption)
      : options_(std::move(options)),
        path_(options_.directory + "/vesta.db"),
        lock_(std::move(lock)),
        encryption_(std::move(encryption)),
        catalog_(*options_.registry),
        shared_(*options_.registry, options_.tuning, values_.stamps(), ids_),
        readers_(path_, options_.vfs),
        gate_(options_.running_searches != 0 ? options_.running_searches
                                             : places_of_processors(kSearchesOfAProcessor)) {}

  // Migrates, loads, and starts the writer. Once.
  Status start();

  Result<std::optional<Version>> read(fhir::TypeId type, std::string_view id) override {
    VESTA_TRY(Readers::Lease lease, readers_.take(Readers::Transaction::none));
    return Versions(*lease, catalog_, bodies_).read(type, id);
  }
  Result<std::optional<Version>> read_version(fhir::TypeId type, std::string_view id, VersionId version) override {
    VESTA_TRY(Readers::Lease lease, readers_.take(Readers::Transaction::snapshot));
    return Versions(*lease, catalog_, bodies_).read_version(type, id, version);
  }
  Result<HistoryPage> history(const HistoryQuery& query) override {
    VESTA_TRY(Readers::Lease lease, readers_.take(Readers::Transaction::snapshot));
    return Versions(*lease, catalog_, bodies_).history(query);
  }
  Result<SearchPage> search(std::span<const search::Query> queries, const SearchOptions& options) override {
    if (writer_->preparing()) VESTA_CHECK_OK(writer_->writable());
    VESTA_TRY(const SearchGate::Pass pass, gate_.enter());
    VESTA_TRY(Readers::Lease lease, readers_.take(Readers::Transaction::snapshot));
    VESTA_TRY(SearchPage page, run_search(*lease, {catalog_, bodies_, options_.tuning, counts_, values_, ids_, shared_},
                                          queries, options));
    // Behind the search: the rows of a parameter go once it is retired, so what is not retired now was whole.
    VESTA_CHECK_OK(search::check_ready(catalog_.registry(), queries, options.includes, options.visible));
    return page;
  }
  Result<std::vector<Written>> commit(WriteSet& writes) override {
    VESTA_CHECK_OK(check_limits(writes));
    auto written = writer_->commit(writes);
    if (written.ok()) counts_.note_writes(writes.writes.size());
    return written;
  }
  Result<std::vector<Version>> changes(CommitSeq after, std::uint32_t count) override {
    VESTA_TRY(Readers::Lease lease, readers_.take(Readers::Transaction::none));
    return Versions(*lease, catalog_, bodies_).changes(after, count);
  }
  CommitSeq newest() override { return writer_->newest(); }
  CommitSeq newest(fhir::TypeId type) override { return writer_->newest(type); }
  std::uint64_t newest_audit() override { return writer_->newest_audit(); }
  Result<std::vector<AuditEntry>> audit(std::uint64_t after, std::uint32_t count) override {
    VESTA_TRY(Readers::Lease lease, readers_.take(Readers::Transaction::none));
    return audit_entries(*lease, after, count);
  }
  Result<std::optional<std::string>> property(std::string_view key) override;
  Result<std::vector<Property>> properties(std::string_view after, std::uint32_t count) override {
    VESTA_TRY(Readers::Lease lease, readers_.take(Readers::Transaction::none));
    return list_properties(*lease, after, count);
  }
  Result<std::vector<PlaceInOrder>> places(std::uint64_t after, std::uint32_t count) override {
    VESTA_TRY(Readers::Lease lease, readers_.take(Readers::Transaction::none));
    return list_places(*lease, catalog_, after, count);
  }
  Status take_over(std::span<const PlaceInOrder> places, std::uint64_t index_epoch) override {
    const std::vector<PlaceToTake> taken = places_to_take(catalog_, places);
    return writer_->run_in_transaction([&](Connection& connection) -> Status {
      VESTA_CHECK_OK(take_places(connection, taken));
      return raise_index_epoch(connection, index_epoch);
    });
  }
  Result<Statistics> statistics() override;
  Status writable() override { return writer_->writable(); }
  Result<bool> forget(const std::vector<search::ParameterId>& parameters) override;
  Result<std::uint64_t> verify(const Extract& extract, const std::function<void(std::string)>& report) override {
    if (writer_->preparing()) VESTA_CHECK_OK(writer_->writable());
    VESTA_TRY(Readers::Lease lease, readers_.take(Readers::Transaction::snapshot));
    return verify_store(*lease, catalog_, bodies_, extract, report);
  }

 private:
  Result<Writer::Preparation> preparation(Connection& connection);

  const OpenOptions options_;
  const std::string path_;
  // Destroyed in the reverse order: readers, writer (which makes the last checkpoint), and the lock at the very end.
  std::unique_ptr<LockFile> lock_;
  std::unique_ptr<EncryptedVfs> encryption_;
  Catalog catalog_;
  Bodies bodies_;
  UnusedNumbers unused_;
  KeptValues values_;
  IdKeys ids_;
  SharedPlans shared_;
  std::unique_ptr<Writer> writer_;
  Readers readers_;
  SearchGate gate_;
  ValueCounts counts_;
};

Status SqliteStore::start() {
  VESTA_TRY(std::unique_ptr<Connection> connection, Connection::open(path_, options_.vfs, Connection::Role::writer));
  connection->tell(values_.stamps());
  VESTA_CHECK_OK(create_or_migrate(*connection));
  VESTA_CHECK_OK(catalog_.load(*connection));
  VESTA_CHECK_OK(bodies_.load(*connection));
  VESTA_TRY(Writer::Preparation prepare, preparation(*connection));
  Clock& clock = options_.clock == nullptr ? system_clock() : *options_.clock;
  const auto check = [this](Connection& writer, const Condition& condition) {
    return check_condition(writer, catalog_, condition);
  };
  writer_ = std::make_unique<Writer>(std::move(connection), catalog_, bodies_, clock, options_.metrics, check,
                                     options_.tuning.fold_delay);
  return writer_->start(std::move(prepare));
}

// The rebuild of the index, if it is needed; else null.
Result<Writer::Preparation> SqliteStore::preparation(Connection& connection) {
  const std::string_view fingerprint = catalog_.registry().fingerprint();
  VESTA_TRY(const IndexState state, index_state(connection, fingerprint));
  if (state == IndexState::fresh) VESTA_CHECK_OK(set_fingerprint(connection, fingerprint));
  if (state != IndexState::outdated) return Writer::Preparation();
  VESTA_CHECK_OK(raise_index_epoch(connection));
  if (!options_.reindex) {
    return make_error(Category::unavailable, "the store was indexed under other search parameters and must be rebuilt");
  }
  return Writer::Preparation([this](Connection& writer, const std::atomic<bool>& stopping) {
    return rebuild_index(writer, catalog_, bodies_, {options_.reindex, options_.progress}, stopping);
  });
}

Result<std::optional<std::string>> SqliteStore::property(std::string_view key) {
  VESTA_TRY(Readers::Lease lease, readers_.take(Readers::Transaction::none));
  Cursor cursor(*lease, kProperty);
  cursor.text(1, key);
  std::optional<std::string> value;
  if (cursor.step()) value = cursor.bytes_at(0);
  VESTA_CHECK_OK(cursor.status());
  return value;
}

Result<bool> SqliteStore::forget(const std::vector<search::ParameterId>& parameters) {
  if (writer_->preparing()) VESTA_CHECK_OK(writer_->writable());
  const std::uint64_t generation = catalog_.registry().generation();
  std::vector<std::int64_t> numbers = numbers_of(catalog_, parameters);
  const std::size_t asked = numbers.size();  // these may get rows again at any time
  const bool has_all = unused_.append(catalog_, generation, numbers);
  if (numbers.empty()) return true;
  std::size_t emptied = 0;
  VESTA_CHECK_OK(writer_->run_in_transaction([&](Connection& connection) -> Status {
    VESTA_TRY(emptied, forget_rows(connection, numbers));
    return kOk;
  }));
  if (emptied > asked) unused_.set_empty(generation, std::span(numbers).subspan(asked, emptied - asked));
  return has_all && emptied == numbers.size();
}

Result<Statistics> SqliteStore::statistics() {
  VESTA_TRY(Readers::Lease lease, readers_.take(Readers::Transaction::snapshot));
  Statistics statistics;
  Cursor counts(*lease, kCounts);
  if (counts.step()) {
    statistics.resources = static_cast<std::uint64_t>(counts.integer_at(0));
    statistics.versions = static_cast<std::uint64_t>(counts.integer_at(1));
  }
  VESTA_CHECK_OK(counts.status());
  Cursor seq(*lease, kLastSeq);
  if (seq.step()) statistics.last_seq = {static_cast<std::uint64_t>(seq.integer_at(0))};
  VESTA_CHECK_OK(seq.status());
  VESTA_TRY(statistics.index_epoch, index_epoch(*lease));
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::error_code missing;
    const auto size = std::filesystem::file_size(path_ + suffix, missing);
    if (!missing) statistics.bytes += size;
  }
  return statistics;
}

}  // namespace

Result<std::unique_ptr<Store>> open(OpenOptions options) {
  CHECK(options.registry != nullptr);
  std::error_code failed;
  std::filesystem::create_directories(options.directory, failed);
  if (failed) {
    return make_error(Category::unavailable, "cannot create " + options.directory + ": " + failed.message());
  }
  VESTA_TRY(std::unique_ptr<LockFile> lock, LockFile::acquire(options.directory + "/vesta.lock"));
  std::unique_ptr<EncryptedVfs> encryption;
  if (options.keys.has_value()) {
    encryption = std::make_unique<EncryptedVfs>(options.vfs, std::move(*options.keys), "vesta.db");
    options.keys.reset();
    options.vfs = encryption->name();
  }
  auto store = std::make_unique<SqliteStore>(std::move(options), std::move(lock), std::move(encryption));
  VESTA_CHECK_OK(store->start());
  return std::unique_ptr<Store>(std::move(store));
}

}  // namespace vesta::store::sqlite
