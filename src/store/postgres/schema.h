// The tables, their version, and how one version becomes the next.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "store/postgres/connection.h"

namespace vesta::store::postgres {

inline constexpr int kSchemaVersion = 1;
inline constexpr std::int64_t kSeqsPerPartition = std::int64_t{1} << 24;  // versions in one partition of `history`

// Makes the tables, or those of the newest version out of an older one's: in one transaction, one caller at a time.
// Errors: unavailable (also: the tables are of a newer version than this program's).
Status migrate_schema(Connection& connection);
// Errors: unavailable: there are no tables, or they are of another version.
Status check_schema(Connection& connection);

// The partition of `history` that has this seq.
std::string history_partition_sql(std::int64_t seq);

}  // namespace vesta::store::postgres
