// Runs the expressions of a resource type on one tree and converts what they yield.
#include "search/extract.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <optional>
#include <string>
#include <vector>

#include "fhirpath/program.h"
#include "search/params/extract.h"
#include "search/readiness.h"
#include "search/vocabulary.h"

namespace vesta::search {
namespace {

constexpr std::size_t kUsualValues = 16;  // of one kind

template <class Value>
void sort_and_unify(std::vector<Value>& values) {
  if (!std::is_sorted(values.begin(), values.end())) std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

void sort_and_unify(IndexValues& values) {
  sort_and_unify(values.tokens);
  sort_and_unify(values.strings);
  sort_and_unify(values.references);
  sort_and_unify(values.dates);
  sort_and_unify(values.numbers);
  sort_and_unify(values.quantities);
  sort_and_unify(values.uris);
  sort_and_unify(values.composites);
  sort_and_unify(values.positions);
  sort_and_unify(values.words);
  sort_and_unify(values.present);
  sort_and_unify(values.contained_references);
}

Error too_many_values(const Registry& registry, fhir::TypeId type) {
  return make_error(Category::too_large, "A resource of type " + std::string(registry.definitions().type(type).name) +
                                             " has more than " + std::to_string(kMaxIndexValues) +
                                             " index values, or more than " + std::to_string(kMaxWords) +
                                             " different words");
}

// The parameters that somebody asks for, by their ids or by those of their facets.
class NamedParameters {
 public:
  explicit NamedParameters(const Registry& registry, const Plan& plan)
      : registry_(registry), is_wanted_(registry.parameter_count(), false) {
    add(plan);
  }

  bool has(ParameterId id) const { return id < is_wanted_.size() && is_wanted_[id]; }
  bool has_custom() const { return has_custom_; }
  bool has_any_of(ParameterId id) const {
    const Parameter& parameter = registry_.parameter(id);
    return has(id) || has(parameter.text) || has(parameter.of_type) || has(parameter.identifier) ||
           has(parameter.canonical) || has(parameter.precision);
  }

 private:
  // What links lead to is wanted too: it may be what the resource contains.
  void add(const Plan& plan) {
    add(plan.leaf.parameter);
    add(plan.link.parameter);
    for (const Plan& child : plan.children) add(child);
    if (plan.shared != nullptr) add(*plan.shared);
  }
  void add(const Parameter* parameter) {
    if (parameter == nullptr) return;
    is_wanted_[parameter->id] = true;
    has_custom_ = has_custom_ || parameter->is_custom();
    if (parameter->canonical != kNoParameter) is_wanted_[parameter->canonical] = true;
    const CanonicalParameters canonical = registry_.canonical_of(parameter->type);
    if (parameter->id == canonical.names && canonical.version != kNoParameter) is_wanted_[canonical.version] = true;
  }

  const Registry& registry_;
  std::vector<bool> is_wanted_;
  bool has_custom_ = false;
};

// One extraction. `resource` is the tree that the composites' components may refer to as %resource. `wanted`: null:
// all.
class Extractor {
 public:
  Extractor(const Registry& registry, const fhir::Node& resource, fhir::Arena& arena,
            const params::ContainedPlaces& contained, const NamedParameters* wanted)
      : registry_(registry), names_(registry.vocabulary()), resource_(resource), arena_(arena), wanted_(wanted) {
    extraction_.contained = &contained;
    for (const fhir::Node& child : resource.children()) child_names_.set(child.name % child_names_.size());
  }

  Result<IndexValues> run() {
    VESTA_CHECK_OK(run(Origin::core));
    const CanonicalParameters canonical = registry_.canonical_of(resource_.type);
    if (is_wanted(canonical.names)) params::extract_canonical_names(canonical, extraction_);
    VESTA_CHECK_OK(check_size(Origin::core));
    VESTA_CHECK_OK(run(Origin::custom));
    const std::size_t before_words = values_.size();
    const WordParameters words = registry_.words_of(resource_.type);
    if (is_wanted(words.text) || is_wanted(words.content)) params::extract_words(words, resource_, extraction_);
    if (values_.size() - before_words > kMaxWords) return too_many();
    sort_and_unify(values_);
    return std::move(values_);
  }
  std::size_t failures() const { return failures_; }

  // OPTIMIZATION: room for what most resources have, so that lists do not grow step by step. Not for what is contained:
  // there may be thousands of it.
  void reserve() {
    items_.reserve(kUsualValues);
    elements_.reserve(kUsualValues);
    values_.tokens.reserve(kUsualValues);
    values_.strings.reserve(kUsualValues);
    values_.uris.reserve(kUsualValues);
    values_.present.reserve(2 * kUsualValues);
  }

 private:
  bool is_wanted(ParameterId id) const { return wanted_ == nullptr || wanted_->has(id); }
  bool is_wanted(const ExtractionStep& step) const {
    return wanted_ == nullptr ||
           std::ranges::any_of(step.parameters, [this](ParameterId id) { return wanted_->has_any_of(id); });
  }

  bool is_wanted(const CompositeStep& step) const {
    const auto any_wanted = [this](const CompositeStep::Focus& focus) {
      return std::ranges::any_of(focus.composites, [this](const auto& each) { return wanted_->has(each.parameter); });
    };
    return wanted_ == nullptr || std::ranges::any_of(step.foci, any_wanted);
  }

  // What a failure of a step means to the whole.
  Status judge(Status evaluated, Origin origin) {
    if (evaluated.ok() || origin == Origin::core) return evaluated;
    ++failures_;
    return kOk;
  }

  // R4's steps before custom ones: nothing that others define takes the room of what R4 does.
  Status run(Origin origin) {
    for (const ExtractionStep* step : registry_.steps_of(resource_.type)) {
      if (step->origin != origin || is_full_) continue;
      VESTA_CHECK_OK(run(*step));
    }
    for (const CompositeStep* step : registry_.composite_steps_of(resource_.type)) {
      if (step->origin == origin && !is_full_) VESTA_CHECK_OK(run(*step));
    }
    return kOk;
  }

  // A resource with too many values of custom parameters has none of them: nobody's resource is refused for their sake.
  Status check_size(Origin origin) {
    if (values_.size() <= kMaxIndexValues) return kOk;
    if (origin == Origin::core) return too_many();
    ++failures_;
    is_full_ = true;
    erase_values(values_, [this](ParameterId id) { return registry_.parameter(id).is_custom(); });
    return kOk;
  }

  // OPTIMIZATION: false for most programs of a type, whose elements this resource has not.
  bool may_yield(const fhirpath::Program& program) const {
    const auto names = program.first_names();
    return !names || std::ranges::any_of(
                         *names, [this](fhir::NameId name) { return child_names_.test(name % child_names_.size()); });
  }

  Status run(const ExtractionStep& step) {
    if (!is_wanted(step) || !may_yield(*step.program)) return kOk;
    items_.clear();
    Status evaluated = step.program->evaluate(resource_, arena_, items_);
    if (!evaluated.ok()) return judge(std::move(evaluated), step.origin);
    if (items_.empty()) return kOk;
    const bool is_present = std::ranges::any_of(items_, [this](const fhirpath::Item& item) {
      return item.kind != fhirpath::Item::Kind::node || has_content(names_, *item.node);
    });
    for (const ParameterId id : step.parameters) {
      const Parameter& parameter = registry_.parameter(id);
      if (is_present) values_.present.push_back(id);
      for (const fhirpath::Item& item : items_) {
        const Datum datum = to_datum(names_, item);
        params::extract_value(parameter.kind, id, datum, extraction_);
        if (parameter.text != kNoParameter) params::extract_token_text(parameter.text, datum, extraction_);
        if (parameter.of_type != kNoParameter) params::extract_typed_identifier(parameter.of_type, datum, extraction_);
        if (parameter.identifier != kNoParameter) {
          params::extract_reference_identifier(parameter.identifier, datum, extraction_);
        }
        if (parameter.canonical != kNoParameter && parameter.kind == fhir::SearchParamType::reference) {
          params::extract_canonical(parameter.canonical, datum, extraction_);
        }
        if (parameter.precision != kNoParameter) params::extract_precision(parameter.precision, datum, extraction_);
      }
    }
    // After each step, so that a hostile resource cannot make much more than the limit.
    return check_size(step.origin);
  }

  // https://hl7.org/fhir/R4/search.html#composite: what is combined is of one element.
  Status run(const CompositeStep& step) {
    if (!is_wanted(step) || !may_yield(*step.program)) return kOk;
    elements_.clear();
    Status evaluated = step.program->evaluate(resource_, arena_, elements_);
    if (!evaluated.ok()) return judge(std::move(evaluated), step.origin);
    for (const fhirpath::Item& element : elements_) {
      if (element.kind != fhirpath::Item::Kind::node) continue;
      const auto focus = std::ranges::find(step.foci, element.node->type, &CompositeStep::Focus::type);
      if (focus == step.foci.end()) continue;
      yields_.assign(focus->programs.size(), std::nullopt);
      for (const CompositeStep::Composite& composite : focus->composites) {
        VESTA_CHECK_OK(judge(combine(*element.node, *focus, composite), step.origin));
        VESTA_CHECK_OK(check_size(step.origin));
        if (is_full_) return kOk;
      }
    }
    return kOk;
  }

  // The last component goes first: it is the value, which most elements have not in the form that is asked for.
  Status combine(const fhir::Node& element, const CompositeStep::Focus& focus,
                 const CompositeStep::Composite& composite) {
    const Parameter& parameter = registry_.parameter(composite.parameter);
    std::array<std::vector<ComponentValue>, kMaxComponents> components;
    const std::size_t count = parameter.components.size();
    for (std::size_t i = count; i-- > 0;) {
      std::optional<fhirpath::Collection>& items = yields_[composite.programs[i]];
      if (!items) {
        items.emplace();
        VESTA_CHECK_OK(
            focus.programs[composite.programs[i]]->evaluate(element, arena_, *items, {.resource = &resource_}));
      }
      const Parameter& component = registry_.parameter(parameter.components[i]);
      for (const fhirpath::Item& item : *items) {
        params::extract_value(component.kind, component.id, to_datum(names_, item), component_);
      }
      components[i] = params::take_component_values(component_values_);
      if (components[i].empty()) return kOk;
    }
    if (!params::add_composites(composite.parameter, std::span(components).first(count), kMaxIndexValues,
                                extraction_)) {
      return too_many();
    }
    return kOk;
  }

  Error too_many() const { return too_many_values(registry_, resource_.type); }

  const Registry& registry_;
  const Vocabulary& names_;
  const fhir::Node& resource_;
  fhir::Arena& arena_;
  const NamedParameters* const wanted_;
  IndexValues values_, component_values_;
  params::Extraction extraction_{registry_, names_, arena_, values_, registry_.units()};
  params::Extraction component_{registry_, names_, arena_, component_values_, registry_.units()};
  std::size_t failures_ = 0;
  bool is_full_ = false;                                     // of values of custom parameters
  std::bitset<256> child_names_;                             // of the resource; several names share a bit
  fhirpath::Collection items_;                               // of one step
  fhirpath::Collection elements_;                            // of one composite step
  std::vector<std::optional<fhirpath::Collection>> yields_;  // of each program of a focus, once it has run
};

}  // namespace

namespace params {

void extract_value(fhir::SearchParamType kind, ParameterId parameter, const Datum& datum, Extraction& extraction) {
  switch (kind) {
    case fhir::SearchParamType::token:
      return extract_token(parameter, datum, extraction);
    case fhir::SearchParamType::string:
      return extract_string(parameter, datum, extraction);
    case fhir::SearchParamType::reference:
      return extract_reference(parameter, datum, extraction);
    case fhir::SearchParamType::date:
      return extract_date(parameter, datum, extraction);
    case fhir::SearchParamType::number:
      return extract_number(parameter, datum, extraction);
    case fhir::SearchParamType::quantity:
      return extract_quantity(parameter, datum, extraction);
    case fhir::SearchParamType::uri:
      return extract_uri(parameter, datum, extraction);
    case fhir::SearchParamType::special:
      return extract_position(parameter, datum, extraction);
    case fhir::SearchParamType::composite:
      break;  // has steps of its own
  }
}

}  // namespace params

namespace {

// Of several with one id the first is meant.
params::ContainedPlaces places_of(const Vocabulary& names, const fhir::Node& root) {
  params::ContainedPlaces places;
  std::uint32_t place = 0;
  for (const fhir::Node& child : root.children()) {
    if (child.name == names.contained) places.try_emplace(child.child_value(names.id), place++, child.type);
  }
  places.erase(std::string_view());
  return places;
}

Result<Contained> extract_contained(const Registry& registry, const fhir::Node& node, fhir::Arena& arena,
                                    const params::ContainedPlaces& places, const NamedParameters* wanted,
                                    std::size_t* failures) {
  Extractor extractor(registry, node, arena, places, wanted);
  Contained inner{node.type, node.child_value(registry.vocabulary().id), {}};
  VESTA_TRY(inner.values, extractor.run());
  if (failures != nullptr) *failures += extractor.failures();
  return inner;
}

Result<IndexValues> extract_wanted(const Registry& registry, const fhir::Node& root, fhir::Arena& arena,
                                   const NamedParameters* wanted, std::size_t* failures) {
  const Vocabulary& names = registry.vocabulary();
  const params::ContainedPlaces places = places_of(names, root);
  Extractor extractor(registry, root, arena, places, wanted);
  if (wanted == nullptr) extractor.reserve();
  VESTA_TRY(IndexValues values, extractor.run());
  if (failures != nullptr) *failures = extractor.failures();
  std::size_t indexed = values.size() - values.words.size(), words = 0;
  for (const fhir::Node& child : root.children()) {
    if (child.name != names.contained) continue;
    VESTA_TRY(Contained inner, extract_contained(registry, child, arena, places, wanted, failures));
    indexed += 1 + inner.values.size() - inner.values.words.size();
    words += inner.values.words.size();
    if (indexed > kMaxIndexValues || words > kMaxWords) return too_many_values(registry, root.type);
    values.contained.push_back(std::move(inner));
  }
  return values;
}

}  // namespace

Result<IndexValues> extract(const Registry& registry, const fhir::Node& root, fhir::Arena& arena,
                            std::size_t* failures) {
  return extract_wanted(registry, root, arena, nullptr, failures);
}

Result<IndexValues> extract_for(const Registry& registry, const Plan& plan, const fhir::Node& root,
                                fhir::Arena& arena) {
  const NamedParameters wanted(registry, plan);
  // How much else there is decides whether a resource has values of custom parameters at all.
  return extract_wanted(registry, root, arena, wanted.has_custom() ? nullptr : &wanted, nullptr);
}

}  // namespace vesta::search
