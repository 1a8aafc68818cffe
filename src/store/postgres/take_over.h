// For copies: the order of creation and the properties as lists, and the places of what is still to come.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "store/postgres/catalog.h"
#include "store/postgres/connection.h"
#include "store/store.h"

namespace vesta::store::postgres {

Result<std::vector<Property>> list_properties(Connection& connection, std::string_view after, std::uint32_t count);
Result<std::vector<PlaceInOrder>> list_places(Connection& connection, const Catalog& catalog, std::uint64_t after,
                                              std::uint32_t count);
// See Store::take_over. A place is held by a row of version 0, which no search and no read meets.
Status take_places(Connection& connection, const Catalog& catalog, std::span<const PlaceInOrder> places,
                   std::uint64_t index_epoch);

}  // namespace vesta::store::postgres
