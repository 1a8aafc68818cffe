// Converters from one item of a parameter's expression to index values. Each is defined in its type's file.
//
// An item of a type that the parameter's type is not defined for yields nothing: R4's expressions often select more
// than their parameter can use (Observation.value as Quantity next to strings).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fhir/node.h"
#include "search/index_value.h"
#include "search/parameter.h"
#include "search/vocabulary.h"
#include "ucum/unit_cache.h"

namespace vesta::search::params {

// Where the resources stand that a resource contains, and of what types they are, by their ids.
using ContainedPlaces = std::unordered_map<std::string_view, std::pair<std::uint32_t, fhir::TypeId>>;

struct Extraction {
  const Registry& registry;
  const Vocabulary& vocabulary;
  fhir::Arena& arena;
  IndexValues& values;
  ucum::UnitCache& units;
  const ContainedPlaces* contained = nullptr;  // null: references to such lead nowhere
  std::string scratch = {};                    // kept between calls, for its memory
  // The Quantity that was converted last, and what came of it.
  struct LastQuantity {
    std::string_view value, code;
    DecimalKey canonical;
    std::string_view unit;
  };
  LastQuantity last_quantity = {};
};

// The value of an item for a parameter of this kind, by the function of the kind below. Not for composites.
void extract_value(fhir::SearchParamType kind, ParameterId parameter, const Datum& datum, Extraction& extraction);

void extract_token(ParameterId parameter, const Datum& datum, Extraction& extraction);
void extract_string(ParameterId parameter, const Datum& datum, Extraction& extraction);
void extract_reference(ParameterId parameter, const Datum& datum, Extraction& extraction);
void extract_date(ParameterId parameter, const Datum& datum, Extraction& extraction);
void extract_number(ParameterId parameter, const Datum& datum, Extraction& extraction);
void extract_quantity(ParameterId parameter, const Datum& datum, Extraction& extraction);
void extract_uri(ParameterId parameter, const Datum& datum, Extraction& extraction);
void extract_position(ParameterId parameter, const Datum& datum, Extraction& extraction);  // special

// The facets of a token, reference or number; `parameter` is the facet's. See Facet.
void extract_token_text(ParameterId parameter, const Datum& datum, Extraction& extraction);
void extract_typed_identifier(ParameterId parameter, const Datum& datum, Extraction& extraction);
void extract_reference_identifier(ParameterId parameter, const Datum& datum, Extraction& extraction);
void extract_canonical(ParameterId parameter, const Datum& datum, Extraction& extraction);
void extract_precision(ParameterId parameter, const Datum& datum, Extraction& extraction);
// The canonicals that lead to the resource, by the urls and versions that were extracted before.
void extract_canonical_names(CanonicalParameters parameters, Extraction& extraction);

// One value for each combination of the values that the components have in one element. `components` has those values,
// one list for each component; none may be empty. False, and nothing is added, if there were more than `limit`.
bool add_composites(ParameterId parameter, std::span<const std::vector<ComponentValue>> components, std::size_t limit,
                    Extraction& extraction);
// Moves the values out of `from`, which has those of one component.
std::vector<ComponentValue> take_component_values(IndexValues& from);

// The words of a whole resource, for `_text` and `_content`.
void extract_words(WordParameters parameters, const fhir::Node& root, Extraction& extraction);

// What several of them share. A canonical is found with and without its version.
void add_uri(ParameterId parameter, std::string_view uri, Extraction& extraction);
void add_canonical(ParameterId parameter, std::string_view canonical, Extraction& extraction);
void add_string(ParameterId parameter, std::string_view text, Extraction& extraction);

}  // namespace vesta::search::params
