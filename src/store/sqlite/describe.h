// Describe: resources in the words of logs and findings.
#pragma once

#include <string>

#include "store/sqlite/catalog.h"
#include "store/sqlite/resource_rows.h"

namespace vesta::store::sqlite {

// "Patient/1", also of a type that the definitions do not know. `first`: the column of the type; the id follows it.
inline std::string name_at(const Catalog& catalog, const Cursor& cursor, int first = 0) {
  const fhir::TypeId type = catalog.type_of(cursor.integer_at(first));
  const std::string id = id_at(cursor, first + 1);
  if (type == fhir::kNoType) return "a resource of an unknown type/" + id;
  return std::string(catalog.definitions().type(type).name) + "/" + id;
}

}  // namespace vesta::store::sqlite
