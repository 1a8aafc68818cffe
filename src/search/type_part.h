// TypePart: what some definitions of search parameters mean for one resource type, compiled.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fhirpath/program.h"
#include "search/parameter.h"
#include "search/vocabulary.h"

namespace vesta::search {

// Ids are places in `parameters`, which are in the order of their codes, until `place` makes final ones of them.
struct TypePart {
  fhir::TypeId type = fhir::kNoType;
  std::vector<Parameter> parameters;
  std::vector<ExtractionStep> steps;
  std::vector<CompositeStep> composite_steps;
  WordParameters words;
  CanonicalParameters canonical;
};
void place(TypePart& part, ParameterId first);

// What goes to the parts of all types alike: it outlives them.
struct CompiledTexts {
  std::vector<std::unique_ptr<fhirpath::Program>> programs;
  std::deque<std::string> codes;  // of facets and components, and what stores call the parameters
  std::vector<Registry::Failure> failures;
};

class PartCompiler {
 public:
  // All references outlive it. `name_suffix`: what the names by which a store knows the parameters end with.
  PartCompiler(const Vocabulary& vocabulary, CompiledTexts& texts, Origin origin = Origin::core,
               std::string_view name_suffix = {});

  // Failures are added to the texts: a part with some is not whole.
  TypePart compile(fhir::TypeId type, std::span<const fhir::SearchParameter* const> definitions);
  // Whose type a component is of; those of R4 are known.
  void know(const fhir::SearchParameter& definition) { by_url_.insert_or_assign(definition.url, &definition); }

 private:
  Parameter& draft(const fhir::SearchParameter& definition, fhir::SearchParamType kind, std::string_view code,
                   Facet facet);
  ParameterId add_facet(const fhir::SearchParameter& definition, fhir::SearchParamType kind, std::string_view suffix,
                        Facet facet);
  void add_definition(const fhir::SearchParameter& definition);
  void fail(const fhir::SearchParameter& definition, std::string_view expression, std::string reason,
            std::optional<std::size_t> component = std::nullopt);
  const fhirpath::Program* compile(fhir::TypeId root, std::string_view expression,
                                   const fhir::SearchParameter& definition,
                                   std::optional<std::size_t> component = std::nullopt);
  bool is_indexable(const fhir::SearchParameter& definition, const fhirpath::Program& program);
  void add_step(ParameterId id, const fhirpath::Program& program);
  void add_facets(ParameterId id, const fhir::SearchParameter& definition, const fhirpath::Program& program);
  void add_composite(ParameterId id, const fhir::SearchParameter& definition, const fhirpath::Program& program);
  void add_composite_step(ParameterId id, const fhirpath::Program& program, fhir::TypeId focus_type,
                          const std::vector<const fhirpath::Program*>& components);
  void add_canonical_names();
  void sort_by_code();

  const Vocabulary& vocabulary_;
  const fhir::Definitions& definitions_;
  CompiledTexts& texts_;
  const Origin origin_;
  const std::string name_suffix_;
  std::unordered_map<std::string_view, const fhir::SearchParameter*> by_url_;
  std::map<std::pair<fhir::TypeId, std::string_view>, const fhirpath::Program*> component_programs_;  // of all types
  // Of the type at hand:
  TypePart part_;
  std::map<std::string_view, const fhirpath::Program*> programs_of_type_;
};

}  // namespace vesta::search
