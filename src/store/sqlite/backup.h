// Backup: a store's files as they are at one moment, while another process writes to them or not.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "store/sqlite/page_cipher.h"

namespace vesta::store::sqlite {

struct BackedUp {
  std::uint64_t seq = 0;    // the newest commit that is in it
  std::uint64_t audit = 0;  // the last entry of the audit log that is in it
  std::uint64_t bytes = 0;  // of its files
};

// `directory`: of a store; `keys`: what open_keys has found there. Pages go over as they are, those of an encrypted
// store encrypted anew under the same data keys, whose file goes with them. Tables of views stay: they are made of the
// store. The log of a store that is written to meanwhile grows until it ends. `target` appears when all is on the disk;
// before, it is `target` with ".partial", which the next run takes away. Errors: conflict: `target` is there;
// unavailable: files cannot be read or written.
Result<BackedUp> back_up(const std::string& directory, const std::optional<DataKeys>& keys, const std::string& target);

}  // namespace vesta::store::sqlite
