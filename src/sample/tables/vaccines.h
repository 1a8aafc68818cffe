// Vaccines and the ages at which they are given.
#pragma once

#include <cstdint>
#include <span>

#include "sample/codes.h"

namespace vesta::sample {

struct Dose {
  Code vaccine;
  int month;   // age
  int number;  // in its series
  int series;  // doses of the series
  std::int64_t cents;
};
std::span<const Dose> childhood_doses();  // ascending by month

inline constexpr Code kInfluenzaVaccine = cvx("140", "Influenza, seasonal, injectable, preservative free");
inline constexpr Code kTetanusVaccine = cvx("113", "Td (adult) preservative free");
inline constexpr Code kPneumococcalVaccine = cvx("33", "pneumococcal polysaccharide vaccine, 23 valent");
inline constexpr Code kZosterVaccine = cvx("187", "zoster recombinant");
inline constexpr Code kCovidVaccine =
    cvx("208", "SARS-COV-2 (COVID-19) vaccine, mRNA, spike protein, LNP, preservative free, 30 mcg/0.3mL dose");
inline constexpr std::int64_t kVaccineCents = 14'052;

}  // namespace vesta::sample
