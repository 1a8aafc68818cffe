// Converters from one item of a parameter's expression to index values. Each is defined in its type's file.
//
// An item of a type that the parameter's type is not defined for yields nothing: R4's expressions often select more
// than their parameter can use (Observation.value as Quantity next to strings).
#pragma once

#include <string>

#include "fhir/node.h"
#include "search/index_value.h"
#include "search/vocabulary.h"

namespace vesta::search::params {

struct Extraction {
  const Vocabulary& vocabulary;
  fhir::Arena& arena;
  IndexValues& values;
  std::string scratch;  // kept between calls, for its memory
};

void extract_token(ParameterId parameter, const Datum& datum, Extraction& extraction);
void extract_string(ParameterId parameter, const Datum& datum, Extraction& extraction);
void extract_reference(ParameterId parameter, const Datum& datum, Extraction& extraction);
void extract_date(ParameterId parameter, const Datum& datum, Extraction& extraction);
void extract_number(ParameterId parameter, const Datum& datum, Extraction& extraction);
void extract_quantity(ParameterId parameter, const Datum& datum, Extraction& extraction);
void extract_uri(ParameterId parameter, const Datum& datum, Extraction& extraction);

// What several of them share. A canonical is found with and without its version.
void add_uri(ParameterId parameter, std::string_view uri, Extraction& extraction);
void add_canonical(ParameterId parameter, std::string_view canonical, Extraction& extraction);

}  // namespace vesta::search::params
