// Tables of views in a file of their own, which any tool that reads SQLite can open while it is written.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "store/sqlite/encrypted_vfs.h"
#include "store/sqlite/page_cipher.h"
#include "store/view_query.h"
#include "store/view_tables.h"

namespace vesta::store::sqlite {

inline constexpr const char* kViewsFile = "views.db";

// In `directory`, which is there; `keys`: what open_keys has found there. docs/views.md. Errors: unavailable: the file
// cannot be used, or is of another program or version.
Result<std::unique_ptr<ViewTables>> open_view_tables(const std::string& directory,
                                                     const std::optional<DataKeys>& keys = std::nullopt);
bool has_view_tables(const std::string& directory);
// Errors: not_found: there are none.
Result<std::unique_ptr<ViewQuery>> open_view_query(const std::string& directory,
                                                   const std::optional<DataKeys>& keys = std::nullopt);

// What the file is read and written through; null: it is plain.
std::unique_ptr<EncryptedVfs> make_views_encryption(const std::optional<DataKeys>& keys);

}  // namespace vesta::store::sqlite
