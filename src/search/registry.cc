// Builds the Registry: which parameters each resource type has, with their facets and components, and the programs.
#include <algorithm>
#include <limits>
#include <map>
#include <unordered_map>

#include "base/check.h"
#include "fhirpath/program.h"
#include "search/definitions_by_type.h"
#include "search/parameter.h"
#include "search/vocabulary.h"
#include "ucum/unit_cache.h"

namespace vesta::search {
namespace {

using fhir::SearchParamType;
using fhir::TypeId;
using fhirpath::Program;

// Raise it whenever the same resource and the same parameters yield other index values than before: a conversion in
// params/, the folding of text, the format of decimal keys. Stores then index again.
constexpr std::string_view kExtractionRevision = "7";

// _id and _lastUpdated are columns of every resource.
bool has_program(const fhir::SearchParameter& parameter) {
  return !parameter.expression.empty() && parameter.code != "_id" && parameter.code != "_lastUpdated";
}

// FNV-1a, 64 bits, over fields that are closed by a byte no text contains.
class Digest {
 public:
  void add(std::string_view field) {
    for (char c : field) mix(static_cast<unsigned char>(c));
    mix(0xFF);
  }
  std::string hex() const {
    constexpr char kDigits[] = "0123456789abcdef";
    std::string out;
    for (int shift = 60; shift >= 0; shift -= 4) out.push_back(kDigits[hash_ >> shift & 0xF]);
    return out;
  }

 private:
  void mix(unsigned char byte) { hash_ = (hash_ ^ byte) * 1099511628211u; }
  std::uint64_t hash_ = 14695981039346656037u;
};

// What items of a program may be to search, as bits by Shape. All bits where the types are not known: below nested
// resources, and where an extension stands for its value.
using Shapes = std::uint32_t;
constexpr Shapes bit(Shape shape) {
  return Shapes{1} << static_cast<unsigned>(shape);
}
template <class... Each>
constexpr Shapes bits(Each... shape) {
  return (bit(shape) | ...);
}
constexpr Shapes kAllShapes = ~Shapes{0};

Shapes shapes_of(const Program& program, const Vocabulary& vocabulary) {
  const auto types = program.node_types();
  if (!types) return kAllShapes;
  Shapes found = 0;
  for (const TypeId type : *types) found |= bit(vocabulary.shapes[type]);
  return (found & bit(Shape::extension)) != 0 ? kAllShapes : found;
}

// What a value of that kind can be taken from; see the converters in params/.
Shapes shapes_for(SearchParamType kind) {
  switch (kind) {
    case SearchParamType::token:
      return bits(Shape::coding, Shape::codeable_concept, Shape::identifier, Shape::contact_point, Shape::code,
                  Shape::boolean, Shape::text, Shape::uri, Shape::canonical, Shape::number, Shape::date);
    case SearchParamType::string:
      return bits(Shape::text, Shape::code, Shape::uri, Shape::canonical, Shape::number, Shape::date, Shape::human_name,
                  Shape::address);
    case SearchParamType::reference:
      return bits(Shape::reference, Shape::canonical, Shape::uri, Shape::resource);
    case SearchParamType::date:
      return bits(Shape::date, Shape::period, Shape::timing);
    case SearchParamType::number:
      return bits(Shape::number, Shape::range);
    case SearchParamType::quantity:
      return bits(Shape::quantity, Shape::money, Shape::range, Shape::sampled_data, Shape::number);
    case SearchParamType::uri:
      return bits(Shape::uri, Shape::canonical, Shape::text);
    case SearchParamType::composite:
    case SearchParamType::special:
      break;
  }
  return 0;
}

// A component is of its definition's type. DEVIATION: where nothing that its expression yields can be of that type, it
// is of the first type that fits: R4's DocumentReference-relationship names its two definitions the wrong way round
// (`code` is said to be a reference, `target` a token).
std::optional<SearchParamType> component_kind(const fhir::SearchParameter* definition, Shapes shapes) {
  constexpr SearchParamType kKinds[] = {SearchParamType::token, SearchParamType::reference, SearchParamType::quantity,
                                        SearchParamType::date,  SearchParamType::number,    SearchParamType::string,
                                        SearchParamType::uri};
  if (definition != nullptr && (shapes_for(definition->type) & shapes) != 0) return definition->type;
  for (const SearchParamType kind : kKinds) {
    if ((shapes_for(kind) & shapes) != 0) return kind;
  }
  return std::nullopt;
}

}  // namespace

// The parts of a Registry while they are made. Ids of the type at hand are its places in `drafts_` until `number` gives
// the final ones, in the order of the codes.
class Registry::Builder {
 public:
  explicit Builder(Registry& registry) : to_(registry), definitions_(registry.definitions_) {
    for (const fhir::SearchParameter& each : definitions_.search_parameters()) by_url_.emplace(each.url, &each);
  }

