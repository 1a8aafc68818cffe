// StaticType and TypeSpecifier: sets of types, narrowed and joined.
#include "fhirpath/static_type.h"

#include <algorithm>

#include "fhirpath/value.h"

namespace vesta::fhirpath {
namespace {

template <class T>
bool holds(const std::vector<T>& values, T value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

constexpr std::size_t kDescribedTypes = 3;

}  // namespace

bool TypeSpecifier::matches(const fhir::Definitions& definitions, const Item& item) const {
  if (item.kind == Item::Kind::node || item.kind == Item::Kind::resolved) {
    if (fhir == fhir::kNoType || item.type == fhir::kNoType) return false;
    return item.type == fhir || definitions.is_a(item.type, fhir);
  }
  return system == item.kind;
}

std::optional<TypeSpecifier> find_type_specifier(const fhir::Definitions& definitions,
                                                 const std::vector<std::string>& parts) {
  TypeSpecifier found;
  std::string name = parts[0];
  bool only_fhir = parts.size() > 1 && parts[0] == "FHIR";
  bool only_system = parts.size() > 1 && parts[0] == "System";
  std::size_t first = only_fhir || only_system ? 1 : 0;
  name = parts[first];
  for (std::size_t i = first + 1; i < parts.size(); ++i) name += "." + parts[i];
  if (!only_system) found.fhir = definitions.find_type(name).value_or(fhir::kNoType);
  if (!only_fhir) found.system = find_system_kind(name);
  if (found.fhir == fhir::kNoType && !found.system) return std::nullopt;
  return found;
}

void StaticType::add(fhir::TypeId type) {
  if (type == fhir::kNoType) {
    any = true;
  } else if (!holds(fhir, type)) {
    fhir.push_back(type);
  }
}

void StaticType::add(const StaticType& other) {
  any = any || other.any;
  is_elsewhere = is_elsewhere || other.is_elsewhere;
  for (fhir::TypeId type : other.fhir) add(type);
  for (Item::Kind kind : other.system) {
    if (!holds(system, kind)) system.push_back(kind);
  }
}

StaticType StaticType::narrowed(const fhir::Definitions& definitions, const TypeSpecifier& specifier) const {
  StaticType result;
  result.is_elsewhere = is_elsewhere;
  if (specifier.fhir != fhir::kNoType) {
    if (any) result.add(specifier.fhir);
    for (fhir::TypeId type : fhir) {
      if (definitions.is_a(type, specifier.fhir)) {
        result.add(type);
      } else if (definitions.is_a(specifier.fhir, type)) {
        result.add(specifier.fhir);
      }
    }
  }
  if (specifier.system && (any || holds(system, *specifier.system))) result.system.push_back(*specifier.system);
  return result;
}

bool StaticType::always(const fhir::Definitions& definitions, const TypeSpecifier& specifier) const {
  if (any) return false;
  bool fhir_match = std::all_of(fhir.begin(), fhir.end(), [&](fhir::TypeId type) {
    return specifier.fhir != fhir::kNoType && definitions.is_a(type, specifier.fhir);
  });
  return fhir_match &&
         std::all_of(system.begin(), system.end(), [&](Item::Kind kind) { return specifier.system == kind; });
}

std::string StaticType::describe(const fhir::Definitions& definitions) const {
  std::string text;
  std::size_t count = 0;
  auto append = [&](std::string_view name) {
    if (count++ < kDescribedTypes) text += (text.empty() ? "" : ", ") + std::string(name);
  };
  for (fhir::TypeId type : fhir) append(definitions.type(type).name);
  for (Item::Kind kind : system) append("System." + std::string(system_name(kind)));
  if (count > kDescribedTypes) text += " and others";
  return text;
}

}  // namespace vesta::fhirpath
