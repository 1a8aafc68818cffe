// Tables of views as data of `sql`: what the engines make the same of.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sql/dialect.h"
#include "sql/parameters.h"
#include "sql/table.h"
#include "store/view_tables.h"

namespace vesta::store {

inline constexpr std::size_t kMaxViewName = 255;  // or as many bytes as the dialect allows
inline constexpr const char* kViewKey = "_key";   // the resource's id
inline constexpr const char* kViewRow = "_row";   // the number of the row among those of the resource

// A letter, then letters, digits and '_', but for what begins with "sqlite_".
bool is_view_name(sql::Dialect dialect, std::string_view name);

// The table of a view's name, without its columns; and the one that is made, until it takes its place.
sql::Table view_table(sql::Dialect dialect, std::string_view name, std::string_view schema);
sql::Table view_in_the_making(sql::Dialect dialect, std::string_view name, std::string_view schema);

// With `_key` and `_row` in front. Errors (invalid): a table or a column cannot have this name, or two have one.
Result<sql::Table> view_with_columns(sql::Dialect dialect, const ViewTable& view, std::string_view schema);

// The states of all; `name` is unique whatever its case.
sql::Table view_notes(std::string_view schema);
// That of one table. Errors (internal): there is none.
Result<ViewState> state_of(std::vector<ViewState> states, std::string_view name);
// A row of it.
void add_note(const ViewState& state, sql::Parameters& values);

// A statement without rows whose columns are those of the table.
std::string columns_of_table(const sql::Table& table);

}  // namespace vesta::store