  void add_type(TypeId type, const ByCode& by_code) {
    type_ = type;
    drafts_.clear();
    programs_of_type_.clear();
    for (const auto& [code, definition] : by_code) add_definition(*definition);
    add_canonical_names();
    number();
    std::erase_if(to_.steps_[type], [](const ExtractionStep& step) { return step.program->always_empty(); });
  }

 private:
  Parameter& draft(const fhir::SearchParameter& definition, SearchParamType kind, std::string_view code, Facet facet) {
    Parameter added;
    added.id = static_cast<ParameterId>(drafts_.size());
    added.type = type_;
    added.kind = kind;
    added.code = code;
    added.definition = &definition;
    added.facet = facet;
    drafts_.push_back(std::move(added));
    return drafts_.back();
  }

  ParameterId add_facet(const fhir::SearchParameter& definition, SearchParamType kind, std::string_view suffix,
                        Facet facet) {
    to_.codes_.push_back(std::string(definition.code) + std::string(suffix));
    return draft(definition, kind, to_.codes_.back(), facet).id;
  }

  void add_definition(const fhir::SearchParameter& definition) {
    const ParameterId id = draft(definition, definition.type, definition.code, Facet::value).id;
    if (definition.expression.empty()) {
      if (definition.code == "_text") to_.words_[type_].text = id;
      if (definition.code == "_content") to_.words_[type_].content = id;
    }
    if (!has_program(definition)) return;
    const auto [known, is_new] = programs_of_type_.try_emplace(definition.expression, nullptr);
    if (is_new) known->second = compile(type_, definition.expression, definition);
    const Program* program = known->second;
    if (program == nullptr) return;
    drafts_[id].program = program;
    if (definition.type == SearchParamType::composite) return add_composite(id, definition, *program);
    add_step(id, *program);
    add_facets(id, definition, shapes_of(*program, *to_.vocabulary_));
  }

  // The program of an expression for a type of root; null, with a failure, if it cannot be compiled.
  const Program* compile(TypeId root, std::string_view expression, const fhir::SearchParameter& definition) {
    auto program = fhirpath::compile(definitions_, root, expression);
    if (!program) {
      to_.failures_.push_back({definition.url, expression, program.error().message});
      return nullptr;
    }
    to_.programs_.push_back(std::move(*program));
    return to_.programs_.back().get();
  }

  void add_step(ParameterId id, const Program& program) {
    std::vector<ExtractionStep>& steps = to_.steps_[type_];
    auto at = std::ranges::find(steps, &program, &ExtractionStep::program);
    if (at == steps.end()) at = steps.insert(at, {&program, {}});
    at->parameters.push_back(id);
  }

  // Only the facets that can have values: a modifier on a parameter without its facet is refused, not answered with
  // nothing.
  void add_facets(ParameterId id, const fhir::SearchParameter& definition, Shapes shapes) {
    if (definition.type == SearchParamType::token) {
      if ((shapes & bits(Shape::coding, Shape::codeable_concept, Shape::identifier)) != 0) {
        const ParameterId text = add_facet(definition, SearchParamType::string, ":text", Facet::text);
        drafts_[id].text = text;
      }
      if ((shapes & bit(Shape::identifier)) != 0) {
        const ParameterId of_type = add_facet(definition, SearchParamType::token, ":of-type", Facet::of_type);
        drafts_[id].of_type = of_type;
      }
    } else if (definition.type == SearchParamType::reference && (shapes & bit(Shape::reference)) != 0) {
      const ParameterId identifier = add_facet(definition, SearchParamType::token, ":identifier", Facet::identifier);
      drafts_[id].identifier = identifier;
    }
    if (definition.type == SearchParamType::reference && (shapes & bit(Shape::canonical)) != 0) {
      const ParameterId canonical = add_facet(definition, SearchParamType::uri, ":canonical", Facet::canonical);
      drafts_[id].canonical = canonical;
    }
  }

