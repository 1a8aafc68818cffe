// The fingerprint that the index was made under, and making it anew.
#pragma once

#include <string_view>

#include "base/result.h"
#include "store/postgres/catalog.h"
#include "store/postgres/connection.h"
#include "store/postgres/postgres_store.h"
#include "store/postgres/schema.h"

namespace vesta::store::postgres {

// Errors: unavailable: it is another one.
Status check_fingerprint(Connection& connection, std::string_view fingerprint);

// If the fingerprint is another one: all rows of current resources are made anew, batch by batch; one that is ended
// half way begins again. The epoch of the index is raised first. Nodes would write rows of the old one: errors of
// hold_alone.
Status rebuild_index(Connection& connection, Catalog& catalog, const Migration& migration, const Alone& alone);

}  // namespace vesta::store::postgres
