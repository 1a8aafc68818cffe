// Statements over the rows of resources, and over the properties.
#include "store/postgres/take_over.h"

#include <algorithm>
#include <string>
#include <utility>

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
constexpr const char* kOthersThere =
    "SELECT r.id FROM unnest($1::bigint[], $2::integer[], $3::text[]) AS given(key, type, id)"
    " JOIN resource r ON r.key = given.key WHERE r.type <> given.type OR r.id <> given.id LIMIT 1";
constexpr const char* kTakePlaces =
    "INSERT INTO resource(key, type, id, version, seq, last_updated, deleted, present)"
    " SELECT key, type, id, 0, 0, 0, true, '{}' FROM unnest($1::bigint[], $2::integer[], $3::text[])"
    "   AS given(key, type, id)"
    " ON CONFLICT (key) DO NOTHING";
constexpr const char* kRaise =
    "UPDATE head SET next_key = greatest(next_key, $1), index_epoch = greatest(index_epoch, $2)";

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
  sql::Array keys(sql::Type::bigint), types(sql::Type::integer), ids(sql::Type::text);
  std::uint64_t last = 0;
  for (const PlaceInOrder& place : places) {
    keys.add(static_cast<std::int64_t>(place.key));
    types.add(catalog.number_of_type(place.type));
    ids.borrow(place.id);
    last = std::max(last, place.key);
  }
  Parameters given;
  for (sql::Array* column : {&keys, &types, &ids}) given.array(std::move(*column));
  Parameters raised;
  raised.bigint(static_cast<std::int64_t>(last) + 1);
  raised.bigint(static_cast<std::int64_t>(index_epoch));
  connection.send("BEGIN");
  connection.send(lock_head(catalog.is_distributed(), "1"));
  connection.send(kOtherPlaces, given);
  connection.send(kOthersThere, given);
  VESTA_TRY(const std::vector<Rows> answers, connection.sync());
  const Rows& other = answers[2].size() > 0 ? answers[2] : answers[3];
  if (other.size() > 0) {
    const std::string id(other.bytes(0, 0));
    connection.finish();
    return make_error(Category::conflict, id + " has another place in the order of creation");
  }
  connection.send(kTakePlaces, given);
  if (catalog.is_distributed())
    connection.send(std::string(kInsertPlaces) + " ON CONFLICT (id, type) DO NOTHING", given);
  connection.send(kRaise, raised);
  connection.send("COMMIT");
  VESTA_CHECK_OK(connection.sync());
  return kOk;
}

}  // namespace vesta::store::postgres
