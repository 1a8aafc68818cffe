// Grants, table by table.
#include "store/postgres/grants.h"

#include <cstddef>
#include <string_view>
#include <utility>

#include "sql/dialect.h"
#include "sql/table.h"
#include "store/postgres/distribution.h"
#include "store/postgres/tables.h"
#include "store/postgres/view_schema.h"

namespace vesta::store::postgres {
namespace {

constexpr std::string_view kAllRights = "SELECT, INSERT, UPDATE, DELETE";
constexpr std::pair<std::string_view, std::string_view> kGrants[] = {
    {"SELECT", "schema_version"},   {"SELECT, INSERT", "resource_type, parameter, history, audit, inner_parameter"},
    {"SELECT, UPDATE", "head"},     {"SELECT, INSERT, UPDATE", "resource, type_count"},
    {kAllRights, "property, node"},
};

// Whoever grants what it does not own is only warned.
Status check_granted(Connection& connection, const std::string& role, const std::string& views) {
  std::string asked = "SELECT 'the schema of views' WHERE NOT has_schema_privilege($1, $2, 'CREATE')";
  const auto ask = [&asked](std::string_view rights, std::string_view tables) {
    asked.append(" UNION ALL SELECT t.name FROM regexp_split_to_table('").append(tables).append("', ', ') AS t(name),");
    asked.append(" regexp_split_to_table('").append(rights).append("', ', ') AS r(name)");
    asked += " WHERE NOT has_table_privilege($1, t.name, r.name)";
  };
  for (const auto& [rights, tables] : kGrants) ask(rights, tables);
  for (std::size_t table = 0; table < kTables; ++table) {
    ask(kAllRights, sql::name_of(index_table(static_cast<Table>(table)).shape));
  }
  Parameters parameters;
  parameters.text(role);
  parameters.text(views);
  VESTA_TRY(const Rows missing, connection.run(asked, parameters, Connection::Keep::once));
  if (missing.size() == 0) return kOk;
  return make_error(Category::forbidden, "'" + role + "' was not granted what a node needs, of " +
                                             std::string(missing.bytes(0, 0)) +
                                             " at first: only the role that owns the tables can grant it");
}

}  // namespace

Status grant_to(Connection& connection, const std::string& role) {
  const std::string to = " TO " + sql::quoted_name(role) + ";\n";
  VESTA_TRY(const ViewSchema views, find_view_schema(connection));
  VESTA_TRY(const Rows own, connection.run("SELECT quote_ident(current_schema())", {}, Connection::Keep::once));
  VESTA_TRY(const bool distributed, is_distributed(connection));
  std::string script = "BEGIN;\n";
  if (distributed) script += kOneByOne;
  script += "GRANT USAGE ON SCHEMA " + std::string(own.bytes(0, 0)) + to;
  for (const auto& [rights, on] : kGrants) script.append("GRANT ").append(rights).append(" ON ").append(on).append(to);
  script += "GRANT EXECUTE ON FUNCTION add_history_partition(bigint, bigint)" + to;
  for (std::size_t table = 0; table < kTables; ++table) {
    const std::string name = sql::name_of(index_table(static_cast<Table>(table)).shape);
    script.append("GRANT ").append(kAllRights).append(" ON ").append(name) += to;
  }
  if (distributed) {
    script += "GRANT SELECT, INSERT, UPDATE ON place" + to + "GRANT USAGE ON SEQUENCE line" + to;
  }
  const std::string schema = sql::quoted_name(views.name);
  if (!views.is_there) script += "CREATE SCHEMA " + schema + ";\n";
  script += "GRANT USAGE, CREATE ON SCHEMA " + schema + to;
  VESTA_CHECK_OK(connection.script(script + "COMMIT;"));
  return check_granted(connection, role, views.name);
}

}  // namespace vesta::store::postgres
