// Reference parameters: Reference, canonical, uri and nested resources. https://hl7.org/fhir/R4/search.html#reference
#include "search/params/reference.h"

#include <algorithm>

#include "fhir/primitive.h"
#include "search/chains.h"
#include "search/combine.h"
#include "search/id_owners.h"
#include "search/params/extract.h"
#include "search/params/match.h"
#include "search/params/parse.h"

namespace vesta::search::params {
namespace {

// A bare id is also looked for as an absolute URL of this server, of each type that the parameter may target: of so
// many types in a leaf each, as what is used most is fastest.
constexpr std::size_t kLeavesOfBareId = 4;

constexpr std::string_view kHistory = "/_history/";

// `Type/id` or `Type/id/_history/version`, whose version is dropped. nullopt: something else, or no resource type.
std::optional<LocalReference> parse_local(const fhir::Definitions& definitions, std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  std::string_view id = text.substr(slash + 1);
  if (const std::size_t end = id.find('/'); end != std::string_view::npos) {
    const std::string_view version = id.substr(end);
    if (!version.starts_with(kHistory) || !fhir::is_id(version.substr(kHistory.size()))) return std::nullopt;
    id = id.substr(0, end);
  }
  if (!fhir::is_id(id)) return std::nullopt;
  const auto type = definitions.find_resource_type(text.substr(0, slash));
  if (!type) return std::nullopt;
  return LocalReference{*type, text.substr(0, slash), id};
}

bool may_target(const fhir::Definitions& definitions, const Parameter& parameter, fhir::TypeId type) {
  const auto targets = parameter.definition->targets;
  return targets.empty() ||
         std::ranges::any_of(targets, [&](fhir::TypeId target) { return definitions.is_a(type, target); });
}

// Whether a list of targets leaves nothing out. R4 spells "any" out as a list of all its types but Parameters, the
// longest that a parameter has; types that it does not know count for nothing here.
bool is_any(const fhir::Definitions& definitions, std::span<const fhir::TypeId> targets) {
  if (targets.empty()) return true;
  if (std::ranges::any_of(targets, [&](fhir::TypeId target) { return definitions.type(target).is_abstract; })) {
    return true;
  }
  std::span<const fhir::TypeId> longest;
  for (const fhir::SearchParameter& each : definitions.search_parameters()) {
    if (each.targets.size() > longest.size()) longest = each.targets;
  }
  return targets.size() >= longest.size() && std::ranges::all_of(longest, [&](fhir::TypeId type) {
           return std::ranges::find(targets, type) != targets.end();
         });
}

// "#m1"; other texts lead to nothing that is contained, and so does one that leads to a type that is none of the
// parameter's targets: no chain can ask for it.
void add_contained(ParameterId parameter, std::string_view text, Extraction& extraction) {
  if (!text.starts_with('#') || extraction.contained == nullptr) return;
  const auto found = extraction.contained->find(text.substr(1));
  if (found == extraction.contained->end()) return;
  const auto [place, type] = found->second;
  if (!may_target(extraction.vocabulary.definitions, extraction.registry.parameter(parameter), type)) return;
  extraction.values.contained_references.push_back({parameter, place});
}

void add_reference(ParameterId parameter, std::string_view text, Extraction& extraction) {
  add_contained(parameter, text, extraction);
  if (const auto local = parse_local(extraction.vocabulary.definitions, text)) {
    extraction.values.references.push_back({parameter, local->type, local->id});
  } else if (is_absolute(text)) {
    add_uri(parameter, text, extraction);
    const std::size_t history = text.rfind(kHistory);
    if (history != std::string_view::npos) add_uri(parameter, text.substr(0, history), extraction);
  }
}

Plan uri_leaf(const ValueText& value, std::string uri) {
  return Plan::make_leaf({value.parameter, UriMatch{std::move(uri)}});
}

std::string absolute(const ParseContext& context, std::string_view type, std::string_view id) {
  std::string uri(context.base_url);
  uri.append("/").append(type).append("/").append(id);
  return uri;
}

// "Servers SHOULD reject a search where the logical id refers to more than one matching resource across different
// types." https://hl7.org/fhir/R4/search.html#reference
Status check_owner(const ValueText& value, const std::string& id) {
  if (value.context.id_owners == nullptr) return kOk;
  const std::vector<fhir::TypeId> types = targets_of(value.context.registry, *value.parameter);
  if (types.size() == 1) return kOk;
  VESTA_TRY(const std::vector<fhir::TypeId> owners, value.context.id_owners->two_with(id, types));
  if (owners.size() < 2) return kOk;
  const fhir::Definitions& definitions = value.context.registry.definitions();
  const std::string first(definitions.type(owners[0]).name), second(definitions.type(owners[1]).name);
  std::string why = "Parameter '" + std::string(value.name) + "': '" + id + "' is the id of more than one resource; " +
                    "say '" + first + "/" + id + "' or '" + second + "/" + id + "'";
  Error error = make_error(Category::invalid, why);
  error.issues.push_back({Severity::error, "multiple-matches", std::move(why), ""});
  return error;
}

Result<Plan> bare_id_plan(const ValueText& value, const std::string& id) {
  VESTA_CHECK_OK(check_owner(value, id));
  const std::vector<fhir::TypeId> types = types_of_bare_id(value.context, *value.parameter);
  std::vector<Plan> either;
  either.push_back(Plan::make_leaf({value.parameter, ReferenceMatch{types, id}}));
  if (value.context.base_url.empty()) return any_of(std::move(either));
  const fhir::Definitions& definitions = value.context.registry.definitions();
  IdSet below_base;
  for (const fhir::TypeId type : targets_of(value.context.registry, *value.parameter)) {
    below_base.ids.push_back(std::string(definitions.type(type).name) + "/" + id);
  }
  std::string base = std::string(value.context.base_url) + "/";
  if (below_base.ids.size() <= kLeavesOfBareId) {
    for (const std::string& resource : below_base.ids) either.push_back(uri_leaf(value, base + resource));
  } else {
    std::ranges::sort(below_base.ids);
    auto set = std::make_shared<const IdSet>(std::move(below_base));
    either.push_back(Plan::make_leaf({value.parameter, UriSetMatch{std::move(base), std::move(set)}}));
  }
  return any_of(std::move(either));
}

}  // namespace

bool is_absolute(std::string_view text) {
  const std::size_t colon = text.find(':');
  return colon != std::string_view::npos && colon > 0 && text.substr(0, colon).find('/') == std::string_view::npos;
}

std::optional<LocalReference> read_local(const ParseContext& context, std::string_view text) {
  const std::string_view base = context.base_url;
  const bool is_ours = !base.empty() && text.starts_with(base) && text.substr(base.size()).starts_with('/');
  if (is_ours) text.remove_prefix(base.size() + 1);
  return parse_local(context.registry.definitions(), text);
}

bool may_target(const ParseContext& context, const Parameter& parameter, fhir::TypeId type) {
  return may_target(context.registry.definitions(), parameter, type) &&
         std::ranges::binary_search(named_targets(context.registry, parameter), type);
}

std::vector<fhir::TypeId> types_of_bare_id(const ParseContext& context, const Parameter& parameter) {
  const auto targets = parameter.definition->targets;
  if (is_any(context.registry.definitions(), targets)) return {};
  return {targets.begin(), targets.end()};
}

Plan local_plan(const ValueText& value, const LocalReference& local) {
  std::vector<Plan> either;
  either.push_back(Plan::make_leaf({value.parameter, ReferenceMatch{{local.type}, std::string(local.id)}}));
  if (!value.context.base_url.empty()) {
    either.push_back(uri_leaf(value, absolute(value.context, local.type_name, local.id)));
  }
  return any_of(std::move(either));
}

// https://hl7.org/fhir/R4/search.html#reference. Local references are indexed by type and id, absolute ones and
// canonicals as uris. A reference by identifier alone has nothing to be found by here: that is the modifier
// :identifier. Of a resource nested in another one (Bundle.entry[0].resource) the type and id count.
void extract_reference(ParameterId parameter, const Datum& datum, Extraction& extraction) {
  const Vocabulary& names = extraction.vocabulary;
  switch (datum.shape) {
    case Shape::reference:
      add_reference(parameter, datum.node->child_value(names.reference), extraction);
      break;
    case Shape::canonical:
      add_contained(parameter, datum.text, extraction);
      add_canonical(parameter, datum.text, extraction);
      break;
    case Shape::uri:
      add_uri(parameter, datum.text, extraction);
      break;
    case Shape::resource: {
      const std::string_view id = datum.node->child_value(names.id);
      if (!id.empty()) extraction.values.references.push_back({parameter, datum.node->type, id});
      break;
    }
    default:
      break;
  }
}

// https://hl7.org/fhir/R4/search.html#reference, `:identifier`: Reference.identifier, as a token.
void extract_reference_identifier(ParameterId parameter, const Datum& datum, Extraction& extraction) {
  if (datum.shape != Shape::reference) return;
  const fhir::Node* identifier = datum.node->child(extraction.vocabulary.identifier);
  if (identifier != nullptr) extract_token(parameter, to_datum(extraction.vocabulary, *identifier), extraction);
}

// https://hl7.org/fhir/R4/search.html#versions: "where a search does not act on the referenced version, search results
// SHOULD contain a OperationOutcome with a warning". DEVIATION: that is said of values alone. The index does not tell
// whether a reference has a version, so chains over one say nothing, and includes give the current version.
void note_version(const ValueText& value, std::string_view text) {
  if (text.find(kHistory) == std::string_view::npos) return;
  note(value, "is searched without its version: the index knows of none");
}

// https://hl7.org/fhir/R4/search.html#reference: [id], [type]/[id], [url]. A version behind /_history/ is dropped, as
// it is from the index ("search is only defined to function against the current version of a resource").
Result<Plan> parse_reference(const ValueText& value) {
  const std::string text = unescape(value.text);
  if (fhir::is_id(text)) return bare_id_plan(value, text);
  if (const auto local = read_local(value.context, text)) {
    if (!may_target(value.context, *value.parameter, local->type)) {
      return bad_value(value, "a reference to a type that this parameter may target");
    }
    note_version(value, text);
    return local_plan(value, *local);
  }
  if (is_absolute(text)) return uri_leaf(value, text);
  return bad_value(value, "a reference: [id], [type]/[id] or an absolute URL");
}

bool matches(const ReferenceMatch& match, const ReferenceValue& value) {
  return match.id == value.id &&
         (match.types.empty() || std::find(match.types.begin(), match.types.end(), value.type) != match.types.end());
}

bool matches(const ReferenceSetMatch& match, const ReferenceValue& value) {
  return value.type == match.type && match.set->contains(value.id);
}

bool matches(const UriSetMatch& match, const UriValue& value) {
  return value.uri.starts_with(match.urls) && match.set->contains(value.uri.substr(match.urls.size()));
}

}  // namespace vesta::search::params
