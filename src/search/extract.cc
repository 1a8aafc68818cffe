// Runs the expressions of a resource type on one tree and converts what they yield.
#include "search/extract.h"

#include <algorithm>
#include <string>

#include "fhirpath/program.h"
#include "search/params/extract.h"
#include "search/vocabulary.h"

namespace vesta::search {
namespace {

using Convert = void (*)(ParameterId, const Datum&, params::Extraction&);

Convert converter_of(fhir::SearchParamType kind) {
  switch (kind) {
    case fhir::SearchParamType::token:
      return params::extract_token;
    case fhir::SearchParamType::string:
      return params::extract_string;
    case fhir::SearchParamType::reference:
      return params::extract_reference;
    case fhir::SearchParamType::date:
      return params::extract_date;
    case fhir::SearchParamType::number:
      return params::extract_number;
    case fhir::SearchParamType::quantity:
      return params::extract_quantity;
    case fhir::SearchParamType::uri:
      return params::extract_uri;
    case fhir::SearchParamType::composite:
    case fhir::SearchParamType::special:
      break;  // have no program, so no step
  }
  return nullptr;
}

template <class Value>
void sort_and_unify(std::vector<Value>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

Error too_many(const Registry& registry, fhir::TypeId type) {
  return make_error(Category::too_large, "A resource of type " + std::string(registry.definitions().type(type).name) +
                                             " has more than " + std::to_string(kMaxIndexValues) + " index values");
}

}  // namespace

Result<IndexValues> extract(const Registry& registry, const fhir::Node& root, fhir::Arena& arena) {
  IndexValues values;
  params::Extraction extraction{registry.vocabulary(), arena, values, {}};
  fhirpath::Collection items;
  for (const ExtractionStep& step : registry.steps_of(root.type)) {
    items.clear();
    VESTA_CHECK_OK(step.program->evaluate(root, arena, items));
    if (items.empty()) continue;
    for (const ParameterId parameter : step.parameters) {
      const Convert convert = converter_of(registry.parameter(parameter).kind);
      for (const fhirpath::Item& item : items) {
        convert(parameter, to_datum(registry.vocabulary(), item), extraction);
      }
    }
    // After each step, so that a hostile resource cannot make much more than the limit.
    if (values.size() > kMaxIndexValues) return too_many(registry, root.type);
  }
  sort_and_unify(values.tokens);
  sort_and_unify(values.strings);
  sort_and_unify(values.references);
  sort_and_unify(values.dates);
  sort_and_unify(values.numbers);
  sort_and_unify(values.quantities);
  sort_and_unify(values.uris);
  return values;
}

}  // namespace vesta::search
