// Distribution: what is different where Citus distributes the tables by the resource's key.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "store/postgres/connection.h"

namespace vesta::store::postgres {

// The extension is in the database.
Result<bool> has_citus(Connection& connection);
// The tables are distributed. Errors: unavailable: some are, and not all together.
Result<bool> is_distributed(Connection& connection);
// Statements that distribute the tables, which are new; in a transaction.
std::string distribution_sql();
// In a transaction: one shard after the other from here on, so that schemas and functions may be changed behind tables.
inline constexpr const char* kOneByOne = "SET LOCAL citus.multi_shard_modify_mode TO 'sequential';";
// For a session that writes: by one connection to each worker, of which one phase of each commit is a round trip, and
// not by one for each shard.
inline constexpr const char* kWriteOneByOne = "SET citus.multi_shard_modify_mode TO 'sequential';";

// Citus commits in two phases: the coordinator's rows, and so the lock of `head`, are there before those of the shards.
// So writers hold, until all of it is over, an advisory lock beside that of `head`; and readers who rely on seeing all
// that is before a seq wait by a second one while a commit is on its way.
std::string lock_head(bool is_distributed, std::string_view columns);
inline constexpr const char* kHoldFeed = "SELECT pg_advisory_xact_lock(8241006, hashtext(current_schema()))";
inline constexpr const char* kAwaitFeed = "SELECT pg_advisory_xact_lock_shared(8241006, hashtext(current_schema()))";

// Begins to read, by several statements, the store as of one moment. Citus has no snapshot over several shards: there
// no commit goes on until the transaction ends. Elsewhere it is sent with the first statement.
Status begin_reading(Connection& connection, bool is_distributed);

// Where new resources stand: arrays of keys, types and ids. ON CONFLICT would open a connection for each shard.
inline constexpr const char* kInsertPlaces =
    "INSERT INTO place(key, type, id) SELECT * FROM unnest($1::bigint[], $2::integer[], $3::text[])";

// Rows as FROM and WHERE.
struct Selection {
  std::string from;
  std::string where;
};

// Those of `rows` whose columns are those of some of `others`, of another resource: a join, which the planner may begin
// at either end; where tables are distributed `others` are gathered first, as Citus joins nothing but by the key.
Selection linked(bool is_distributed, const Selection& rows, const std::string& columns, const Selection& others,
                 const std::string& other_columns);
// Behind keys `d` in a FROM: the row `r` of each. PostgreSQL is kept from joining in another order; Citus takes that
// only where it gathers nothing before.
std::string resource_of_each(bool is_distributed);

}  // namespace vesta::store::postgres
