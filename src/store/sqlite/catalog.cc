// Catalog: caches in front of Names.
#include "store/sqlite/catalog.h"

#include <algorithm>

#include "base/check.h"

namespace vesta::store::sqlite {
namespace {
// Behind that of custom ones; there are fewer, since their ParameterIds are uint16.
constexpr std::size_t kMaxCoreNames = 2 * kMaxNames;
}  // namespace

Catalog::Catalog(const search::Registry& registry)
    : registry_(registry), types_(registry.definitions().types().size()), parameters_(search::kNoParameter) {}

std::int64_t Catalog::type_number(fhir::TypeId type) {
  CHECK(type < types_.size());
  std::int64_t number = types_[type].load(std::memory_order_acquire);
  if (number != 0) return number;
  const auto given = names_.intern(NameKind::type, definitions().type(type).name);
  CHECK(given.has_value());  // FHIR has far fewer types than kMaxNames
  types_[type].store(*given, std::memory_order_release);
  return *given;
}

std::optional<std::int64_t> Catalog::give_number(search::ParameterId parameter) {
  CHECK(parameter < parameters_.size());
  const std::int64_t number = parameters_[parameter].load(std::memory_order_acquire);
  if (number != 0) return number;
  const bool is_core = registry_.parameter(parameter).progress == nullptr;
  const auto given = names_.intern(NameKind::parameter, name_of(parameter), is_core ? kMaxCoreNames : kMaxNames);
  if (given) parameters_[parameter].store(*given, std::memory_order_release);
  return given;
}

std::int64_t Catalog::parameter_number(search::ParameterId parameter) {
  const auto given = give_number(parameter);
  CHECK(given.has_value());  // by number_parameters
  return *given;
}

Status Catalog::number_parameters(const search::IndexValues& values) {
  bool has_room = true;
  const auto add = [&](search::ParameterId parameter) { has_room = has_room && give_number(parameter).has_value(); };
  const auto add_all = [&](const auto& of_kind) {
    for (const auto& value : of_kind) add(value.parameter);
  };
  add_all(values.tokens);
  add_all(values.strings);
  add_all(values.references);
  add_all(values.dates);
  add_all(values.numbers);
  add_all(values.quantities);
  add_all(values.uris);
  add_all(values.composites);
  add_all(values.positions);
  add_all(values.words);
  for (const search::ParameterId parameter : values.present) add(parameter);
  if (has_room) return kOk;
  return make_error(Category::too_large, "the store has had too many different search parameters");
}

std::string Catalog::name_of(search::ParameterId parameter) const {
  const search::Parameter& known = registry_.parameter(parameter);
  return std::string(definitions().type(known.type).name) + "." + std::string(known.name);
}

std::int64_t Catalog::find_parameter(search::ParameterId parameter) const {
  const std::int64_t number = parameters_[parameter].load(std::memory_order_acquire);
  return number != 0 ? number : names_.find(NameKind::parameter, name_of(parameter)).value_or(0);
}

std::optional<search::ParameterId> Catalog::parameter_of(std::int64_t number) const {
  if (number < 1 || number > names_.count(NameKind::parameter)) return std::nullopt;
  const std::string_view name = names_.text(NameKind::parameter, number);
  const std::size_t dot = name.find('.');
  const auto type = definitions().find_type(name.substr(0, dot));
  if (dot == std::string_view::npos || !type) return std::nullopt;
  const search::Parameter* known = registry_.find_name(*type, name.substr(dot + 1));
  return known == nullptr ? std::nullopt : std::optional(known->id);
}

std::int64_t Catalog::find_type(fhir::TypeId type) const {
  const std::int64_t number = types_[type].load(std::memory_order_acquire);
  return number != 0 ? number : names_.find(NameKind::type, definitions().type(type).name).value_or(0);
}

fhir::TypeId Catalog::type_of(std::int64_t number) const {
  return definitions().find_resource_type(names_.text(NameKind::type, number)).value_or(fhir::kNoType);
}

}  // namespace vesta::store::sqlite
