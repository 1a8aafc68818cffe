// Names of people, streets and places.
#pragma once

#include <span>
#include <string_view>

namespace vesta::sample {

struct City {
  std::string_view name;
  std::string_view postal_code;
  std::string_view area_code;  // of its telephones
};

std::span<const std::string_view> female_names();
std::span<const std::string_view> male_names();
std::span<const std::string_view> family_names();
std::span<const std::string_view> street_names();
std::span<const City> cities();  // all in kState
std::span<const std::string_view> insurer_names();
inline constexpr std::string_view kState = "MA";

}  // namespace vesta::sample
