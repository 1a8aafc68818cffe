// Versions: reads by id, histories and the change feed.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "store/sqlite/bodies.h"
#include "store/sqlite/catalog.h"
#include "store/sqlite/connection.h"
#include "store/store.h"

namespace vesta::store::sqlite {

// Reads on one connection; see the functions of Store of the same names.
class Versions {
 public:
  Versions(Connection& connection, const Catalog& catalog, const Bodies& bodies)
      : connection_(connection), catalog_(catalog), bodies_(bodies) {}

  Result<std::optional<Version>> read(fhir::TypeId type, std::string_view id);
  Result<std::optional<Version>> read_version(fhir::TypeId type, std::string_view id, VersionId version);
  Result<HistoryPage> history(const HistoryQuery& query);
  Result<std::vector<Version>> changes(CommitSeq after, std::uint32_t count);

 private:
  // Seqs with from <= seq < to, of everything, one type or one resource.
  struct Stretch {
    std::optional<std::int64_t> type;
    std::optional<std::int64_t> key;
    std::int64_t from = 0;
    std::int64_t to = INT64_MAX;
  };
  Status newest_first(const Stretch& stretch, std::uint32_t count, HistoryPage& page);
  Result<std::uint64_t> count(const Stretch& stretch);
  // The first seq of any version whose last_updated is at least `at`.
  Result<std::int64_t> first_seq_at(Instant at);

  Connection& connection_;
  const Catalog& catalog_;
  const Bodies& bodies_;
};

}  // namespace vesta::store::sqlite
