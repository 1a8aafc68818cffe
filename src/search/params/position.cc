// The parameter `near`: places within a distance. https://hl7.org/fhir/R4/location.html#positional
#include <algorithm>
#include <charconv>
#include <cmath>
#include <numbers>
#include <optional>

#include "search/params/extract.h"
#include "search/params/match.h"

namespace vesta::search::params {
namespace {

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

// The great circle by the haversine formula, on a sphere of the earth's mean radius (IUGG): within 0.6 % of the truth.
bool matches(const PositionMatch& match, const PositionValue& value) {
  constexpr double kEarthRadiusMeters = 6'371'008.8;
  constexpr double kRadians = std::numbers::pi / 180;
  const double from = match.latitude * kRadians;
  const double to = value.latitude * kRadians;
  const double up = std::sin((to - from) / 2);
  const double along = std::sin((value.longitude - match.longitude) * kRadians / 2);
  const double haversine = up * up + std::cos(from) * std::cos(to) * along * along;
  return 2 * kEarthRadiusMeters * std::asin(std::min(1.0, std::sqrt(haversine))) <= match.meters;
}

}  // namespace vesta::search::params
