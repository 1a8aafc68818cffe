// For copies: the order of creation and the properties as lists, and the places of what is still to come.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "store/sqlite/catalog.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/resource_rows.h"
#include "store/store.h"

namespace vesta::store::sqlite {

Result<std::vector<Property>> list_properties(Connection& connection, std::string_view after, std::uint32_t count);
Result<std::vector<PlaceInOrder>> list_places(Connection& connection, const Catalog& catalog, std::uint64_t after,
                                              std::uint32_t count);

// With the store's number of its type.
struct PlaceToTake {
  std::int64_t type;
  StoredId id;
  const PlaceInOrder* place;
};
// Numbers the types: before the transaction.
std::vector<PlaceToTake> places_to_take(Catalog& catalog, std::span<const PlaceInOrder> places);
// In a transaction of the writer: rows that hold the places, as those of references' targets do.
Status take_places(Connection& connection, const std::vector<PlaceToTake>& places);

}  // namespace vesta::store::sqlite
