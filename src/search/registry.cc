// The Registry: R4's parameters compiled at the start, custom ones beside them, and the tables of each type.
#include <algorithm>

#include "base/check.h"
#include "fhirpath/program.h"
#include "search/definitions_by_type.h"
#include "search/digest.h"
#include "search/parameter.h"
#include "search/type_part.h"
#include "search/vocabulary.h"
#include "ucum/unit_cache.h"

namespace vesta::search {
namespace {

using fhir::TypeId;

// Raise it whenever the same resource and the same parameters yield other index values than before: a conversion in
// params/, the folding of text, the format of decimal keys. Stores then index again.
constexpr std::string_view kExtractionRevision = "8";

}  // namespace

// What readers look at, of one type: never changed once it is published, and kept as long as the Registry.
struct Registry::Tables {
  std::vector<const Parameter*> found;  // sorted by code, with facets and components
  std::vector<const Parameter*> named;  // all that are not retired, sorted by name
  std::vector<const ExtractionStep*> steps;
  std::vector<const CompositeStep*> composite_steps;
  WordParameters words;
  CanonicalParameters canonical;
};

// A custom parameter with everything that its Parameters point into.
struct Registry::Custom {
  CustomParameter source;
  std::vector<fhir::SearchParamComponent> components;
  fhir::SearchParameter definition;
  CompiledTexts texts;
  std::vector<fhir::SearchParameter> together;   // of what is compiled to be checked: see check
  std::vector<std::unique_ptr<TypePart>> parts;  // of its concrete types
  Readiness readiness = Readiness::retired;
};

Registry::Registry(const fhir::Definitions& definitions)
    : definitions_(definitions),
      vocabulary_(std::make_unique<const Vocabulary>(definitions)),
      units_(std::make_unique<ucum::UnitCache>()),
      core_texts_(std::make_unique<CompiledTexts>()),
      by_id_(kNoParameter),
      readiness_(kNoParameter),
      tables_(definitions.types().size()) {
  for (auto& each : readiness_) each.store(Readiness::retired, std::memory_order_relaxed);
  const std::vector<ByCode> by_type = definitions_by_type(definitions);
  PartCompiler compiler(*vocabulary_, *core_texts_);
  for (std::size_t id = 0; id < by_type.size(); ++id) {
    std::vector<const fhir::SearchParameter*> of_type;
    for (const auto& [code, definition] : by_type[id]) of_type.push_back(definition);
    core_.push_back(std::make_unique<TypePart>(compiler.compile(static_cast<TypeId>(id), of_type)));
    give_ids(*core_.back(), Readiness::ready);
    publish(static_cast<TypeId>(id));
  }
  core_count_ = parameter_count();
  fingerprint_ = fingerprint_of_core();
}

Registry::~Registry() = default;

std::string Registry::fingerprint_of_core() const {
  Digest digest;
  digest.add(kExtractionRevision);
  for (ParameterId id = 0; id < parameter_count(); ++id) {
    const Parameter& each = parameter(id);
    digest.add(definitions_.type(each.type).name);
    digest.add(each.code);
    digest.add(std::to_string(static_cast<int>(each.kind)));
    if (each.facet != Facet::value) continue;
    digest.add(each.definition->expression);
    for (const fhir::SearchParamComponent& component : each.definition->components) digest.add(component.expression);
  }
  return digest.hex();
}

// Readers may walk over ids as soon as they are counted: their readiness stands before that.
void Registry::give_ids(TypePart& part, Readiness readiness) {
  const ParameterId first = parameter_count();
  CHECK(first + part.parameters.size() <= kNoParameter);
  place(part, first);
  for (const Parameter& each : part.parameters) {
    by_id_[each.id] = &each;
    readiness_[each.id].store(readiness, std::memory_order_release);
  }
  count_.store(static_cast<ParameterId>(first + part.parameters.size()), std::memory_order_release);
}

// Of several with one code: a custom one that is ready, before R4's, before one that is pending.
void Registry::publish(TypeId type) {
  Tables& made = published_.emplace_back();
  std::map<std::string_view, std::pair<int, const Parameter*>> chosen;
  const auto add = [&](const TypePart& part, int rank) {
    for (const Parameter& each : part.parameters) {
      made.named.push_back(&each);
      if (each.facet != Facet::value) continue;
      const auto [at, is_new] = chosen.try_emplace(each.code, rank, &each);
      if (!is_new && rank < at->second.first) at->second = {rank, &each};
    }
    for (const ExtractionStep& step : part.steps) made.steps.push_back(&step);
    for (const CompositeStep& step : part.composite_steps) made.composite_steps.push_back(&step);
  };
  add(*core_[type], 1);
  made.words = core_[type]->words;
  made.canonical = core_[type]->canonical;
  for (const auto& [digest, custom] : customs_) {
    if (custom->readiness == Readiness::retired) continue;
    for (const auto& part : custom->parts) {
      if (part->type == type) add(*part, custom->readiness == Readiness::ready ? 0 : 2);
    }
  }
  for (const auto& [code, choice] : chosen) {
    const Parameter& owner = *choice.second;
    made.found.push_back(&owner);
    for (const ParameterId id : {owner.text, owner.of_type, owner.identifier, owner.canonical, owner.precision}) {
      if (id != kNoParameter) made.found.push_back(&parameter(id));
    }
    for (const ParameterId id : owner.components) made.found.push_back(&parameter(id));
  }
  std::ranges::sort(made.found, {}, &Parameter::code);
  std::ranges::sort(made.named, {}, &Parameter::name);
  tables_[type].store(&made, std::memory_order_release);
}

const Registry::Tables& Registry::tables(TypeId type) const {
  static const Tables kNone;
  return type < tables_.size() ? *tables_[type].load(std::memory_order_acquire) : kNone;
}

std::span<const Parameter* const> Registry::parameters_of(TypeId type) const {
  return tables(type).found;
}

std::span<const ExtractionStep* const> Registry::steps_of(TypeId type) const {
  return tables(type).steps;
}

std::span<const CompositeStep* const> Registry::composite_steps_of(TypeId type) const {
  return tables(type).composite_steps;
}

WordParameters Registry::words_of(TypeId type) const {
  return tables(type).words;
}

CanonicalParameters Registry::canonical_of(TypeId type) const {
  return tables(type).canonical;
}

std::span<const Registry::Failure> Registry::failures() const {
  return core_texts_->failures;
}

const Parameter* Registry::find(TypeId type, std::string_view code) const {
  const auto of_type = parameters_of(type);
  const auto found = std::ranges::lower_bound(of_type, code, {}, &Parameter::code);
  return found != of_type.end() && (*found)->code == code && (*found)->facet == Facet::value ? *found : nullptr;
}

const Parameter* Registry::find_core(TypeId type, std::string_view code) const {
  if (type >= core_.size()) return nullptr;
  const std::vector<Parameter>& of_type = core_[type]->parameters;
  const auto found = std::ranges::lower_bound(of_type, code, {}, &Parameter::code);
  return found != of_type.end() && found->code == code && found->facet == Facet::value ? &*found : nullptr;
}

const Parameter* Registry::find_name(TypeId type, std::string_view name) const {
  const auto& named = tables(type).named;
  const auto found = std::ranges::lower_bound(named, name, {}, &Parameter::name);
  return found != named.end() && (*found)->name == name ? *found : nullptr;
}

std::vector<TypeId> Registry::concrete_types(const CustomParameter& parameter) const {
  std::vector<TypeId> types;
  for (std::size_t id = 0; id < definitions_.types().size(); ++id) {
    const auto type = static_cast<TypeId>(id);
    const fhir::Type& candidate = definitions_.type(type);
    if (candidate.kind != fhir::TypeKind::resource || candidate.is_abstract) continue;
    if (std::ranges::any_of(parameter.base, [&](TypeId base) { return definitions_.is_a(type, base); })) {
      types.push_back(type);
    }
  }
  return types;
}

// Never null; with failures in its texts if it cannot be indexed.
std::unique_ptr<Registry::Custom> Registry::compile(const CustomParameter& parameter, const Change& change) const {
  auto custom = std::make_unique<Custom>();
  custom->source = parameter;
  const CustomParameter& source = custom->source;
  for (const CustomParameter::Component& component : source.components) {
    custom->components.push_back({component.definition, component.expression});
  }
  custom->definition = {source.url,  source.code, source.description, source.expression,
                        source.type, source.base, source.targets,     custom->components};
  PartCompiler compiler(*vocabulary_, custom->texts, Origin::custom, "#" + digest_of(source));
  for (const auto& [digest, known] : customs_) {
    const bool is_retired = known->readiness == Readiness::retired || std::ranges::count(change.retired, digest) > 0;
    if (!is_retired) compiler.know(known->definition);
  }
  for (const CustomParameter& each : change.added) {
    custom->together.push_back(
        {each.url, each.code, each.description, each.expression, each.type, each.base, each.targets, {}});
  }
  for (const fhir::SearchParameter& each : custom->together) compiler.know(each);
  const fhir::SearchParameter* const definition = &custom->definition;
  for (const TypeId type : concrete_types(source)) {
    auto part = std::make_unique<TypePart>(compiler.compile(type, {&definition, 1}));
    if (!custom->texts.failures.empty()) break;
    for (Parameter& each : part->parameters) each.uses = &source.uses;
    // Of an abstract base, some types may lack what the expression names.
    const bool is_empty = part->steps.empty() && part->composite_steps.empty();
    if (!is_empty) {
      custom->parts.push_back(std::move(part));
    } else if (std::ranges::find(source.base, type) != source.base.end()) {
      custom->texts.failures.push_back({source.url,
                                        source.expression,
                                        "for " + std::string(definitions_.type(type).name) + " it yields nothing",
                                        {}});
      break;
    }
  }
  if (custom->parts.empty() && custom->texts.failures.empty()) {
    custom->texts.failures.push_back({source.url, source.expression, "it yields nothing", {}});
  }
  return custom;
}

namespace {

Error refused(std::span<const Registry::Failure> failures) {
  Error error = make_error(Category::unprocessable, "The search parameter cannot be indexed.");
  for (const Registry::Failure& failure : failures) {
    std::string place = "SearchParameter.";
    if (failure.component) place += "component[" + std::to_string(*failure.component) + "].";
    place += failure.is_definition ? "definition" : "expression";
    error.issues.push_back(
        {Severity::error, "value", "'" + std::string(failure.expression) + "': " + failure.reason, std::move(place)});
  }
  return error;
}

}  // namespace

Status Registry::check(const CustomParameter& parameter, const Change& change) const {
  const std::unique_ptr<Custom> custom = compile(parameter, change);
  if (!custom->texts.failures.empty()) return refused(custom->texts.failures);
  return check_room(*custom, customs_.contains(digest_of(parameter, change)));
}

// Each type is published up to three times: pending, ready, retired.
Status Registry::check_room(const Custom& custom, bool has_ids) const {
  std::size_t parameters = 0;
  for (const auto& part : custom.parts) parameters += has_ids ? 0 : part->parameters.size();
  if (parameter_count() + parameters <= kNoParameter &&
      published_.size() + 3 * custom.parts.size() <= kMaxPublishedTables) {
    return kOk;
  }
  return make_error(Category::too_large,
                    "Too many search parameters were changed since the start: a new one needs a restart.");
}

Status Registry::add(const CustomParameter& parameter) {
  const std::string digest = digest_of(parameter);
  auto found = customs_.find(digest);
  if (found != customs_.end() && found->second->readiness != Readiness::retired) return kOk;
  std::unique_ptr<Custom> made;
  if (found == customs_.end()) {
    made = compile(parameter, {});
    if (!made->texts.failures.empty()) return refused(made->texts.failures);
  }
  Custom& custom = made ? *made : *found->second;
  VESTA_CHECK_OK(check_room(custom, !made));
  if (made) {
    for (const auto& part : custom.parts) give_ids(*part, Readiness::pending);
    customs_.emplace(digest, std::move(made));
  }
  set_readiness(custom, Readiness::pending);
  generation_.fetch_add(1, std::memory_order_acq_rel);
  return kOk;
}

void Registry::set_readiness(Custom& custom, Readiness readiness) {
  custom.readiness = readiness;
  for (const auto& part : custom.parts) {
    for (const Parameter& each : part->parameters) readiness_[each.id].store(readiness, std::memory_order_release);
    publish(part->type);
  }
  edition_.fetch_add(1, std::memory_order_acq_rel);
}

void Registry::set_ready(std::string_view digest) {
  const auto found = customs_.find(digest);
  if (found == customs_.end() || found->second->readiness != Readiness::pending) return;
  set_readiness(*found->second, Readiness::ready);
}

void Registry::retire(std::string_view digest) {
  const auto found = customs_.find(digest);
  if (found == customs_.end() || found->second->readiness == Readiness::retired) return;
  set_readiness(*found->second, Readiness::retired);
  generation_.fetch_add(1, std::memory_order_acq_rel);
}

std::vector<ParameterId> Registry::ids_of(std::string_view digest) const {
  std::vector<ParameterId> ids;
  const auto found = customs_.find(digest);
  if (found == customs_.end()) return ids;
  for (const auto& part : found->second->parts) {
    for (const Parameter& each : part->parameters) ids.push_back(each.id);
  }
  return ids;
}

std::string Registry::digest_of(const CustomParameter& parameter, const Change& change) const {
  std::string own = search::digest_of(definitions_, parameter);
  if (parameter.components.empty()) return own;
  Digest digest;
  digest.add(own);
  for (const CustomParameter::Component& component : parameter.components) {
    std::string kind = "none";
    const auto is_it = [&component](const fhir::SearchParameter& each) { return each.url == component.definition; };
    const auto core = std::ranges::find_if(definitions_.search_parameters(), is_it);
    if (core != definitions_.search_parameters().end()) kind = std::to_string(static_cast<int>(core->type));
    for (const auto& [known, custom] : customs_) {
      if (custom->readiness == Readiness::retired || !is_it(custom->definition)) continue;
      if (std::ranges::count(change.retired, known) > 0) continue;
      kind = std::to_string(static_cast<int>(custom->definition.type));
    }
    for (const CustomParameter& each : change.added) {
      if (each.url == component.definition) kind = std::to_string(static_cast<int>(each.type));
    }
    digest.add(kind);
  }
  return digest.hex();
}

std::string digest_of(const fhir::Definitions& definitions, const CustomParameter& parameter) {
  Digest digest;
  for (const std::string* text : {&parameter.url, &parameter.code, &parameter.expression}) digest.add(*text);
  digest.add(std::to_string(static_cast<int>(parameter.type)));
  for (const std::vector<TypeId>* types : {&parameter.base, &parameter.targets}) {
    for (const TypeId type : *types) digest.add(definitions.type(type).name);
    digest.add({});
  }
  for (const CustomParameter::Component& component : parameter.components) {
    digest.add(component.definition);
    digest.add(component.expression);
  }
  // Of those that list nothing the digest is as it was before lists counted.
  const auto add_list = [&digest](std::string_view name, const std::vector<std::string>& list) {
    for (const std::string& each : list) digest.add(std::string(name) + each);
  };
  add_list("comparator ", parameter.uses.comparators);
  add_list("modifier ", parameter.uses.modifiers);
  add_list("chain ", parameter.uses.chains);
  return digest.hex();
}

}  // namespace vesta::search
