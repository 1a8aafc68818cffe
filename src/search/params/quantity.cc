// Quantity parameters: Quantity and its profiles, Money, Range and SampledData.
// https://hl7.org/fhir/R4/search.html#quantity
#include <algorithm>

#include "search/decimal_key.h"
#include "search/params/canonical.h"
#include "search/params/extract.h"
#include "search/params/match.h"
#include "search/params/parse.h"

namespace vesta::search::params {
namespace {

// The system of Money.currency. https://hl7.org/fhir/R4/datatypes.html#Money
constexpr std::string_view kCurrencySystem = "urn:iso:std:iso:4217";

struct Parts {
  std::string_view value, comparator, system, code, unit;
};

Parts parts_of(const fhir::Node& quantity, const Vocabulary& names) {
  Parts parts;
  for (const fhir::Node& child : quantity.children()) {
    if (child.name == names.value) parts.value = child.value;
    if (child.name == names.comparator) parts.comparator = child.value;
    if (child.name == names.system) parts.system = child.value;
    if (child.name == names.code) parts.code = child.value;
    if (child.name == names.unit) parts.unit = child.value;
  }
  return parts;
}

// `canonical` is that of the ends, in their units; nullptr where there is none.
void add_quantity(ParameterId parameter, std::string_view low, std::string_view high, const Parts& parts,
                  const CanonicalRange* canonical, Extraction& extraction) {
  const DecimalKey low_key = extraction.arena.copy(low);
  const DecimalKey high_key = low == high ? low_key : extraction.arena.copy(high);
  QuantityValue value{parameter, low_key, high_key, parts.system, parts.code, parts.unit};
  if (canonical != nullptr) {
    value.canonical_low = extraction.arena.copy(canonical->low);
    value.canonical_high = extraction.arena.copy(canonical->high);
    value.canonical_unit = extraction.arena.copy(canonical->unit);
  }
  extraction.values.quantities.push_back(value);
}

bool is_ucum(const Parts& parts) {
  return parts.system == kUcumSystem && !parts.code.empty();
}

// A single number. OPTIMIZATION: several parameters look at one Quantity after each other; it is converted once.
void add_number(ParameterId parameter, std::string_view key, const Parts& parts, Extraction& extraction) {
  Extraction::LastQuantity& last = extraction.last_quantity;
  if (last.value.data() != parts.value.data() || last.code.data() != parts.code.data()) {
    last = {parts.value, parts.code, {}, {}};
    const auto number = is_ucum(parts) ? canonical_number(extraction.units, parts.value, parts.code) : std::nullopt;
    if (number) {
      last.canonical = extraction.arena.copy(number->key);
      last.unit = extraction.arena.copy(number->unit);
    }
  }
  const DecimalKey kept = extraction.arena.copy(key);
  extraction.values.quantities.push_back(
      {parameter, kept, kept, parts.system, parts.code, parts.unit, last.canonical, last.canonical, last.unit});
}

// A comparator says that the value lies somewhere below or above, so the value is a range that is open there.
// https://hl7.org/fhir/R4/datatypes.html#quantity
void add_simple(ParameterId parameter, const Parts& parts, Extraction& extraction) {
  const auto key = decimal_key(parts.value);
  if (!key) return;
  const bool below = parts.comparator.starts_with('<');
  const bool above = parts.comparator.starts_with('>');
  if (!below && !above) return add_number(parameter, *key, parts, extraction);
  const std::string low = below ? decimal_key_minus_infinity() : *key;
  const std::string high = above ? decimal_key_plus_infinity() : *key;
  const auto canonical =
      is_ucum(parts) ? canonical_range(extraction.units, low, parts.code, high, parts.code) : std::nullopt;
  add_quantity(parameter, low, high, parts, canonical ? &*canonical : nullptr, extraction);
}

void add_range(ParameterId parameter, const fhir::Node& range, Extraction& extraction) {
  const Vocabulary& names = extraction.vocabulary;
  const fhir::Node* low = range.child(names.low);
  const fhir::Node* high = range.child(names.high);
  const Parts low_parts = low == nullptr ? Parts{} : parts_of(*low, names);
  const Parts high_parts = high == nullptr ? Parts{} : parts_of(*high, names);
  const auto low_key = decimal_key(low_parts.value);
  const auto high_key = decimal_key(high_parts.value);
  if (!low_key && !high_key) return;
  const std::string lowest = low_key.value_or(decimal_key_minus_infinity());
  const std::string highest = high_key.value_or(decimal_key_plus_infinity());
  // An inverted Range breaks its invariant rng-2: it contains no quantity, so there is nothing to find it by.
  if (highest < lowest) return;
  const bool has_units = (!low_key || is_ucum(low_parts)) && (!high_key || is_ucum(high_parts));
  const auto canonical =
      has_units ? canonical_range(extraction.units, lowest, low_parts.code, highest, high_parts.code) : std::nullopt;
  add_quantity(parameter, lowest, highest, low_key ? low_parts : high_parts, canonical ? &*canonical : nullptr,
               extraction);
}

// "Just search on the bounds of the values in sampled data" (the definition of combo-value-quantity): the least and the
// greatest point as point * factor + origin, in the unit of the origin. The points "E", "U" and "L" are no numbers.
// https://hl7.org/fhir/R4/datatypes.html#SampledData
void add_sampled(ParameterId parameter, const fhir::Node& sampled, Extraction& extraction) {
  const Vocabulary& names = extraction.vocabulary;
  const fhir::Node* origin = sampled.child(names.origin);
  if (origin == nullptr) return;
  const Parts parts = parts_of(*origin, names);
  std::string_view points = sampled.child_value(names.data);
  std::string least, greatest;
  std::string_view least_text, greatest_text;
  while (!points.empty()) {
    const std::size_t end = std::min(points.find(' '), points.size());
    const std::string_view point = points.substr(0, end);
    points.remove_prefix(std::min(end + 1, points.size()));
    auto key = decimal_key(point);
    if (!key) continue;
    if (least_text.empty() || *key < least) least = *key, least_text = point;
    if (greatest_text.empty() || greatest < *key) greatest = *key, greatest_text = point;
  }
  if (least_text.empty()) return;
  const std::string_view written = sampled.child_value(names.factor);
  const std::string_view factor = written.empty() ? "1" : written;
  const auto one = scaled_decimal_key(least_text, factor, parts.value);
  const auto other = scaled_decimal_key(greatest_text, factor, parts.value);
  if (!one || !other) return;
  const std::string &low = std::min(*one, *other), &high = std::max(*one, *other);
  const auto canonical =
      is_ucum(parts) ? canonical_range(extraction.units, low, parts.code, high, parts.code) : std::nullopt;
  add_quantity(parameter, low, high, parts, canonical ? &*canonical : nullptr, extraction);
}

}  // namespace

// https://hl7.org/fhir/R4/search.html#quantity
void extract_quantity(ParameterId parameter, const Datum& datum, Extraction& extraction) {
  const Vocabulary& names = extraction.vocabulary;
  switch (datum.shape) {
    case Shape::quantity:
      add_simple(parameter, parts_of(*datum.node, names), extraction);
      break;
    case Shape::money: {
      const Parts money{
          datum.node->child_value(names.value), {}, kCurrencySystem, datum.node->child_value(names.currency), {}};
      add_simple(parameter, money, extraction);
      break;
    }
    case Shape::range:
      add_range(parameter, *datum.node, extraction);
      break;
    case Shape::sampled_data:
      add_sampled(parameter, *datum.node, extraction);
      break;
    case Shape::number:
      add_simple(parameter, Parts{datum.text, {}, {}, {}, {}}, extraction);
      break;
    default:
      break;
  }
}

// https://hl7.org/fhir/R4/search.html#quantity: [prefix][number], [prefix][number]|[system]|[code],
// [prefix][number]||[code]. The system alone is allowed, as in a token.
Result<Plan> parse_quantity(const ValueText& value) {
  const auto parts = split_escaped(value.text, '|', 4);
  auto number = parse_number_match(parts.front());
  const bool has_unit = parts.size() == 3 && !(parts[1].empty() && parts[2].empty());
  if (!number || (parts.size() != 1 && !has_unit)) {
    return bad_value(value, "a quantity: [prefix]number, [prefix]number|system|code or [prefix]number||code");
  }
  QuantityMatch match{std::move(*number), {}, {}};
  if (has_unit) {
    if (!parts[1].empty()) match.system = unescape(parts[1]);
    if (!parts[2].empty()) match.code = unescape(parts[2]);
  }
  if (match.system == kUcumSystem && match.code) {
    match.canonical = canonical_match(value.context.registry.units(), match.number, *match.code, match.canonical_unit);
  }
  return Plan::make_leaf({value.parameter, std::move(match)});
}

// [number]|[system]|[code] wants both; [number]||[code] wants the code as code or as unit; [number] any of them.
// Where both are in units of UCUM that can be compared, the canonical numbers decide: 1 g is 1000 mg. Else, units are
// compared as written.
bool matches(const QuantityMatch& match, const QuantityValue& value) {
  if (match.canonical && !value.canonical_unit.empty()) {
    return match.canonical_unit == value.canonical_unit &&
           matches_number(*match.canonical, value.canonical_low, value.canonical_high);
  }
  if (match.system && *match.system != value.system) return false;
  if (match.code && *match.code != value.code && (match.system || *match.code != value.unit)) return false;
  return matches_number(match.number, value.low, value.high);
}

}  // namespace vesta::search::params
