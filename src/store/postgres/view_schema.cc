// Where tables of views are.
#include "store/postgres/view_schema.h"

namespace vesta::store::postgres {
namespace {

constexpr const char* kViewSchema =
    "SELECT name, to_regclass(quote_ident(name) || '._vesta_view') IS NOT NULL,"
    " EXISTS (SELECT 1 FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace WHERE n.nspname = name),"
    " EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = name)"
    " FROM (SELECT CASE current_schema() WHEN 'public' THEN 'views' ELSE current_schema() || '_views' END AS name) s";

}  // namespace

Result<ViewSchema> find_view_schema(Connection& connection) {
  VESTA_TRY(const Rows rows, connection.run(kViewSchema, {}, Connection::Keep::once));
  ViewSchema schema{std::string(rows.bytes(0, 0)), rows.boolean(0, 3), rows.boolean(0, 1), false};
  schema.has_others = !schema.has_notes && rows.boolean(0, 2);
  return schema;
}

}  // namespace vesta::store::postgres
