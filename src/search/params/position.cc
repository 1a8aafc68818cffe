// The parameter `near`: places within a distance. https://hl7.org/fhir/R4/location.html#positional
#include <cmath>
#include <numbers>

#include "search/params/match.h"

namespace vesta::search::params {

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
