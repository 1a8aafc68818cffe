// Catalog: caches in front of Names.
#include "store/sqlite/catalog.h"

#include <algorithm>

#include "base/check.h"

namespace vesta::store::sqlite {
namespace {
// Behind that of custom ones. R4's have less than kMaxNames, ParameterIds being uint16, and so have contained resources
// once more; links are fewer, since each parameter has but so many types of targets.
constexpr std::size_t kMaxCoreNames = kMaxParameterNames + 3 * kMaxNames;

constexpr std::int32_t kNotAsked = -1;

constexpr char kContainedMark = '#';  // no type's name begins so
constexpr char kLinkMark = '>';       // what stands behind it in a link is a type's name
}  // namespace

Catalog::Catalog(const search::Registry& registry)
    : registry_(registry),
      types_{Numbers(registry.definitions().types().size()), Numbers(registry.definitions().types().size())},
      parameters_{Numbers(search::kNoParameter), Numbers(search::kNoParameter)},
      types_of_(2 * registry.definitions().types().size() + 1) {
  for (auto& type : types_of_) type.store(kNotAsked, std::memory_order_relaxed);
}

std::string Catalog::type_text(fhir::TypeId type, Scope scope) const {
  const std::string_view name = definitions().type(type).name;
  return scope == Scope::contained ? kContainedMark + std::string(name) : std::string(name);
}

std::string Catalog::parameter_text(search::ParameterId parameter, Scope scope) const {
  const search::Parameter& known = registry_.parameter(parameter);
  return type_text(known.type, scope) + "." + std::string(known.name);
}

std::string Catalog::link_text(const NumberedName& link) const {
  std::string text = link.parameter == search::kNoParameter ? type_text(link.type, link.scope) + "."
                                                            : parameter_text(link.parameter, link.scope);
  text += kLinkMark;
  return text += definitions().type(link.target).name;
}

std::int64_t Catalog::type_number(fhir::TypeId type, Scope scope) {
  Numbers& types = types_[at(scope)];
  CHECK(type < types.size());
  std::int64_t number = types[type].load(std::memory_order_acquire);
  if (number != 0) return number;
  const auto given = names_.intern(NameKind::type, type_text(type, scope));
  CHECK(given.has_value());  // FHIR has far fewer types than kMaxNames
  types[type].store(*given, std::memory_order_release);
  return *given;
}

std::optional<std::int64_t> Catalog::give_number(search::ParameterId parameter, Scope scope) {
  Numbers& parameters = parameters_[at(scope)];
  CHECK(parameter < parameters.size());
  const std::int64_t number = parameters[parameter].load(std::memory_order_acquire);
  if (number != 0) return number;
  const bool is_core = !registry_.parameter(parameter).is_custom();
  const auto given = names_.intern(NameKind::parameter, parameter_text(parameter, scope),
                                   is_core ? kMaxCoreNames : kMaxParameterNames);
  if (given) parameters[parameter].store(*given, std::memory_order_release);
  return given;
}

std::int64_t Catalog::parameter_number(search::ParameterId parameter, Scope scope) {
  const auto given = give_number(parameter, scope);
  CHECK(given.has_value());  // by number_parameters
  return *given;
}

std::optional<std::int64_t> Catalog::give_number(const NumberedName& link) {
  const bool is_core = link.parameter == search::kNoParameter || !registry_.parameter(link.parameter).is_custom();
  return names_.intern(NameKind::parameter, link_text(link), is_core ? kMaxCoreNames : kMaxParameterNames);
}

std::int64_t Catalog::link_number(const NumberedName& link) {
  const auto given = give_number(link);
  CHECK(given.has_value());  // by number_parameters
  return *given;
}

bool Catalog::number_values(const search::IndexValues& values, Scope scope,
                            const std::vector<search::Contained>& contained) {
  bool has_room = true;
  const auto add = [&](search::ParameterId parameter) {
    has_room = has_room && give_number(parameter, scope).has_value();
  };
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
  for (const search::ContainedReference& reference : values.contained_references) {
    const NumberedName link{scope, registry_.parameter(reference.parameter).type, reference.parameter,
                            contained[reference.place].type};
    has_room = has_room && give_number(link).has_value();
  }
  return has_room;
}

Status Catalog::number_parameters(fhir::TypeId type, const search::IndexValues& values) {
  bool has_room = number_values(values, Scope::resource, values.contained);
  for (const search::Contained& inner : values.contained) {
    has_room = has_room && number_values(inner.values, Scope::contained, values.contained) &&
               give_number(NumberedName{Scope::resource, type, search::kNoParameter, inner.type}).has_value();
  }
  if (has_room) return kOk;
  return make_error(Category::too_large, "the store has had too many different search parameters");
}

template <class Text>
std::int64_t Catalog::find(std::atomic<std::int64_t>& known, NameKind kind, const Text& text) const {
  std::int64_t number = known.load(std::memory_order_acquire);
  if (number != 0) return number;
  number = names_.find(kind, text()).value_or(0);
  if (number != 0) known.store(number, std::memory_order_release);
  return number;
}

std::int64_t Catalog::find_parameter(search::ParameterId parameter, Scope scope) const {
  return find(parameters_[at(scope)][parameter], NameKind::parameter, [&] { return parameter_text(parameter, scope); });
}

std::int64_t Catalog::find_link(const NumberedName& link) const {
  return names_.find(NameKind::parameter, link_text(link)).value_or(0);
}

std::optional<NumberedName> Catalog::name_of(std::int64_t number) const {
  if (number < 1 || number > names_.count(NameKind::parameter)) return std::nullopt;
  std::string_view text = names_.text(NameKind::parameter, number);
  NumberedName name;
  if (text.starts_with(kContainedMark)) {
    name.scope = Scope::contained;
    text.remove_prefix(1);
  }
  const std::size_t dot = text.find('.');
  const auto type = definitions().find_type(text.substr(0, dot));
  if (dot == std::string_view::npos || !type) return std::nullopt;
  name.type = *type;
  text.remove_prefix(dot + 1);
  if (const std::size_t mark = text.rfind(kLinkMark); mark != std::string_view::npos) {
    const auto target = definitions().find_resource_type(text.substr(mark + 1));
    if (target) {
      name.target = *target;
      text = text.substr(0, mark);
    }
  }
  if (text.empty() && name.is_link()) return name;
  const search::Parameter* known = registry_.find_name(*type, text);
  if (known == nullptr) return std::nullopt;
  name.parameter = known->id;
  return name;
}

std::optional<search::ParameterId> Catalog::parameter_of(std::int64_t number) const {
  const std::optional<NumberedName> name = name_of(number);
  return name && !name->is_link() ? std::optional(name->parameter) : std::nullopt;
}

std::int64_t Catalog::find_type(fhir::TypeId type, Scope scope) const {
  return find(types_[at(scope)][type], NameKind::type, [&] { return type_text(type, scope); });
}

fhir::TypeId Catalog::type_of(std::int64_t number) const {
  const auto at = static_cast<std::size_t>(number);
  const std::int32_t known = at < types_of_.size() ? types_of_[at].load(std::memory_order_relaxed) : kNotAsked;
  if (known != kNotAsked) return static_cast<fhir::TypeId>(known);
  const auto type = definitions().find_resource_type(names_.text(NameKind::type, number)).value_or(fhir::kNoType);
  if (at < types_of_.size()) types_of_[at].store(type, std::memory_order_relaxed);
  return type;
}

Scope Catalog::scope_of(std::int64_t type_number) const {
  return names_.text(NameKind::type, type_number).starts_with(kContainedMark) ? Scope::contained : Scope::resource;
}

fhir::TypeId Catalog::plain_type_of(std::int64_t number) const {
  if (const fhir::TypeId type = type_of(number); type != fhir::kNoType) return type;
  std::string_view text = names_.text(NameKind::type, number);
  if (text.starts_with(kContainedMark)) text.remove_prefix(1);
  return definitions().find_resource_type(text).value_or(fhir::kNoType);
}

}  // namespace vesta::store::sqlite
