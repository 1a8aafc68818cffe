// Compiles definitions for one resource type: parameters with their facets and components, and the steps of extraction.
#include "search/type_part.h"

#include <algorithm>
#include <limits>

#include "base/check.h"

namespace vesta::search {
namespace {

using fhir::SearchParamType;
using fhir::TypeId;
using fhirpath::Program;

// _id and _lastUpdated are columns of every resource.
bool has_program(const fhir::SearchParameter& parameter) {
  return !parameter.expression.empty() && parameter.code != "_id" && parameter.code != "_lastUpdated";
}

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

// The ids of a part, wherever they stand.
template <class Change>
void each_id(TypePart& part, const Change& change) {
  for (Parameter& parameter : part.parameters) {
    for (ParameterId* id : {&parameter.id, &parameter.text, &parameter.of_type, &parameter.identifier,
                            &parameter.canonical, &parameter.precision}) {
      change(*id);
    }
    std::ranges::for_each(parameter.components, change);
  }
  for (ExtractionStep& step : part.steps) std::ranges::for_each(step.parameters, change);
  for (CompositeStep& step : part.composite_steps) {
    for (CompositeStep::Focus& focus : step.foci) {
      for (CompositeStep::Composite& composite : focus.composites) change(composite.parameter);
    }
  }
  change(part.words.text);
  change(part.words.content);
  change(part.canonical.url);
  change(part.canonical.version);
  change(part.canonical.names);
}

}  // namespace

void place(TypePart& part, ParameterId first) {
  each_id(part, [first](ParameterId& id) {
    if (id != kNoParameter) id = static_cast<ParameterId>(id + first);
  });
}

PartCompiler::PartCompiler(const Vocabulary& vocabulary, CompiledTexts& texts, Origin origin,
                           std::string_view name_suffix)
    : vocabulary_(vocabulary),
      definitions_(vocabulary.definitions),
      texts_(texts),
      origin_(origin),
      name_suffix_(name_suffix) {
  for (const fhir::SearchParameter& each : definitions_.search_parameters()) know(each);
}

TypePart PartCompiler::compile(TypeId type, std::span<const fhir::SearchParameter* const> definitions) {
  part_ = TypePart{};
  part_.type = type;
  programs_of_type_.clear();
  for (const fhir::SearchParameter* definition : definitions) add_definition(*definition);
  if (origin_ == Origin::core) add_canonical_names();
  sort_by_code();
  std::erase_if(part_.steps, [](const ExtractionStep& step) { return step.program->always_empty(); });
  return std::move(part_);
}

Parameter& PartCompiler::draft(const fhir::SearchParameter& definition, SearchParamType kind, std::string_view code,
                               Facet facet) {
  Parameter added;
  added.id = static_cast<ParameterId>(part_.parameters.size());
  added.type = part_.type;
  added.kind = kind;
  added.code = code;
  added.name = name_suffix_.empty() ? code : texts_.codes.emplace_back(std::string(code) + name_suffix_);
  added.definition = &definition;
  added.facet = facet;
  part_.parameters.push_back(std::move(added));
  return part_.parameters.back();
}

ParameterId PartCompiler::add_facet(const fhir::SearchParameter& definition, SearchParamType kind,
                                    std::string_view suffix, Facet facet) {
  const std::string& code = texts_.codes.emplace_back(std::string(definition.code) + std::string(suffix));
  return draft(definition, kind, code, facet).id;
}

void PartCompiler::add_definition(const fhir::SearchParameter& definition) {
  const ParameterId id = draft(definition, definition.type, definition.code, Facet::value).id;
  if (definition.expression.empty()) {
    if (definition.code == "_text") part_.words.text = id;
    if (definition.code == "_content") part_.words.content = id;
  }
  if (!has_program(definition)) return;
  const auto [known, is_new] = programs_of_type_.try_emplace(definition.expression, nullptr);
  if (is_new) known->second = compile(part_.type, definition.expression, definition);
  const Program* program = known->second;
  if (program == nullptr || !is_indexable(definition, *program)) return;
  part_.parameters[id].program = program;
  if (definition.type == SearchParamType::composite) return add_composite(id, definition, *program);
  add_step(id, *program);
  add_facets(id, definition, *program);
}

void PartCompiler::fail(const fhir::SearchParameter& definition, std::string_view expression, std::string reason,
                        std::optional<std::size_t> component) {
  texts_.failures.push_back({definition.url, expression, std::move(reason), component});
}

// The program of an expression for a type of root; null, with a failure, if it cannot be compiled.
const Program* PartCompiler::compile(TypeId root, std::string_view expression, const fhir::SearchParameter& definition,
                                     std::optional<std::size_t> component) {
  // Published SearchParameters name choices as JSON does: US Core's Condition-asserted-date.
  fhirpath::CompileOptions options;
  options.dialect = fhirpath::Dialect::search;
  if (origin_ != Origin::core) options.choice_names = fhirpath::ChoiceNames::element_or_json;
  auto program = fhirpath::compile(definitions_, root, expression, options);
  if (!program) {
    fail(definition, expression, program.error().message, component);
    return nullptr;
  }
  texts_.programs.push_back(std::move(*program));
  return texts_.programs.back().get();
}

// Of a custom definition: what it yields must be something that a value of its type can be taken from.
bool PartCompiler::is_indexable(const fhir::SearchParameter& definition, const Program& program) {
  if (origin_ == Origin::core || definition.type == SearchParamType::composite) return true;
  const auto types = program.node_types();
  const bool is_known = types && !types->empty();  // the types of values that the expression makes are not
  if (!is_known || (shapes_of(program, vocabulary_) & shapes_for(definition.type)) != 0) return true;
  std::string yields;
  for (const TypeId type : *types) yields += (yields.empty() ? "" : ", ") + std::string(definitions_.type(type).name);
  fail(definition, definition.expression,
       "for " + std::string(definitions_.type(part_.type).name) + " it yields " + yields +
           ", which no value of the parameter's type can be taken from");
  return false;
}

void PartCompiler::add_step(ParameterId id, const Program& program) {
  std::vector<ExtractionStep>& steps = part_.steps;
  auto at = std::ranges::find(steps, &program, &ExtractionStep::program);
  if (at == steps.end()) at = steps.insert(at, {&program, {}, origin_});
  at->parameters.push_back(id);
}

// Only the facets that can have values: a modifier on a parameter without its facet is refused, not answered with
// nothing.
void PartCompiler::add_facets(ParameterId id, const fhir::SearchParameter& definition, const Program& program) {
  const Shapes shapes = shapes_of(program, vocabulary_);
  if (definition.type == SearchParamType::token) {
    if ((shapes & bits(Shape::coding, Shape::codeable_concept, Shape::identifier)) != 0) {
      const ParameterId text = add_facet(definition, SearchParamType::string, ":text", Facet::text);
      part_.parameters[id].text = text;
    }
    if ((shapes & bit(Shape::identifier)) != 0) {
      const ParameterId of_type = add_facet(definition, SearchParamType::token, ":of-type", Facet::of_type);
      part_.parameters[id].of_type = of_type;
    }
  } else if (definition.type == SearchParamType::reference && (shapes & bit(Shape::reference)) != 0) {
    const ParameterId identifier = add_facet(definition, SearchParamType::token, ":identifier", Facet::identifier);
    part_.parameters[id].identifier = identifier;
  } else if (definition.type == SearchParamType::number && (shapes & shapes_for(SearchParamType::number)) != 0) {
    const ParameterId precision = add_facet(definition, SearchParamType::number, ":precision", Facet::precision);
    part_.parameters[id].precision = precision;
  }
  if (definition.type == SearchParamType::reference && (shapes & bit(Shape::canonical)) != 0) {
    const ParameterId canonical = add_facet(definition, SearchParamType::uri, ":canonical", Facet::canonical);
    part_.parameters[id].canonical = canonical;
  }
}

// See CanonicalParameters.
void PartCompiler::add_canonical_names() {
  const auto draft_of = [this](std::string_view code, SearchParamType kind) {
    const auto found = std::ranges::find_if(part_.parameters, [&](const Parameter& draft) {
      return draft.code == code && draft.kind == kind && draft.program != nullptr;
    });
    return found == part_.parameters.end() ? kNoParameter : found->id;
  };
  const ParameterId url = draft_of("url", SearchParamType::uri);
  const ParameterId version = draft_of("version", SearchParamType::token);
  if (url == kNoParameter || version == kNoParameter) return;
  const fhir::SearchParameter& definition = *part_.parameters[url].definition;
  const ParameterId names = add_facet(definition, SearchParamType::uri, ":canonical", Facet::canonical);
  part_.parameters[url].canonical = names;
  part_.canonical = {url, version, names};
}

// https://hl7.org/fhir/R4/searchparameter-definitions.html#SearchParameter.component. The expression of a component
// is relative to the composite's elements, whose types the program of the composite tells.
void PartCompiler::add_composite(ParameterId id, const fhir::SearchParameter& definition, const Program& program) {
  const auto types = program.node_types();
  if (!types || definition.components.empty() || definition.components.size() > kMaxComponents) {
    fail(definition, definition.expression, "not a composite of known elements");
    return;
  }
  std::vector<std::vector<const Program*>> programs(types->size());  // by type of element and component
  std::vector<Shapes> shapes(definition.components.size(), 0);
  for (std::size_t focus = 0; focus < types->size(); ++focus) {
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      const std::string_view expression = definition.components[i].expression;
      const auto [known, is_new] = component_programs_.try_emplace({(*types)[focus], expression}, nullptr);
      if (is_new) known->second = compile((*types)[focus], expression, definition, i);
      if (known->second == nullptr) return;
      programs[focus].push_back(known->second);
      shapes[i] |= shapes_of(*known->second, vocabulary_);
    }
  }
  std::vector<ParameterId> components;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const auto found = by_url_.find(definition.components[i].definition);
    const fhir::SearchParameter* of = found == by_url_.end() ? nullptr : found->second;
    if (of == nullptr && origin_ == Origin::custom) {
      fail(definition, definition.components[i].definition, "no active SearchParameter has this URL", i);
      texts_.failures.back().is_definition = true;
      return;
    }
    if (origin_ == Origin::custom && shapes_for(of->type) == 0) {
      fail(definition, definition.components[i].definition, "a composite or special parameter is no component", i);
      texts_.failures.back().is_definition = true;
      return;
    }
    const auto kind = component_kind(of, shapes[i]);
    if (!kind) {
      fail(definition, definition.components[i].expression, "of no type of parameter", i);
      return;
    }
    const std::string& code = texts_.codes.emplace_back(std::string(definition.code) + "$" + std::to_string(i));
    components.push_back(draft(of == nullptr ? definition : *of, *kind, code, Facet::component).id);
  }
  part_.parameters[id].components = std::move(components);
  for (std::size_t focus = 0; focus < types->size(); ++focus) {
    add_composite_step(id, program, (*types)[focus], programs[focus]);
  }
}

void PartCompiler::add_composite_step(ParameterId id, const Program& program, TypeId focus_type,
                                      const std::vector<const Program*>& components) {
  const auto never = [](const Program* component) { return component->always_empty(); };
  if (std::ranges::any_of(components, never)) return;
  std::vector<CompositeStep>& steps = part_.composite_steps;
  auto step = std::ranges::find(steps, &program, &CompositeStep::program);
  if (step == steps.end()) step = steps.insert(step, {&program, {}, origin_});
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

// Ids become the places in the order of the codes.
void PartCompiler::sort_by_code() {
  std::vector<ParameterId> order(part_.parameters.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<ParameterId>(i);
  std::ranges::sort(order, {}, [this](ParameterId at) { return part_.parameters[at].code; });
  std::vector<ParameterId> place_of(order.size());
  std::vector<Parameter> sorted;
  for (std::size_t i = 0; i < order.size(); ++i) {
    place_of[order[i]] = static_cast<ParameterId>(i);
    sorted.push_back(std::move(part_.parameters[order[i]]));
  }
  part_.parameters = std::move(sorted);
  each_id(part_, [&place_of](ParameterId& id) {
    if (id != kNoParameter) id = place_of[id];
  });
}

}  // namespace vesta::search
