// Catalog: the two tables of names.
#include "store/postgres/catalog.h"

#include <utility>

#include "sql/dialect.h"
#include "sql/parameters.h"
#include "store/postgres/distribution.h"

namespace vesta::store::postgres {
namespace {

// Only what is missing is put in: a conflict would use up a number.
constexpr const char* kAddTypes =
    "INSERT INTO resource_type(name) SELECT name FROM unnest($1::text[]) AS given(name)"
    " WHERE NOT EXISTS (SELECT 1 FROM resource_type WHERE name = given.name) ON CONFLICT DO NOTHING";
constexpr const char* kTypes = "SELECT number, name FROM resource_type";
constexpr const char* kAddParameters =
    "INSERT INTO parameter(type, name) SELECT type, name FROM unnest($1::integer[], $2::text[]) AS given(type, name)"
    " WHERE NOT EXISTS (SELECT 1 FROM parameter p WHERE p.type = given.type AND p.name = given.name)"
    " ON CONFLICT DO NOTHING";
constexpr const char* kParameters = "SELECT number, type, name FROM parameter";

}  // namespace

Status Catalog::load() {
  return pool_.read<Ok>([this](Connection& connection) -> Status {
    VESTA_TRY(is_distributed_, postgres::is_distributed(connection));
    VESTA_CHECK_OK(load_types(connection));
    return load_parameters(connection);
  });
}

Status Catalog::load_types(Connection& connection) {
  sql::Array names(sql::Type::text);
  std::map<std::string, fhir::TypeId, std::less<>> by_name;
  const auto types = definitions().types();
  for (std::size_t type = 0; type < types.size(); ++type) {
    if (types[type].kind != fhir::TypeKind::resource || types[type].is_abstract) continue;
    names.borrow(types[type].name);
    by_name.emplace(types[type].name, static_cast<fhir::TypeId>(type));
  }
  Parameters given;
  given.array(std::move(names));
  connection.send(kAddTypes, given, Connection::Keep::once);
  connection.send(kTypes, {}, Connection::Keep::once);
  VESTA_TRY(const std::vector<Rows> rows, connection.sync());
  types_.assign(types.size(), 0);
  for (int row = 0; row < rows[1].size(); ++row) {
    const auto found = by_name.find(rows[1].bytes(row, 1));
    if (found == by_name.end()) continue;
    types_[found->second] = static_cast<std::int32_t>(rows[1].integer(row, 0));
    types_by_number_[rows[1].integer(row, 0)] = found->second;
  }
  return kOk;
}

Catalog::Name Catalog::name_of(search::ParameterId parameter) const {
  const search::Parameter& known = registry_.parameter(parameter);
  return {types_[known.type], std::string(known.name)};
}

Status Catalog::load_parameters(Connection& connection) {
  sql::Array types(sql::Type::integer), names(sql::Type::text);
  for (search::ParameterId id = 0; id < registry_.parameter_count(); ++id) {
    Name name = name_of(id);
    types.add(name.first);
    names.add(std::move(name.second));
  }
  Parameters given;
  given.array(std::move(types));
  given.array(std::move(names));
  connection.send(kAddParameters, given, Connection::Keep::once);
  connection.send(kParameters, {}, Connection::Keep::once);
  VESTA_TRY(const std::vector<Rows> rows, connection.sync());
  const MutexLock lock(mutex_);
  for (int row = 0; row < rows[1].size(); ++row) {
    const auto number = static_cast<std::int32_t>(rows[1].integer(row, 0));
    const Name name(static_cast<std::int32_t>(rows[1].integer(row, 1)), rows[1].bytes(row, 2));
    numbers_[name] = number;
    names_[number] = name;
  }
  return kOk;
}

fhir::TypeId Catalog::type_of(std::int64_t number) const {
  const auto found = types_by_number_.find(number);
  return found == types_by_number_.end() ? fhir::kNoType : found->second;
}

Result<std::int32_t> Catalog::number_of(search::ParameterId parameter) {
  for (bool is_last = false;; is_last = true) {
    {
      const MutexLock lock(mutex_);
      if (const auto known = by_id_.find(parameter); known != by_id_.end()) return known->second;
      if (const auto found = numbers_.find(name_of(parameter)); found != numbers_.end()) {
        by_id_[parameter] = found->second;
        return found->second;
      }
    }
    if (is_last) return make_error(Category::internal, "a search parameter got no number");
    VESTA_CHECK_OK(pool_.read<Ok>([this](Connection& connection) { return load_parameters(connection); }));
  }
}

search::ParameterId Catalog::parameter_of(std::int32_t number) const {
  Name name;
  {
    const MutexLock lock(mutex_);
    const auto found = names_.find(number);
    if (found == names_.end()) return search::kNoParameter;
    name = found->second;
  }
  const fhir::TypeId type = type_of(name.first);
  const search::Parameter* known = type == fhir::kNoType ? nullptr : registry_.find_name(type, name.second);
  return known == nullptr ? search::kNoParameter : known->id;
}

Catalog::Unused Catalog::unused() const {
  Unused found;
  const MutexLock lock(mutex_);
  for (const auto& [number, name] : names_) {
    const fhir::TypeId type = type_of(name.first);
    if (type == fhir::kNoType || registry_.find_name(type, name.second) != nullptr) continue;
    found.parameters.insert(number);
    found.types.insert(name.first);
  }
  return found;
}

}  // namespace vesta::store::postgres
