// Vocabulary: the element names and the shapes of types that extraction goes by, looked up once per Registry.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "fhir/definitions.h"
#include "fhir/node.h"
#include "fhirpath/program.h"

namespace vesta::search {

// What a type is to search. Types that no parameter can be converted from are `other`.
enum class Shape : std::uint8_t {
  other,
  boolean,
  number,  // integer, unsignedInt, positiveInt, decimal
  text,    // string, markdown, id
  code,
  uri,  // uri, url, oid, uuid
  canonical,
  date,  // date, dateTime, instant
  coding,
  codeable_concept,
  identifier,
  contact_point,
  human_name,
  address,
  reference,
  period,
  timing,
  quantity,  // Quantity and what derives from it: Age, Count, Distance, Duration, MoneyQuantity, SimpleQuantity
  money,
  range,
  sampled_data,
  extension,
  resource,
};

// Whether the words of a primitive count for `_text` and `_content`.
enum class WordsOf : std::uint8_t { none, text, markup };

// The names are those of R4. One that a version of FHIR lacks is kNoName, which no node but a root has.
struct Vocabulary {
  explicit Vocabulary(const fhir::Definitions& definitions);

  const fhir::Definitions& definitions;
  std::vector<Shape> shapes;      // by TypeId
  std::vector<WordsOf> words_of;  // by TypeId

  fhir::NameId bounds, city, code, coding, comparator, contained, country, currency, data, display, district, div, end,
      event, extension, factor, family, given, high, id, identifier, latitude, line, longitude, low, origin,
      postal_code, prefix, reference, repeat, start, state, suffix, system, text, type, unit, value;
};

// One item of an expression's result, as the converters of params/ see it: an Extension has become its value, a value
// that the expression made has become its text.
struct Datum {
  Shape shape = Shape::other;
  const fhir::Node* node = nullptr;  // null for values that the expression made
  std::string_view text;             // of a primitive; empty if it has no value
};
Datum to_datum(const Vocabulary& vocabulary, const fhirpath::Item& item);
Datum to_datum(const Vocabulary& vocabulary, const fhir::Node& node);
// True if the element has a value: it is more than an id and extensions.
bool has_content(const Vocabulary& vocabulary, const fhir::Node& node);

}  // namespace vesta::search
