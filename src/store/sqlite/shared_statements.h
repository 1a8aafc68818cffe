// Statements over the resource table that several files prepare.
#pragma once

#include "store/sqlite/connection.h"

namespace vesta::store::sqlite {

inline constexpr Sql kSelectIndexed{"SELECT indexed FROM resource WHERE key = ?1"};
inline constexpr Sql kSetIndexed{"UPDATE resource SET indexed = ?2 WHERE key = ?1"};
inline constexpr Sql kSelectTypeAndId{"SELECT type, id FROM resource WHERE key = ?1"};
inline constexpr Sql kLastSeq{
    "SELECT max(coalesce((SELECT max(seq) FROM history), 0), coalesce((SELECT seq FROM resource INDEXED BY resource_seq"
    " WHERE state = 1 ORDER BY seq DESC LIMIT 1), 0))"};
inline constexpr Sql kMaxKey{"SELECT max(key) FROM resource"};

}  // namespace vesta::store::sqlite
