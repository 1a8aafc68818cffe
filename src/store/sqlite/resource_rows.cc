// Rows of `resource` and `history`: the forms of ids, lookups and decoding.
#include "store/sqlite/resource_rows.h"

namespace vesta::store::sqlite {
namespace {

constexpr Sql kFindResource{"SELECT key, version, state FROM resource WHERE type = ?1 AND id = ?2"};

constexpr std::size_t kUuidTextBytes = 36;
constexpr bool is_dash(std::size_t at) {
  return at == 8 || at == 13 || at == 18 || at == 23;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

StoredId store_id(std::string_view id) {
  if (id.size() != kUuidTextBytes) return {std::string(id), false};
  std::string bytes;
  bytes.reserve(16);
  for (std::size_t i = 0; i < id.size();) {
    if (is_dash(i)) {
      if (id[i++] != '-') return {std::string(id), false};
      continue;
    }
    const int high = hex_digit(id[i]);
    const int low = hex_digit(id[i + 1]);  // dashes stand at even places: a pair of digits never runs past the end
    if (high < 0 || low < 0) return {std::string(id), false};
    bytes.push_back(static_cast<char>(high << 4 | low));
    i += 2;
  }
  return {std::move(bytes), true};
}

std::string id_text(std::string_view bytes, bool is_uuid) {
  if (!is_uuid) return std::string(bytes);
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(kUuidTextBytes);
  for (const char c : bytes) {
    if (is_dash(text.size())) text.push_back('-');
    text.push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
    text.push_back(kDigits[static_cast<unsigned char>(c) & 0xF]);
  }
  return text;
}

std::string id_at(const Cursor& cursor, int column) {
  const bool is_uuid = cursor.type_at(column) == SQLITE_BLOB;
  return id_text(cursor.bytes_at(column), is_uuid);
}

Result<std::optional<ResourceHead>> find_resource(Connection& connection, std::int64_t type, const StoredId& id) {
  Cursor cursor(connection, kFindResource);
  cursor.integer(1, type);
  id.bind(cursor, 2);
  std::optional<ResourceHead> head;
  if (cursor.step()) {
    head = ResourceHead{cursor.integer_at(0), static_cast<std::uint64_t>(cursor.integer_at(1)),
                        static_cast<State>(cursor.integer_at(2))};
  }
  VESTA_CHECK_OK(cursor.status());
  return head;
}

namespace {

Version without_tail(const Catalog& catalog, const Cursor& cursor, int first) {
  Version version;
  version.type = catalog.type_of(cursor.integer_at(first));
  version.id = id_at(cursor, first + 1);
  version.version = {static_cast<std::uint64_t>(cursor.integer_at(first + 2))};
  version.last_updated = from_stored_time(cursor.integer_at(first + 3));
  version.seq = {static_cast<std::uint64_t>(cursor.integer_at(first + 4))};
  version.deleted = static_cast<State>(cursor.integer_at(first + 5)) == State::deleted;
  return version;
}

Status decompress_tail(const Bodies& bodies, const Cursor& cursor, int first, Version& version) {
  return bodies.decompress(cursor.integer_at(first + 6), cursor.bytes_at(first + 7), version.tail);
}

}  // namespace

Result<Version> version_at(const Catalog& catalog, const Bodies& bodies, const Cursor& cursor, int first) {
  Version version = without_tail(catalog, cursor, first);
  if (!version.deleted) VESTA_CHECK_OK(decompress_tail(bodies, cursor, first, version));
  return version;
}

Result<Version> kept_version_at(const Catalog& catalog, const Bodies& bodies, const Cursor& cursor) {
  Version version = without_tail(catalog, cursor, 0);
  if (version.deleted || bodies.kept().find(version.seq, version.tail)) return version;
  VESTA_CHECK_OK(decompress_tail(bodies, cursor, 0, version));
  bodies.kept().keep(version.seq, version.tail);
  return version;
}

}  // namespace vesta::store::sqlite
