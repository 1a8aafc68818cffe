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

// The kind that a column of this type has; ValueKind::node for a type with structure; nullopt: no such type.
std::optional<ValueKind> declared_kind(const fhir::Definitions& definitions, std::string_view type) {
  if (type == kInteger64Type) return ValueKind::integer;
  const std::optional<fhir::TypeId> found = definitions.find_type(type);
  if (!found) return std::nullopt;
  return fhirpath::system_kind(definitions.type(*found).primitive);
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

bool yields_type(const fhir::Definitions& definitions, const fhirpath::Program& program, fhir::TypeId wanted) {
  const auto types = *program.node_types();
  return std::any_of(types.begin(), types.end(), [&](fhir::TypeId type) {
    return definitions.is_a(type, wanted) || definitions.is_a(wanted, type);
  });
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
  const std::optional<ValueKind> declared = declared_kind(definitions, type);
  if (!type.empty() && !declared)
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
  const bool may_fit =
      *declared == ValueKind::node
          ? yields_type(definitions, program, *definitions.find_type(type))
          : std::any_of(kinds.begin(), kinds.end(), [&](ValueKind kind) { return fits_type(kind, *declared); });
  if (may_fit) return std::string(type);
  return view_error(column.place + ".type",
                    "the path yields " + describe_yield(definitions, program) + ", never " + std::string(type),
                    "value");
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
