// What the role of nodes may do to tables that another role owns.
#pragma once

#include <string>

#include "base/result.h"
#include "store/postgres/connection.h"

namespace vesta::store::postgres {

// To read and to write rows; of versions and of the audit log to add some, and neither to change nor to take away any.
// A schema for tables of views, in which the role makes its own. In one transaction, again after each migration.
// Errors: unavailable, internal (there is no such role), forbidden (the caller may not grant it).
Status grant_to(Connection& connection, const std::string& role);

}  // namespace vesta::store::postgres