  // See CanonicalParameters.
  void add_canonical_names() {
    const auto draft_of = [this](std::string_view code, SearchParamType kind) {
      const auto found = std::ranges::find_if(drafts_, [&](const Parameter& draft) {
        return draft.code == code && draft.kind == kind && draft.program != nullptr;
      });
      return found == drafts_.end() ? kNoParameter : found->id;
    };
    const ParameterId url = draft_of("url", SearchParamType::uri);
    const ParameterId version = draft_of("version", SearchParamType::token);
    if (url == kNoParameter || version == kNoParameter) return;
    const ParameterId names = add_facet(*drafts_[url].definition, SearchParamType::uri, ":canonical", Facet::canonical);
    drafts_[url].canonical = names;
    to_.canonical_[type_] = {url, version, names};
  }

  // https://hl7.org/fhir/R4/searchparameter-definitions.html#SearchParameter.component. The expression of a component
  // is relative to the composite's elements, whose types the program of the composite tells.
  void add_composite(ParameterId id, const fhir::SearchParameter& definition, const Program& program) {
    const auto types = program.node_types();
    if (!types || definition.components.empty() || definition.components.size() > kMaxComponents) {
      to_.failures_.push_back({definition.url, definition.expression, "not a composite of known elements"});
      return;
    }
    std::vector<std::vector<const Program*>> programs(types->size());  // by type of element and component
    std::vector<Shapes> shapes(definition.components.size(), 0);
    for (std::size_t focus = 0; focus < types->size(); ++focus) {
      for (std::size_t i = 0; i < shapes.size(); ++i) {
        const std::string_view expression = definition.components[i].expression;
        const auto [known, is_new] = component_programs_.try_emplace({(*types)[focus], expression}, nullptr);
        if (is_new) known->second = compile((*types)[focus], expression, definition);
        if (known->second == nullptr) return;
        programs[focus].push_back(known->second);
        shapes[i] |= shapes_of(*known->second, *to_.vocabulary_);
      }
    }
    std::vector<ParameterId> components;
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      const auto found = by_url_.find(definition.components[i].definition);
      const fhir::SearchParameter* of = found == by_url_.end() ? nullptr : found->second;
      const auto kind = component_kind(of, shapes[i]);
      if (!kind) {
        to_.failures_.push_back({definition.url, definition.components[i].expression, "of no type of parameter"});
        return;
      }
      to_.codes_.push_back(std::string(definition.code) + "$" + std::to_string(i));
      components.push_back(draft(of == nullptr ? definition : *of, *kind, to_.codes_.back(), Facet::component).id);
    }
    drafts_[id].components = std::move(components);
    for (std::size_t focus = 0; focus < types->size(); ++focus) {
      add_composite_step(id, program, (*types)[focus], programs[focus]);
    }
  }

  void add_composite_step(ParameterId id, const Program& program, TypeId focus_type,
                          const std::vector<const Program*>& components) {
    const auto never = [](const Program* component) { return component->always_empty(); };
    if (std::ranges::any_of(components, never)) return;
    std::vector<CompositeStep>& steps = to_.composite_steps_[type_];
    auto step = std::ranges::find(steps, &program, &CompositeStep::program);
    if (step == steps.end()) step = steps.insert(step, {&program, {}});
    auto focus = std::ranges::find(step->foci, focus_type, &CompositeStep::Focus::type);
    if (focus == step->foci.end()) focus = step->foci.insert(focus, {focus_type, {}, {}});
    CompositeStep::Composite composite{id, {}};
    for (const Program* component : components) {
      auto at = std::ranges::find(focus->programs, component);
      if (at == focus->programs.end()) at = focus->programs.insert(at, component);
      const auto index = static_cast<std::size_t>(at - focus->programs.begin());
      CHECK(index <= std::numeric_limits<std::uint8_t>::max());
      composite.programs.push_back(static_cast<std::uint8_t>(index));
    }
    focus->composites.push_back(std::move(composite));
  }

