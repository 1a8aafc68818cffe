// Index values: what a resource can be found by, extracted once when it is written.
//
// One struct per kind of value. Texts are views into the tree's text or into the arena they were extracted with.
#pragma once

#include <compare>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

#include "search/parameter.h"

namespace vesta::search {

// Coding, CodeableConcept, Identifier, ContactPoint, code, boolean, string.
// https://hl7.org/fhir/R4/search.html#token
struct TokenValue {
  ParameterId parameter;
  std::string_view code;    // as written
  std::string_view system;  // empty: none
  auto operator<=>(const TokenValue&) const = default;
};

// string, HumanName, Address and their parts. `folded` is what prefix and contains compare (see search/text.h).
struct StringValue {
  ParameterId parameter;
  std::string_view folded;
  std::string_view exact;
  auto operator<=>(const StringValue&) const = default;
};

// A reference to a resource of this server: `Patient/1`. (`Patient/1/_history/2` is indexed without its version.)
// Absolute URLs (of this server too: whoever searches knows its base), urns and canonicals are UriValues of the same
// parameter.
struct ReferenceValue {
  ParameterId parameter;
  fhir::TypeId type;
  std::string_view id;
  auto operator<=>(const ReferenceValue&) const = default;
};

// [low, high) in microseconds since 1970 UTC; an open end is kDateMin or kDateMax. A day, a second and an instant
// differ in width only. Values without a time zone are taken as UTC.
struct DateValue {
  ParameterId parameter;
  std::int64_t low;
  std::int64_t high;
  auto operator<=>(const DateValue&) const = default;
};
inline constexpr std::int64_t kDateMin = INT64_MIN / 4;
inline constexpr std::int64_t kDateMax = INT64_MAX / 4;

// A number as bytes that compare (memcmp, shorter first) as the numbers do; exact for any number of digits.
// See search/decimal_key.h.
using DecimalKey = std::string_view;

// number: [low, high], equal for a single value. The precision of a resource's own number plays no part (R4).
struct NumberValue {
  ParameterId parameter;
  DecimalKey low;
  DecimalKey high;
  auto operator<=>(const NumberValue&) const = default;
};

// Quantity, Money, Range, SampledData. An open end of a Range is the key of minus or plus infinity.
struct QuantityValue {
  ParameterId parameter;
  DecimalKey low;
  DecimalKey high;
  std::string_view system;  // empty: none
  std::string_view code;
  std::string_view unit;  // human text
  // The same in the canonical unit of its dimension, if the code is UCUM's and valid; else all three are empty.
  DecimalKey canonical_low = {};
  DecimalKey canonical_high = {};
  std::string_view canonical_unit = {};
  auto operator<=>(const QuantityValue&) const = default;
};

// uri, url, canonical, oid, uuid; and references that are not local.
struct UriValue {
  ParameterId parameter;
  std::string_view uri;
  auto operator<=>(const UriValue&) const = default;
};

// One element that a composite parameter looks at: a value for each of its components, each with the ParameterId of the
// component. An element with several values for a component gives one CompositeValue per combination.
using ComponentValue =
    std::variant<TokenValue, StringValue, ReferenceValue, DateValue, NumberValue, QuantityValue, UriValue>;
struct CompositeValue {
  ParameterId parameter;
  std::vector<ComponentValue> components;  // as many as Parameter::components, in their order
  auto operator<=>(const CompositeValue&) const = default;
};

// A place on the earth, in degrees (WGS 84). https://hl7.org/fhir/R4/location-definitions.html#Location.position
struct PositionValue {
  ParameterId parameter;
  double latitude;
  double longitude;
  auto operator<=>(const PositionValue&) const = default;
};

// One folded word of the narrative (`_text`) or of all texts (`_content`). See search/text.h for what a word is.
struct WordValue {
  ParameterId parameter;
  std::string_view word;
  auto operator<=>(const WordValue&) const = default;
};

// A reference of a resource, or of one that it contains, to the contained resource at a place of the outer one's
// `contained`: "#m1". https://hl7.org/fhir/R4/references.html#contained
struct ContainedReference {
  ParameterId parameter;
  std::uint32_t place;
  auto operator<=>(const ContainedReference&) const = default;
};

struct Contained;

// All index values of one resource. Sorted and without duplicates within each kind.
struct IndexValues {
  std::vector<TokenValue> tokens;
  std::vector<StringValue> strings;
  std::vector<ReferenceValue> references;
  std::vector<DateValue> dates;
  std::vector<NumberValue> numbers;
  std::vector<QuantityValue> quantities;
  std::vector<UriValue> uris;
  std::vector<CompositeValue> composites;
  std::vector<PositionValue> positions;
  std::vector<WordValue> words;
  // The parameters whose elements are there at all, whether or not they gave a value: what `:missing` asks for.
  std::vector<ParameterId> present;
  std::vector<ContainedReference> contained_references;
  std::vector<Contained> contained;  // in the order of the text; contained resources contain none themselves

  bool operator==(const IndexValues&) const = default;
  std::size_t size() const;  // what is contained counts with its values, and for one more
};

// A resource that stands in another one. It is found by its own parameters, in searches that ask for what is contained,
// and by chains that lead through references to it.
struct Contained {
  fhir::TypeId type = fhir::kNoType;
  std::string_view id;  // within the outer resource; may be empty
  IndexValues values;
  bool operator==(const Contained&) const = default;
};

inline std::size_t IndexValues::size() const {
  std::size_t sum = tokens.size() + strings.size() + references.size() + dates.size() + numbers.size() +
                    quantities.size() + uris.size() + composites.size() + positions.size() + words.size() +
                    contained_references.size();
  for (const Contained& inner : contained) sum += 1 + inner.values.size();
  return sum;
}

}  // namespace vesta::search
