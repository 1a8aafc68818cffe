// Current versions that nodes hand to one another through a cache: their form there, and whose they are.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/postgres/connection.h"
#include "store/store.h"

namespace vesta::store::postgres {

inline constexpr std::chrono::hours kSharedFor{1};

// Known to have been current as of a seq.
struct SharedVersion {
  std::int64_t as_of = 0;
  Version version;
};

std::string write_shared(const Version& version, std::int64_t as_of);
// None: it is nothing that write_shared() made. What stands in the key (type and id) is the caller's.
std::optional<SharedVersion> read_shared(std::string_view bytes);

// Under which a version is kept. `type` is the database's number.
std::string shared_key(std::string_view identity, std::int64_t type, std::string_view id);

// Of the history that the database has: another one after it was restored, copied, failed over, or just started again,
// since seqs may then mean other versions than before.
Result<std::string> read_identity(Connection& connection);

}  // namespace vesta::store::postgres
