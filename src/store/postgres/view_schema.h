// The schema of the tables of views: its name, and whether they are in it.
#pragma once

#include <string>

#include "base/result.h"
#include "store/postgres/connection.h"

namespace vesta::store::postgres {

struct ViewSchema {
  std::string name;
  bool is_there = false;
  bool has_notes = false;   // there are tables of views, or were
  bool has_others = false;  // without notes: of another program
};

Result<ViewSchema> find_view_schema(Connection& connection);

}  // namespace vesta::store::postgres
