// MappingVfs: SQLite's own VFS for files, whose connections keep a file mapped while others write it.
#pragma once

#include <cstdint>

namespace vesta::store::sqlite {

// A file that has grown by so much is mapped anew; until then SQLite reads what is behind the mapping.
inline constexpr std::int64_t kLeastGrowth = 64 * 1024 * 1024;  // bytes, or a sixteenth of the file if that is more

// Stores are never vacuumed: their files do not become shorter while they are open.
//
// SQLite takes a reader's mapping away with each commit of others, for another program might have cut the file in a
// way that leaves the mapping invalid elsewhere. On Linux a shared mapping stays the file's; and mapping it again costs
// a page fault for each page that is read, more than the reading itself. https://www.sqlite.org/mmap.html
//
// The name under which it is registered, once for the process.
const char* mapping_vfs();

}  // namespace vesta::store::sqlite
