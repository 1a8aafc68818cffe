// Rows of the tables `resource` and `history`: ids as they are stored, and versions read from a row.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "store/sqlite/bodies.h"
#include "store/sqlite/catalog.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/schema.h"
#include "store/store.h"

namespace vesta::store::sqlite {

// An id as it is stored: a canonical lower-case UUID as its 16 bytes, anything else as text. The order of the stored
// bytes within each of the two forms is the order of the ids.
struct StoredId {
  std::string bytes;
  bool is_uuid = false;

  void bind(Cursor& cursor, int index) const {
    if (is_uuid)
      cursor.blob(index, bytes);
    else
      cursor.text(index, bytes);
  }
};
StoredId store_id(std::string_view id);
std::string id_text(std::string_view bytes, bool is_uuid);
std::string id_at(const Cursor& cursor, int column);

struct ResourceHead {
  std::int64_t key = 0;
  std::uint64_t version = 0;
  State state = State::named;
};
Result<std::optional<ResourceHead>> find_resource(Connection& connection, std::int64_t type, const StoredId& id);

// What all statements that read versions select, in this order. `id` comes from the row of `resource`.
#define VESTA_VERSION_COLUMNS(row) \
  "r.type, r.id, " row ".version, " row ".last_updated, " row ".seq, " row ".state, " row ".dictionary, " row ".body"

// The version in the current row of a cursor that selects VESTA_VERSION_COLUMNS from column `first`.
Result<Version> version_at(const Catalog& catalog, const Bodies& bodies, const Cursor& cursor, int first = 0);
// The same, with a tail that is kept or will be. Only for what is committed; what checks the store reads its bytes.
Result<Version> kept_version_at(const Catalog& catalog, const Bodies& bodies, const Cursor& cursor);

// Stored times are whole milliseconds.
constexpr std::int64_t to_stored_time(Instant instant) {
  return instant.value / 1000;
}
constexpr Instant from_stored_time(std::int64_t milliseconds) {
  return Instant{milliseconds * 1000};
}

}  // namespace vesta::store::sqlite
