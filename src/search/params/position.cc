// The parameter `near`: places within a distance. https://hl7.org/fhir/R4/location.html#positional
#include <algorithm>
#include <charconv>
#include <cmath>
#include <numbers>
#include <optional>

#include "search/params/extract.h"
#include "search/params/match.h"
#include "search/params/parse.h"

namespace vesta::search::params {
namespace {

// "If the distance is omitted, then the server can use its own discretion as to what distances should be considered
// near."
constexpr double kDefaultMeters = 50'000;

// UCUM's codes of lengths that people measure distances in, and `mi`, which is not one but is written for a mile.
constexpr std::pair<std::string_view, double> kUnits[] = {
    {"km", 1000},         {"m", 1},           {"[mi_us]", 1609.347218694437},
    {"[mi_i]", 1609.344}, {"mi", 1609.344},   {"[nmi_i]", 1852},
    {"[ft_i]", 0.3048},   {"[yd_i]", 0.9144},
};

std::optional<double> meters_of(std::string_view unit) {
  const auto known = std::ranges::find(kUnits, unit, &std::pair<std::string_view, double>::first);
  return known == std::end(kUnits) ? std::nullopt : std::optional(known->second);
}

std::optional<double> number_of(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

bool is_on_earth(double latitude, double longitude) {
  return std::abs(latitude) <= 90 && std::abs(longitude) <= 180;
}

}  // namespace

// Any element with a latitude and a longitude, as Location.position is. One that lies nowhere on the earth is not
// found.
void extract_position(ParameterId parameter, const Datum& datum, Extraction& extraction) {
  if (datum.node == nullptr) return;
  const auto latitude = number_of(datum.node->child_value(extraction.vocabulary.latitude));
  const auto longitude = number_of(datum.node->child_value(extraction.vocabulary.longitude));
  if (!latitude || !longitude || !is_on_earth(*latitude, *longitude)) return;
  extraction.values.positions.push_back({parameter, *latitude, *longitude});
}

// https://hl7.org/fhir/R4/location.html#positional: [latitude]|[longitude]|[distance]|[units]. "If the units are
// omitted, then kms should be assumed."
Result<Plan> parse_position(const ValueText& value) {
  const auto parts = split_escaped(value.text, '|', 5);
  const auto part = [&](std::size_t at) { return at < parts.size() ? parts[at] : std::string_view(); };
  const auto latitude = number_of(part(0));
  const auto longitude = number_of(part(1));
  if (parts.size() > 4 || !latitude || !longitude || !is_on_earth(*latitude, *longitude)) {
    return bad_value(value, "a place: [latitude]|[longitude][|[distance][|[units]]], in degrees");
  }
  PositionMatch match{*latitude, *longitude, kDefaultMeters};
  const auto unit = meters_of(part(3).empty() ? "km" : std::string_view(unescape(part(3))));
  if (!unit) return bad_value(value, "a distance in a unit of length: km, m, mi, [mi_us], [mi_i], [nmi_i], …");
  if (!part(2).empty()) {
    const auto distance = number_of(part(2));
    if (!distance || *distance < 0) return bad_value(value, "a place with a distance that is a number");
    match.meters = *distance * *unit;
  }
  return Plan::make_leaf({value.parameter, match});
}

// The great circle by the haversine formula, on a sphere of the earth's mean radius (IUGG): within 0.6 % of the truth.
bool matches(const PositionMatch& match, const PositionValue& value) {
  constexpr double kEarthRadiusMeters = 6'371'008.8;
  constexpr double kRadians = std::numbers::pi / 180;
  const double from = match.latitude * kRadians;
  const double to = value.latitude * kRadians;
  const double up = std::sin((to - from) / 2);
  // Within ±180 degrees, exactly: -180 and 180 are the same meridian.
  const double turn = std::remainder(value.longitude - match.longitude, 360);
  const double along = std::sin(turn * kRadians / 2);
  const double haversine = up * up + std::cos(from) * std::cos(to) * along * along;
  return 2 * kEarthRadiusMeters * std::asin(std::min(1.0, std::sqrt(haversine))) <= match.meters;
}

}  // namespace vesta::search::params
