// `:[type]`, `:identifier`, `:above` and `:below` of references. https://hl7.org/fhir/R4/search.html#reference
#include "search/params/reference.h"

#include "fhir/primitive.h"
#include "fhirpath/program.h"
#include "search/combine.h"
#include "search/hierarchy.h"
#include "search/modifiers/modifiers.h"

namespace vesta::search::modifiers {
namespace {

bool may_be_canonical(const ValueText& value) {
  const auto canonical = value.context.registry.definitions().find_type("canonical");
  return canonical && value.parameter->program != nullptr && value.parameter->program->may_yield(*canonical);
}

// https://hl7.org/fhir/R4/references.html#canonical. Below a version are itself and those that continue it behind a '.'
// (below 1.2 is 1.2.3); above it, those that it is below of. DEVIATION: R4 defines no order of versions, so that
// "greater" and "less" are not asked for. Without a version, all versions are meant: they are indexed without it too.
Plan canonical_plan(const ValueText& value, const std::string& canonical) {
  const auto leaf = [&](std::string_view uri, UriMode mode) {
    return Plan::make_leaf({value.parameter, UriMatch{std::string(uri), mode}});
  };
  const std::size_t bar = canonical.find('|');
  if (bar == std::string::npos) return leaf(canonical, UriMode::exact);
  if (value.modifier == "below") return leaf(canonical, UriMode::below_version);
  std::vector<Plan> either;
  for (std::size_t end = canonical.size(); end != std::string::npos && end > bar; end = canonical.rfind('.', end - 1)) {
    either.push_back(leaf(std::string_view(canonical).substr(0, end), UriMode::exact));
  }
  return any_of(std::move(either));
}

// The resource that the value names: as Type/id, as a URL of this server, or as an id where there is one type to be of.
std::optional<params::LocalReference> target_of(const ValueText& value, const std::string& text) {
  if (!fhir::is_id(text)) return params::read_local(value.context, text);
  const auto types = params::types_of_bare_id(value.context, *value.parameter);
  if (types.size() != 1) return std::nullopt;
  return params::LocalReference{types.front(), value.context.registry.definitions().type(types.front()).name, text};
}

}  // namespace

// "subject:Patient=23": the id of a resource of that type. The type may be repeated before the id, but not changed.
Result<Plan> parse_reference_type(const ValueText& value) {
  const fhir::Definitions& definitions = value.context.registry.definitions();
  const auto type = definitions.find_resource_type(value.modifier);
  if (!type || !params::may_target(value.context, *value.parameter, *type)) return params::bad_modifier(value);
  const std::string text = params::unescape(value.text);
  if (fhir::is_id(text)) return params::local_plan(value, {*type, definitions.type(*type).name, text});
  const auto local = params::read_local(value.context, text);
  if (!local || local->type != *type) {
    return params::bad_value(value, "the id of a resource of type " + std::string(value.modifier));
  }
  params::note_version(value, text);
  return params::local_plan(value, *local);
}

// Reference.identifier in place of the reference itself, as a token.
Result<Plan> parse_reference_identifier(const ValueText& value) {
  if (value.parameter->identifier == kNoParameter) return params::bad_modifier(value);
  return params::parse_token_of(value, value.context.registry.parameter(value.parameter->identifier));
}

// Of resources that are parts of each other (`Encounter?location:below=42`), as the source knows them; and of
// canonicals by their versions.
Result<Plan> parse_reference_hierarchy(const ValueText& value) {
  const std::string text = params::unescape(value.text);
  const auto target = target_of(value, text);
  if (!target) {
    if (params::is_absolute(text) && may_be_canonical(value)) return canonical_plan(value, text);
    return params::bad_value(value, "a resource of this server: [type]/[id], or [id] if there is one type");
  }
  if (!params::may_target(value.context, *value.parameter, target->type)) {
    return params::bad_value(value, "a reference to a type that this parameter may target");
  }
  const Hierarchy* hierarchy = value.context.hierarchy;
  if (hierarchy == nullptr) return params::bad_modifier(value);
  params::note_version(value, text);
  const ResourceName name{target->type, std::string(target->id)};
  auto found = value.modifier == "below" ? hierarchy->below(name) : hierarchy->above(name);
  if (!found) return named(value, found.take_error());
  std::vector<Plan> either;
  for (const ResourceName& each : *found) {
    const std::string_view type_name = value.context.registry.definitions().type(each.type).name;
    either.push_back(params::local_plan(value, {each.type, type_name, each.id}));
  }
  return either.empty() ? Plan::make_none() : any_of(std::move(either));
}

}  // namespace vesta::search::modifiers
