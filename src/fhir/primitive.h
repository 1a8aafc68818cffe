// The lexical forms of FHIR's primitive types.
#pragma once

#include <string_view>

#include "fhir/definitions.h"

namespace vesta::fhir {

// True if JSON writes this type without quotes.
constexpr bool is_bare_in_json(Primitive primitive) {
  return primitive == Primitive::boolean || primitive == Primitive::integer || primitive == Primitive::unsigned_int ||
         primitive == Primitive::positive_int || primitive == Primitive::decimal;
}

// True if `text` (unescaped, valid UTF-8) has the form of this type. https://hl7.org/fhir/R4/datatypes.html#primitive
bool has_form(Primitive primitive, std::string_view text);

// The form in words, for messages: "a date (YYYY, YYYY-MM or YYYY-MM-DD)".
std::string_view describe_form(Primitive primitive);

// A resource id: [A-Za-z0-9\-\.]{1,64}
bool is_id(std::string_view text);

}  // namespace vesta::fhir
