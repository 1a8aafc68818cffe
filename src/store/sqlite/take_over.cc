// Statements over the rows of resources, and over the properties.
#include "store/sqlite/take_over.h"

#include <optional>

namespace vesta::store::sqlite {
namespace {

constexpr Sql kProperties{"SELECT key, value FROM property WHERE key > ?1 ORDER BY key LIMIT ?2"};
// What is contained has no seq.
constexpr Sql kPlaces{
    "SELECT r.key, r.type, r.id FROM resource r WHERE r.key > ?1 AND r.state > 0 AND r.seq IS NOT NULL"
    " ORDER BY r.key LIMIT ?2"};
constexpr Sql kTakePlace{"INSERT INTO resource(key, type, id, version, state) VALUES(?1, ?2, ?3, 0, 0)"};

}  // namespace

Result<std::vector<Property>> list_properties(Connection& connection, std::string_view after, std::uint32_t count) {
  std::vector<Property> found;
  Cursor cursor(connection, kProperties);
  cursor.text(1, after).integer(2, count);
  while (cursor.step()) found.emplace_back(cursor.bytes_at(0), cursor.bytes_at(1));
  VESTA_CHECK_OK(cursor.status());
  return found;
}

Result<std::vector<PlaceInOrder>> list_places(Connection& connection, const Catalog& catalog, std::uint64_t after,
                                              std::uint32_t count) {
  std::vector<PlaceInOrder> found;
  Cursor cursor(connection, kPlaces);
  cursor.integer(1, static_cast<std::int64_t>(after)).integer(2, count);
  while (cursor.step()) {
    found.push_back(
        {static_cast<std::uint64_t>(cursor.integer_at(0)), catalog.type_of(cursor.integer_at(1)), id_at(cursor, 2)});
  }
  VESTA_CHECK_OK(cursor.status());
  return found;
}

std::vector<PlaceToTake> places_to_take(Catalog& catalog, std::span<const PlaceInOrder> places) {
  std::vector<PlaceToTake> taken;
  taken.reserve(places.size());
  for (const PlaceInOrder& place : places)
    taken.push_back({catalog.type_number(place.type), store_id(place.id), &place});
  return taken;
}

Status take_places(Connection& connection, const std::vector<PlaceToTake>& places) {
  for (const PlaceToTake& each : places) {
    const auto key = static_cast<std::int64_t>(each.place->key);
    VESTA_TRY(const std::optional<ResourceHead> head, find_resource(connection, each.type, each.id));
    if (head && head->key == key) continue;
    if (head) return make_error(Category::conflict, each.place->id + " has another place in the order of creation");
    Cursor cursor(connection, kTakePlace);
    cursor.integer(1, key).integer(2, each.type);
    each.id.bind(cursor, 3);
    VESTA_CHECK_OK(cursor.run());
  }
  return kOk;
}

}  // namespace vesta::store::sqlite
