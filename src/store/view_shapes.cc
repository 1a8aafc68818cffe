// Names and columns of tables of views.
#include "store/view_shapes.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>

namespace vesta::store {
namespace {

constexpr std::string_view kNew = "_new_";

std::string folded(std::string_view name) {
  return sql::unquoted_meaning(sql::Dialect::postgres, name);
}

bool has_form(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto is_rest = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_'; };
  if (name.empty() || !is_letter(name.front())) return false;
  return folded(name.substr(0, 7)) != "sqlite_" && std::ranges::all_of(name, is_rest);
}

std::optional<sql::Type> type_of(const ViewColumn& column) {
  if (column.is_list) return sql::Type::text;
  switch (column.kind) {
    case ViewColumn::Kind::text:
      return sql::Type::text;
    case ViewColumn::Kind::integer:
      return sql::Type::bigint;
    case ViewColumn::Kind::decimal:
      return sql::Type::real;
    case ViewColumn::Kind::boolean:
      return sql::Type::boolean;
    case ViewColumn::Kind::any:
      break;
  }
  return std::nullopt;
}

sql::Table named(std::string name, std::string_view schema) {
  sql::Table table;
  table.name = std::move(name);
  table.schema = schema;
  return table;
}

}  // namespace

bool is_view_name(sql::Dialect dialect, std::string_view name) {
  return has_form(name) && name.size() <= std::min(kMaxViewName, sql::max_name_bytes(dialect) - kNew.size());
}

sql::Table view_table(sql::Dialect dialect, std::string_view name, std::string_view schema) {
  return named(sql::unquoted_meaning(dialect, name), schema);
}

sql::Table view_in_the_making(sql::Dialect dialect, std::string_view name, std::string_view schema) {
  return named(std::string(kNew) + sql::unquoted_meaning(dialect, name), schema);
}

Result<sql::Table> view_with_columns(sql::Dialect dialect, const ViewTable& view, std::string_view schema) {
  using sql::Column;
  if (!is_view_name(dialect, view.name)) {
    return make_error(Category::invalid, "'" + view.name + "' cannot be the name of a table of a view");
  }
  sql::Table table = view_in_the_making(dialect, view.name, schema);
  table.columns = {{kViewKey, sql::Type::text, Column::Null::refused, Column::Compare::bytes},
                   {kViewRow, sql::Type::bigint, Column::Null::refused}};
  table.key = {kViewKey, kViewRow};
  std::set<std::string> seen;
  for (const ViewColumn& column : view.columns) {
    if (!seen.insert(folded(column.name)).second) {
      return make_error(Category::invalid, "to SQL '" + column.name + "' is the name of another column too");
    }
    if (!has_form(column.name) || column.name.size() > std::min(kMaxViewName, sql::max_name_bytes(dialect))) {
      return make_error(Category::invalid, "'" + column.name + "' cannot be the name of a column of a view");
    }
    table.columns.push_back({sql::unquoted_meaning(dialect, column.name), type_of(column)});
  }
  return table;
}

sql::Table view_notes(std::string_view schema) {
  using sql::Column;
  sql::Table table = named("_vesta_view", schema);
  table.columns = {{"name", sql::Type::text, Column::Null::refused, Column::Compare::ignoring_case},
                   {"definition", sql::Type::text, Column::Null::refused},
                   {"seq", sql::Type::bigint, Column::Null::refused},
                   {"complete", sql::Type::boolean, Column::Null::refused},
                   {"failure", sql::Type::text, Column::Null::refused}};
  table.key = {"name"};
  return table;
}

Result<ViewState> state_of(std::vector<ViewState> states, std::string_view name) {
  const auto found = std::ranges::find(states, name, &ViewState::name);
  if (found != states.end()) return std::move(*found);
  return make_error(Category::internal, "there is no table of the view '" + std::string(name) + "'");
}

void add_note(const ViewState& state, sql::Parameters& values) {
  values.text(state.name);
  values.text(state.definition);
  values.bigint(static_cast<std::int64_t>(state.seq.value));
  values.boolean(state.is_complete);
  values.text(state.failure);
}

std::string columns_of_table(const sql::Table& table) {
  return "SELECT * FROM " + sql::name_of(table) + " LIMIT 0";
}

}  // namespace vesta::store
