// Statements over the rows of resources, and over the properties.
#include "store/postgres/take_over.h"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sql/dialect.h"
#include "sql/parameters.h"
#include "store/postgres/distribution.h"
#include "store/postgres/parameters.h"

namespace vesta::store::postgres {
namespace {

constexpr const char* kProperties = "SELECT key, value FROM property WHERE key > $1 ORDER BY key LIMIT $2";
constexpr const char* kPlaces =
    "SELECT key, type, id FROM resource WHERE key > $1 AND version > 0 ORDER BY key LIMIT $2";
constexpr const char* kOtherPlaces =
    "SELECT r.id FROM unnest($1::bigint[], $2::integer[], $3::text[]) AS given(key, type, id)"
    " JOIN resource r ON r.type = given.type AND r.id = given.id WHERE r.key <> given.key LIMIT 1";
constexpr const char* kThere = "SELECT key, type, id FROM resource WHERE key = ANY($1)";
constexpr const char* kTakePlaces =
    "INSERT INTO resource(key, type, id, version, seq, last_updated, deleted, present)"
    " SELECT key, type, id, 0, 0, 0, true, '{}' FROM unnest($1::bigint[], $2::integer[], $3::text[])"
    "   AS given(key, type, id)";
constexpr const char* kRaise =
    "UPDATE head SET next_key = greatest(next_key, $1), index_epoch = greatest(index_epoch, $2)";

using PlacesByKey = std::map<std::int64_t, const PlaceInOrder*>;

// Arrays of keys, types and ids.
Parameters columns_of(const Catalog& catalog, const PlacesByKey& places) {
  sql::Array keys(sql::Type::bigint), types(sql::Type::integer), ids(sql::Type::text);
  for (const auto& [key, place] : places) {
    keys.add(key);
    types.add(catalog.number_of_type(place->type));
    ids.borrow(place->id);
  }
  Parameters columns;
  for (sql::Array* column : {&keys, &types, &ids}) columns.array(std::move(*column));
  return columns;
}

Error has_another_place(std::string_view id) {
  return make_error(Category::conflict, std::string(id) + " has another place in the order of creation");
}

// Takes away those that are there. Errors (conflict): another resource is in one of the places.
Status leave_missing(const Catalog& catalog, const Rows& there, PlacesByKey& places) {
  for (int row = 0; row < there.size(); ++row) {
    const auto place = places.find(there.integer(row, 0));
    const bool is_same =
        catalog.type_of(there.integer(row, 1)) == place->second->type && there.bytes(row, 2) == place->second->id;
    if (!is_same) return has_another_place(there.bytes(row, 2));
    places.erase(place);
  }
  return kOk;
}

}  // namespace

Result<std::vector<Property>> list_properties(Connection& connection, std::string_view after, std::uint32_t count) {
  Parameters parameters;
  parameters.bytes(after);
  parameters.bigint(count);
  VESTA_TRY(const Rows rows, connection.run(kProperties, parameters));
  std::vector<Property> found;
  for (int row = 0; row < rows.size(); ++row) found.emplace_back(rows.bytes(row, 0), rows.bytes(row, 1));
  return found;
}

Result<std::vector<PlaceInOrder>> list_places(Connection& connection, const Catalog& catalog, std::uint64_t after,
                                              std::uint32_t count) {
  Parameters parameters;
  parameters.bigint(static_cast<std::int64_t>(after));
  parameters.bigint(count);
  VESTA_TRY(const Rows rows, connection.run(kPlaces, parameters));
  std::vector<PlaceInOrder> found;
  for (int row = 0; row < rows.size(); ++row) {
    found.push_back({static_cast<std::uint64_t>(rows.integer(row, 0)), catalog.type_of(rows.integer(row, 1)),
                     std::string(rows.bytes(row, 2))});
  }
  return found;
}

Status take_places(Connection& connection, const Catalog& catalog, std::span<const PlaceInOrder> places,
                   std::uint64_t index_epoch) {
  PlacesByKey missing;
  Parameters keys, raised;
  std::vector<std::int64_t> numbers;
  for (const PlaceInOrder& place : places) {
    numbers.push_back(static_cast<std::int64_t>(place.key));
    missing.emplace(numbers.back(), &place);
  }
  keys.bigints(numbers);
  raised.bigint(missing.empty() ? 1 : missing.rbegin()->first + 1);
  raised.bigint(static_cast<std::int64_t>(index_epoch));
  connection.send("BEGIN");
  connection.send(lock_head(catalog.is_distributed(), "1"));
  connection.send(kOtherPlaces, columns_of(catalog, missing));
  connection.send(kThere, keys);
  VESTA_TRY(const std::vector<Rows> answers, connection.sync());
  const Rows& other = answers[2];
  Status checked =
      other.size() > 0 ? Status(has_another_place(other.bytes(0, 0))) : leave_missing(catalog, answers[3], missing);
  if (!checked.ok()) {
    connection.finish();
    return checked;
  }
  if (catalog.is_distributed()) connection.send(kOneByOne);
  if (!missing.empty()) {
    const Parameters columns = columns_of(catalog, missing);
    connection.send(kTakePlaces, columns);
    if (catalog.is_distributed()) connection.send(kInsertPlaces, columns);
  }
  connection.send(kRaise, raised);
  connection.send("COMMIT");
  VESTA_CHECK_OK(connection.sync());
  return kOk;
}

}  // namespace vesta::store::postgres
