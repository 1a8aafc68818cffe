// Keys by which the rows of views are joined.
// https://build.fhir.org/ig/FHIR/sql-on-fhir-v2/StructureDefinition-ViewDefinition.html#required-additional-functions
#include <optional>
#include <string_view>

#include "fhir/primitive.h"
#include "fhirpath/functions/bodies.h"
#include "fhirpath/reference.h"

namespace vesta::fhirpath::functions {
namespace {

struct Target {
  fhir::TypeId type;
  std::string_view id;
};

// Of `Patient/1` and `Patient/1/_history/2`; nullopt for every other form: other servers' resources, contained ones and
// those of a Bundle have no key here.
std::optional<Target> relative_target(const fhir::Definitions& definitions, std::string_view text) {
  constexpr std::string_view kHistory = "/_history/";
  text = text.substr(0, text.find(kHistory));
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view id = text.substr(slash + 1);
  const std::optional<fhir::TypeId> type = definitions.find_resource_type(text.substr(0, slash));
  if (!type || !fhir::is_id(id)) return std::nullopt;
  return Target{*type, id};
}

Item key_item(std::string_view id) {
  return {Item::Kind::string, fhir::kNoType, nullptr, id, false};
}

}  // namespace

// getResourceKey(): the id of a resource
Status get_resource_key(Evaluator& evaluator, const Call& call, Collection& out) {
  const Environment& environment = evaluator.environment();
  for (const Item& item : call.input) {
    if (item.node == nullptr || item.type == fhir::kNoType) continue;
    if (environment.definitions.type(item.type).kind != fhir::TypeKind::resource) continue;
    const std::string_view id = item.node->child_value(environment.names.id);
    if (!id.empty()) VESTA_CHECK_OK(evaluator.push(call.bound, key_item(id), out));
  }
  return kOk;
}

// getReferenceKey([resource: type specifier]): the id in a reference, if it is to a resource of that type
Status get_reference_key(Evaluator& evaluator, const Call& call, Collection& out) {
  const Environment& environment = evaluator.environment();
  for (const Item& item : call.input) {
    if (item.node == nullptr || item.type != environment.names.reference_type) continue;
    const std::string_view text = item.node->child_value(environment.names.reference);
    const std::optional<Target> target = relative_target(environment.definitions, text);
    if (!target) continue;
    const fhir::TypeId wanted = call.bound.type.fhir;
    if (wanted != fhir::kNoType && !environment.definitions.is_a(target->type, wanted)) continue;
    VESTA_CHECK_OK(evaluator.push(call.bound, key_item(target->id), out));
  }
  return kOk;
}

}  // namespace vesta::fhirpath::functions
