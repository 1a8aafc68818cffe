// Person: who a patient is, and the traits and diseases that the years of the chart follow from.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "sample/calendar.h"
#include "sample/rng.h"
#include "sample/tables/diseases.h"
#include "sample/tables/names.h"

namespace vesta::sample {

enum class Smoking : std::uint8_t { never, former, daily };

struct Person {
  bool is_female = false;
  Day birth = 0;
  Day death = kNever;
  std::string_view given;
  std::string_view middle;
  std::string_view family;
  std::string_view maiden;  // empty: none
  std::string full_name;    // given and family
  std::string street;
  const City* city = nullptr;
  std::string phone;
  std::string record_number;
  std::string social_security;
  std::size_t race = 0;  // into race_table()
  bool is_hispanic = false;
  std::size_t language = 0;  // into language_table()
  std::string_view marital;  // v3-MaritalStatus code; empty for children
  std::string_view marital_name;

  // How far from the mean of age and sex, in deviations.
  double height_z = 0;
  double bmi_z = 0;
  double pressure_z = 0;
  double lipid_z = 0;
  double pulse_z = 0;
  double adherence = 0;  // 0-1: how well treatment works
  Smoking smoking = Smoking::never;
  std::array<Day, kDiseases> onset{};  // kNever: not in this life

  bool has(Disease disease, Day day) const { return onset[static_cast<std::size_t>(disease)] <= day; }
  Day onset_of(Disease disease) const { return onset[static_cast<std::size_t>(disease)]; }
};

// Draws the person from `rng`. They live at `first_day` or are born after it; diseases may begin until `last_day`.
void draw_person(Rng& rng, Day first_day, Day last_day, Person& person);

struct CodedName {
  std::string_view code;
  std::string_view display;
};
std::span<const CodedName> race_table();
std::span<const CodedName> language_table();

// The median of height and BMI at an age in years, and this person's own.
double height_cm(const Person& person, double age);
double body_mass_index(const Person& person, double age);

}  // namespace vesta::sample
