// Allergies, and how they show themselves.
#pragma once

#include <span>
#include <string_view>

#include "sample/codes.h"

namespace vesta::sample {

struct AllergyFacts {
  Code allergy;
  std::string_view category;  // food | medication | environment | biologic
  bool is_severe;
  Code manifestation;
  int weight;
};
std::span<const AllergyFacts> allergy_table();

}  // namespace vesta::sample
