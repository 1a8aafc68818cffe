// Statements over the resource table that several files prepare.
#pragma once

#include "store/sqlite/connection.h"

namespace vesta::store::sqlite {

inline constexpr Sql kSelectIndexed{"SELECT indexed FROM resource WHERE key = ?1"};
inline constexpr Sql kSetIndexed{"UPDATE resource SET indexed = ?2 WHERE key = ?1"};
inline constexpr Sql kSelectTypeAndId{"SELECT type, id FROM resource WHERE key = ?1"};
inline constexpr Sql kMaxKey{"SELECT max(key) FROM resource"};

}  // namespace vesta::store::sqlite
