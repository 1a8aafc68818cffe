// The codes of search parameter types.
#include "fhir/search_param_type.h"

namespace vesta::fhir {

std::string_view code_of(SearchParamType type) {
  switch (type) {
    case SearchParamType::number:
      return "number";
    case SearchParamType::date:
      return "date";
    case SearchParamType::string:
      return "string";
    case SearchParamType::token:
      return "token";
    case SearchParamType::reference:
      return "reference";
    case SearchParamType::composite:
      return "composite";
    case SearchParamType::quantity:
      return "quantity";
    case SearchParamType::uri:
      return "uri";
    case SearchParamType::special:
      break;
  }
  return "special";
}

}  // namespace vesta::fhir
