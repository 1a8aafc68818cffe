// Observations of the forms that vitals and laboratory share. https://hl7.org/fhir/R4/observation.html
#pragma once

#include "sample/chart.h"
#include "sample/tables/tests.h"

namespace vesta::sample {

inline constexpr std::string_view kObservationCategory = "http://terminology.hl7.org/CodeSystem/observation-category";
inline constexpr Code kVitalSigns = {kObservationCategory, "vital-signs", "Vital Signs"};
inline constexpr Code kLaboratory = {kObservationCategory, "laboratory", "Laboratory"};
inline constexpr Code kSurvey = {kObservationCategory, "survey", "Survey"};
inline constexpr Code kSocialHistory = {kObservationCategory, "social-history", "Social History"};

// A result with its unit and, where the test has one, its reference range and interpretation.
Ref write_quantity(Chart& chart, const Test& test, double value, const Code& category, Moment when);
Ref write_coded(Chart& chart, const Code& code, const Code& value, const Code& category, Moment when);

// The parts, for Observations of other forms.
void write_observation_head(Chart& chart, const Code& code, const Code& category, Moment when);
void write_range(Chart& chart, const Test& test, double value);

}  // namespace vesta::sample
