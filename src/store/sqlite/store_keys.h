// vesta.keys: the data keys of a store, wrapped by the key of its site. docs/formats/store.md
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "store/sqlite/page_cipher.h"
#include "store/sqlite/secret_key.h"

namespace vesta::store::sqlite {

inline constexpr const char* kKeysFile = "vesta.keys";

// Of the store in `directory`. nullopt: it is not encrypted, and nobody has given a key. Errors: unavailable: the store
// is encrypted and there is no key, or the other way round; the key is another one; the file is damaged or cannot be
// used, or it is missing and the store looks encrypted.
enum class MissingKeys {
  are_made,      // if there is no store yet; and the folder, if it is missing
  are_an_error,  // of who gives a key
};
Result<std::optional<DataKeys>> open_keys(const std::string& directory, const std::optional<SecretKey>& site_key,
                                          MissingKeys missing);

// Wraps the data keys anew, under `next`, and adds one if it is `renewed`: what opens the store from then on writes
// under that. A process that has the store open goes on with what it has read. Errors: as above; unavailable: another
// process does the same.
enum class DataKey { kept, renewed };
Status rewrap_keys(const std::string& directory, const SecretKey& site_key, const SecretKey& next, DataKey data_key);

}  // namespace vesta::store::sqlite
