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

constexpr std::pair<std::string_view, std::string_view> kGrants[] = {
    {"SELECT", "schema_version"},
    {"SELECT, INSERT", "resource_type, parameter, history, audit, inner_parameter"},
    {"SELECT, UPDATE", "head"},
    {"SELECT, INSERT, UPDATE", "resource, type_count"},
    {"SELECT, INSERT, UPDATE, DELETE", "property, node"},
    {"EXECUTE", "FUNCTION add_history_partition(bigint, bigint)"},
};

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
  for (std::size_t table = 0; table < kTables; ++table) {
    const std::string name = sql::name_of(index_table(static_cast<Table>(table)).shape);
    script += "GRANT SELECT, INSERT, UPDATE, DELETE ON " + name + to;
  }
  if (distributed) {
    script += "GRANT SELECT, INSERT, UPDATE ON place" + to + "GRANT USAGE ON SEQUENCE line" + to;
  }
  const std::string schema = sql::quoted_name(views.name);
  if (!views.is_there) script += "CREATE SCHEMA " + schema + ";\n";
  script += "GRANT USAGE, CREATE ON SCHEMA " + schema + to;
  return connection.script(script + "COMMIT;");
}

}  // namespace vesta::store::postgres
