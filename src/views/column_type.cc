// Kinds of values, declared and yielded.
#include "views/column_type.h"

#include <algorithm>

#include "fhirpath/value.h"
#include "views/object_reader.h"
#include "views/plan.h"

namespace vesta::views {
namespace {

using ValueKind = fhirpath::Item::Kind;

constexpr std::string_view kTypePrefix = "http://hl7.org/fhir/StructureDefinition/";
constexpr std::string_view kInteger64Type = "integer64";  // R4 lacks it; other versions' views declare it

// What the values of a column of this type are; nullopt: no such type.
std::optional<DeclaredType> declared_type(const fhir::Definitions& definitions, std::string_view type) {
  if (type == kInteger64Type) return DeclaredType{ValueKind::integer, fhir::kNoType};
  const std::optional<fhir::TypeId> found = definitions.find_type(type);
  if (!found) return std::nullopt;
  return DeclaredType{fhirpath::system_kind(definitions.type(*found).primitive), *found};
}

// Values that mean the same in the wider type.
bool fits_type(ValueKind yielded, ValueKind declared) {
  return yielded == declared || (yielded == ValueKind::integer && declared == ValueKind::decimal) ||
         (yielded == ValueKind::date && declared == ValueKind::date_time);
}

// The kinds that the items may have, ValueKind::node for elements with structure.
std::vector<ValueKind> yielded_kinds(const fhir::Definitions& definitions, const fhirpath::Program& program) {
  std::vector<ValueKind> kinds(program.value_kinds().begin(), program.value_kinds().end());
  const auto types = program.node_types();
  for (const fhir::TypeId type : *types) kinds.push_back(fhirpath::system_kind(definitions.type(type).primitive));
  return kinds;
}

std::string describe_yield(const fhir::Definitions& definitions, const fhirpath::Program& program) {
  const auto types = *program.node_types();
  if (!types.empty()) return std::string(definitions.type(types.front()).name);
  return "System." + std::string(fhirpath::system_name(program.value_kinds().front()));
}

ValueKind kind_of(const fhir::Definitions& definitions, const fhirpath::Item& item) {
  if (item.kind != ValueKind::node) return item.kind;
  return item.type == fhir::kNoType ? ValueKind::node : fhirpath::system_kind(definitions.type(item.type).primitive);
}

std::string never_fits(const fhir::Definitions& definitions, const fhirpath::Program& program, std::string_view type) {
  return "the path yields " + describe_yield(definitions, program) + ", never " + std::string(type);
}

enum class TypeFit { never, sometimes, always };

TypeFit fit_of(std::size_t fitting, std::size_t of) {
  return fitting == 0 ? TypeFit::never : fitting == of ? TypeFit::always : TypeFit::sometimes;
}

TypeFit type_fit(const fhir::Definitions& definitions, const fhirpath::Program& program, const DeclaredType& declared) {
  if (program.always_empty()) return TypeFit::always;
  const auto types = program.node_types();
  if (!types) return TypeFit::sometimes;
  const std::vector<ValueKind> kinds = yielded_kinds(definitions, program);
  if (kinds.empty()) return TypeFit::always;
  if (declared.kind != ValueKind::node) {
    const auto fits = [&](ValueKind kind) { return fits_type(kind, declared.kind); };
    return fit_of(static_cast<std::size_t>(std::count_if(kinds.begin(), kinds.end(), fits)), kinds.size());
  }
  const auto is_one = [&](fhir::TypeId type) { return definitions.is_a(type, declared.type); };
  const auto may_be = [&](fhir::TypeId type) { return definitions.is_a(declared.type, type); };
  const auto ones = static_cast<std::size_t>(std::count_if(types->begin(), types->end(), is_one));
  if (ones == 0 && std::any_of(types->begin(), types->end(), may_be)) return TypeFit::sometimes;
  return fit_of(ones, kinds.size());
}

}  // namespace

fhir::TypeId primitive_type(const fhir::Definitions& definitions, ValueKind kind) {
  std::string name(fhirpath::system_name(kind));
  if (name.empty() || kind == ValueKind::quantity) return fhir::kNoType;
  name.front() = static_cast<char>(name.front() - 'A' + 'a');  // System.DateTime: dateTime
  return definitions.find_type(name).value_or(fhir::kNoType);
}

ElementTypes element_types(const fhir::Definitions& definitions, const fhirpath::Program& program) {
  const auto types = program.node_types();
  if (!types) return std::nullopt;
  std::vector<fhir::TypeId> found(types->begin(), types->end());
  for (const ValueKind kind : program.value_kinds()) {
    const fhir::TypeId type = primitive_type(definitions, kind);
    if (type != fhir::kNoType && std::find(found.begin(), found.end(), type) == found.end()) found.push_back(type);
  }
  return found;
}

Result<std::string> check_column_type(const fhir::Definitions& definitions, const Column& column,
                                      const fhirpath::Program& program) {
  std::string_view type = column.type;
  if (type.starts_with(kTypePrefix)) type.remove_prefix(kTypePrefix.size());
  if (!type.empty() && !declared_type(definitions, type))
    return view_error(column.place + ".type", "unknown type '" + column.type + "'", "value");
  if (program.always_empty() || !program.node_types()) return std::string(type);

  const std::vector<ValueKind> kinds = yielded_kinds(definitions, program);
  if (kinds.empty()) return std::string(type);
  if (type.empty()) {
    const bool is_element =
        std::all_of(kinds.begin(), kinds.end(), [](ValueKind kind) { return kind == ValueKind::node; });
    if (!is_element) return std::string();
    return view_error(column.place + ".type",
                      "the path yields elements with structure (" + describe_yield(definitions, program) +
                          "), whose type must be declared",
                      "required");
  }
  if (type_fit(definitions, program, *declared_type(definitions, type)) != TypeFit::never) return std::string(type);
  return view_error(column.place + ".type", never_fits(definitions, program, type), "value");
}

Result<std::optional<DeclaredType>> check_of_values(const fhir::Definitions& definitions, const ColumnPlan& column,
                                                    std::string_view type) {
  if (type.empty()) return std::optional<DeclaredType>();
  const std::optional<DeclaredType> declared = declared_type(definitions, type);
  switch (type_fit(definitions, *column.path.program, *declared)) {
    case TypeFit::always:
      return std::optional<DeclaredType>();
    case TypeFit::sometimes:
      return declared;
    case TypeFit::never:
      break;
  }
  return view_error(column.path.place, never_fits(definitions, *column.path.program, type), "value");
}

std::string_view type_name(const fhir::Definitions& definitions, const DeclaredType& type) {
  return type.type == fhir::kNoType ? kInteger64Type : definitions.type(type.type).name;
}

bool is_of_type(const fhir::Definitions& definitions, const fhirpath::Item& item, const DeclaredType& type) {
  const ValueKind kind = kind_of(definitions, item);
  if (type.kind != ValueKind::node) return fits_type(kind, type.kind);
  return kind == ValueKind::node && item.type != fhir::kNoType && definitions.is_a(item.type, type.type);
}

Status check_condition(const fhir::Definitions& definitions, const Expression& condition,
                       const fhirpath::Program& program) {
  if (program.always_empty() || !program.node_types()) return kOk;
  const std::vector<ValueKind> kinds = yielded_kinds(definitions, program);
  if (kinds.empty() || std::find(kinds.begin(), kinds.end(), ValueKind::boolean) != kinds.end()) return kOk;
  return view_error(condition.place, "a condition is a boolean; this yields " + describe_yield(definitions, program),
                    "value");
}

}  // namespace vesta::views