  // Sorts the drafts by code, gives them their ids, and puts these in all places where drafts were referred to.
  void number() {
    std::vector<ParameterId> order(drafts_.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<ParameterId>(i);
    std::ranges::sort(order, {}, [this](ParameterId at) { return drafts_[at].code; });
    const std::size_t first = to_.parameters_.size();
    CHECK(first + drafts_.size() < kNoParameter);
    std::vector<ParameterId> id_of(drafts_.size());
    for (std::size_t i = 0; i < order.size(); ++i) id_of[order[i]] = static_cast<ParameterId>(first + i);
    const auto renumber = [&](ParameterId& id) {
      if (id != kNoParameter) id = id_of[id];
    };
    for (const ParameterId at : order) {
      Parameter& parameter = drafts_[at];
      for (ParameterId* id :
           {&parameter.id, &parameter.text, &parameter.of_type, &parameter.identifier, &parameter.canonical}) {
        renumber(*id);
      }
      std::ranges::for_each(parameter.components, renumber);
      to_.parameters_.push_back(std::move(parameter));
    }
    for (ExtractionStep& step : to_.steps_[type_]) std::ranges::for_each(step.parameters, renumber);
    for (CompositeStep& step : to_.composite_steps_[type_]) {
      for (CompositeStep::Focus& focus : step.foci) {
        for (CompositeStep::Composite& composite : focus.composites) renumber(composite.parameter);
      }
    }
    renumber(to_.words_[type_].text);
    renumber(to_.words_[type_].content);
    renumber(to_.canonical_[type_].url);
    renumber(to_.canonical_[type_].version);
    renumber(to_.canonical_[type_].names);
    to_.by_type_[type_] = {static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(to_.parameters_.size())};
  }

  Registry& to_;
  const fhir::Definitions& definitions_;
  std::unordered_map<std::string_view, const fhir::SearchParameter*> by_url_;
  std::map<std::pair<TypeId, std::string_view>, const Program*> component_programs_;  // of all types
  // Of the type at hand:
  TypeId type_ = fhir::kNoType;
  std::vector<Parameter> drafts_;
  std::map<std::string_view, const Program*> programs_of_type_;
};

Registry::Registry(const fhir::Definitions& definitions)
    : definitions_(definitions),
      by_type_(definitions.types().size()),
      steps_(definitions.types().size()),
      composite_steps_(definitions.types().size()),
      words_(definitions.types().size()),
      canonical_(definitions.types().size()),
      vocabulary_(std::make_unique<const Vocabulary>(definitions)),
      units_(std::make_unique<ucum::UnitCache>()) {
  const std::vector<ByCode> by_type = definitions_by_type(definitions);
  Builder builder(*this);
  for (std::size_t id = 0; id < by_type.size(); ++id) builder.add_type(static_cast<TypeId>(id), by_type[id]);

  Digest digest;
  digest.add(kExtractionRevision);
  for (const Parameter& parameter : parameters_) {
    digest.add(definitions.type(parameter.type).name);
    digest.add(parameter.code);
    digest.add(std::to_string(static_cast<int>(parameter.kind)));
    if (parameter.facet != Facet::value) continue;
    digest.add(parameter.definition->expression);
    for (const fhir::SearchParamComponent& component : parameter.definition->components) {
      digest.add(component.expression);
    }
  }
  fingerprint_ = digest.hex();
}

Registry::~Registry() = default;

std::span<const Parameter> Registry::parameters_of(TypeId type) const {
  if (type >= by_type_.size()) return {};
  const auto [begin, end] = by_type_[type];
  return std::span<const Parameter>(parameters_).subspan(begin, end - begin);
}

std::span<const ExtractionStep> Registry::steps_of(TypeId type) const {
  if (type >= steps_.size()) return {};
  return steps_[type];
}

std::span<const CompositeStep> Registry::composite_steps_of(TypeId type) const {
  if (type >= composite_steps_.size()) return {};
  return composite_steps_[type];
}

WordParameters Registry::words_of(TypeId type) const {
  return type < words_.size() ? words_[type] : WordParameters{};
}

CanonicalParameters Registry::canonical_of(TypeId type) const {
  return type < canonical_.size() ? canonical_[type] : CanonicalParameters{};
}

const Parameter* Registry::find(TypeId type, std::string_view code) const {
  const std::span<const Parameter> of_type = parameters_of(type);
  const auto found = std::ranges::lower_bound(of_type, code, {}, &Parameter::code);
  return found != of_type.end() && found->code == code && found->facet == Facet::value ? &*found : nullptr;
}

}  // namespace vesta::search
