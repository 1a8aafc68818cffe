// Showing of versions, and reading of queries, by pseudonyms.
#include "access/deidentification.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>
#include <variant>

#include "access/redaction.h"
#include "deidentify/dates.h"
#include "fhir/envelope.h"
#include "fhir/r4_names.h"
#include "fhirpath/program.h"
#include "search/elements.h"
#include "store/scratch.h"

namespace vesta::access {
namespace {

using search::Plan;

// Of which all that a search may find is shown as it is: of a CodeableConcept its codings, of a Reference where it
// leads.
constexpr std::array<fhir::TypeId, 8> kShownTypes = {
    fhir::types::boolean_,    fhir::types::code,    fhir::types::Coding,      fhir::types::CodeableConcept,
    fhir::types::positiveInt, fhir::types::decimal, fhir::types::unsignedInt, fhir::types::Reference};

bool is_shown_type(fhir::TypeId type) {
  return std::ranges::find(kShownTypes, type) != kShownTypes.end();
}

// Is something on the way removed, so that what is behind it is not there?
bool is_removed(const fhir::Definitions& definitions, const deidentify::Rules& rules, fhir::TypeId type,
                std::span<const std::string> place) {
  if (place.empty()) return false;
  const auto name = definitions.find_name(place.front());
  bool is_there = false;
  for (const fhir::Element& element : definitions.type(type).elements) {
    if (!name || element.name != *name || rules.of(type, *name, element.type) == deidentify::Rule::remove) continue;
    const bool is_end = place.size() == 1 || element.type == fhir::kNoType;
    if (is_end || !is_removed(definitions, rules, element.type, place.subspan(1))) is_there = true;
  }
  return !is_there;
}

// When commits were made is known to others (two versions of one commit, an hour): moved, it would tell by how many
// days all dates of the patient are.
Instant shown_time(const store::Version& version) {
  return deidentify::start_of_year(version.last_updated);
}

}  // namespace

std::optional<std::string> Deidentification::real_id(fhir::TypeId type, std::string_view id) const {
  if (auto real = by->pseudonyms().id_of(id)) return real;
  return covers(type) ? std::nullopt : std::optional(std::string(id));
}

void Deidentification::hide_small(std::optional<std::uint64_t>& total) const {
  if (total && *total < min_cell_size) total.reset();
}

// A text in it has its quotation marks escaped.
bool Deidentification::holds_others(std::string_view tail) {
  return tail.find("\"resourceType\"") != std::string_view::npos;
}

Status Deidentification::apply(const fhir::Definitions& definitions, store::Version& version) const {
  if (!covers(version.type) && !holds_others(version.tail)) return kOk;
  if (version.deleted) {
    version.id = by->pseudonyms().of_id(version.id);
    version.last_updated = shown_time(version);
    return kOk;
  }
  store::ScratchLease scratch(definitions);
  VESTA_TRY(const fhir::Node* const resource, scratch->read(version));
  fhir::Node* const made = by->apply(*resource, now, scratch->arena);
  add_subsetted_tag(definitions, *made, scratch->arena);
  version.id = made->child_value(fhir::names::id);
  version.last_updated = shown_time(version);
  version.tail.clear();
  fhir::write_tail(definitions, *made, version.tail);
  return kOk;
}

// What a custom parameter asks may be anything; R4's are known: those that yield what is shown ask for nothing else.
bool DeidentifiedSearch::is_shown(const search::Parameter& parameter) const {
  if (parameter.is_custom() || parameter.facet != search::Facet::value || parameter.program == nullptr) {
    return false;
  }
  const auto types = parameter.program->node_types();
  if (!types || !std::ranges::all_of(*types, is_shown_type)) return false;
  const bool makes_truths = std::ranges::all_of(parameter.program->value_kinds(), [](fhirpath::Item::Kind kind) {
    return kind == fhirpath::Item::Kind::boolean;
  });
  if (!makes_truths) return false;
  const search::ElementsRead read = search::elements_read(registry_.definitions(), parameter);
  return !read.goes_beyond && std::ranges::none_of(read.places, [&](const std::vector<std::string>& place) {
    return is_removed(registry_.definitions(), shown_.by->rules(), parameter.type, place);
  });
}

bool DeidentifiedSearch::translate(search::ReferenceMatch& match) const {
  const bool is_hidden =
      match.types.empty() || std::ranges::any_of(match.types, [&](fhir::TypeId type) { return shown_.covers(type); });
  auto real = shown_.by->pseudonyms().id_of(match.id);
  if (!real && is_hidden) return false;
  if (real) match.id = std::move(*real);
  return true;
}

bool DeidentifiedSearch::translate(fhir::TypeId type, search::Leaf& leaf) const {
  if (auto* const match = std::get_if<search::IdMatch>(&leaf.match)) {
    auto real = shown_.real_id(type, match->id);
    if (real) match->id = std::move(*real);
    return real.has_value();
  }
  auto* const reference = std::get_if<search::ReferenceMatch>(&leaf.match);
  if (reference != nullptr && !translate(*reference)) return false;
  if (!shown_.covers(type)) return true;
  const bool is_code = std::holds_alternative<search::TokenMatch>(leaf.match) ||
                       std::holds_alternative<search::TokenSetMatch>(leaf.match) ||
                       std::holds_alternative<search::PresentMatch>(leaf.match) ||
                       std::holds_alternative<search::NumberMatch>(leaf.match);
  return (is_code || reference != nullptr) && leaf.parameter != nullptr && is_shown(*leaf.parameter);
}

void DeidentifiedSearch::translate(fhir::TypeId type, Plan& plan) const {
  switch (plan.kind) {
    case Plan::Kind::leaf:
      if (!translate(type, plan.leaf)) plan = Plan::make_none();
      break;
    case Plan::Kind::chain:
    case Plan::Kind::has: {
      const fhir::TypeId owner = plan.kind == Plan::Kind::chain ? type : plan.link.type;
      translate(plan.link.type, plan.children.front());
      if (shown_.covers(owner) && !is_shown(*plan.link.parameter)) plan = Plan::make_none();
      break;
    }
    case Plan::Kind::contains:
      plan = Plan::make_none();
      break;
    case Plan::Kind::all:
    case Plan::Kind::none:
    case Plan::Kind::and_:
    case Plan::Kind::or_:
    case Plan::Kind::not_:
      for (Plan& child : plan.children) translate(type, child);
      break;
    case Plan::Kind::shared:  // not of the asker, but a guard: it is about what is there
      break;
  }
}

void DeidentifiedSearch::translate(search::Query& query) const {
  translate(query.type, query.plan);
  if (!shown_.covers(query.type)) return;
  std::erase_if(query.sort, [&](const search::SortKey& key) {
    return key.column != search::SortKey::Column::parameter || key.parameter->kind != fhir::SearchParamType::token ||
           !is_shown(*key.parameter);
  });
}

std::vector<search::Include> DeidentifiedSearch::translated(const std::vector<search::Include>& includes) const {
  std::vector<search::Include> kept;
  std::ranges::copy_if(includes, std::back_inserter(kept), [&](const search::Include& include) {
    return include.parameter == nullptr || !shown_.covers(include.parameter->type) || is_shown(*include.parameter);
  });
  return kept;
}

}  // namespace vesta::access
