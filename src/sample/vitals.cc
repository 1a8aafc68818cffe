// Vital signs: growth, blood pressure, and what fever and disease change. Also smoking status and questionnaires.
#include <algorithm>

#include "sample/observations.h"

namespace vesta::sample {
namespace {

constexpr int kPressureAge = 3;  // blood pressure is taken from here on

// Slow changes: what was stays for the most part, and something is added.
void drift(double& value, Rng& rng, double step) {
  value = 0.75 * value + step * rng.normal();
}

bool has_fever(const Chart& chart) {
  return chart.visit->kind == VisitKind::illness && chart.visit->illness->has_fever;
}

void write_body(Chart& chart, Moment when) {
  const double age = chart.age_years();
  Rng& rng = chart.rng;
  drift(chart.drift.weight, rng, 0.35);
  // BMI follows from the numbers as they are written, so that it can be checked.
  const double height = Decimal::round(height_cm(chart.person, age), 1).value();
  const double wanted = body_mass_index(chart.person, age) + (age < 3 ? 0 : chart.drift.weight);
  const double weight = Decimal::round(wanted * height * height / 10'000, 1).value();
  write_quantity(chart, vitals::kHeight, height, kVitalSigns, when);
  write_quantity(chart, vitals::kWeight, weight, kVitalSigns, when);
  if (age >= 2) write_quantity(chart, vitals::kBmi, weight * 10'000 / (height * height), kVitalSigns, when);
  if (age < 2) {
    const double head = 35 + 12.5 * std::min(1.0, age / 1.3) + 0.8 * chart.person.height_z;
    write_quantity(chart, vitals::kHead, head, kVitalSigns, when);
  }
}

void write_pressure(Chart& chart, Moment when) {
  const double age = chart.age_years();
  const Person& person = chart.person;
  Rng& rng = chart.rng;
  double systolic = age < 18 ? 92 + age * 1.5 : 110 + 0.25 * (age - 18);
  double diastolic = age < 18 ? 56 + age * 0.9 : 70 + 0.12 * (std::min(age, 60.0) - 18);
  systolic += 6 * person.pressure_z + 4 * rng.normal();
  diastolic += 4 * person.pressure_z + 3 * rng.normal();
  if (chart.has(Disease::hypertension)) {
    const double treated = std::min(1.0, chart.years_with(Disease::hypertension) / 0.5) * person.adherence;
    systolic += 26 - 20 * treated;
    diastolic += 13 - 10 * treated;
  }
  Writer& w = chart.w;
  w.resource("Observation", [&] {
    write_observation_head(chart, vitals::kBloodPressure, kVitalSigns, when);
    const auto component = [&](const Test& test, double value) {
      w.item([&] {
        w.concept_of("code", test.code);
        w.quantity("valueQuantity", Decimal::round(value, test.digits), test.unit, test.ucum);
      });
    };
    w.list("component", [&] {
      component(vitals::kSystolic, systolic);
      component(vitals::kDiastolic, diastolic);
    });
  });
}

void write_pulse_and_breath(Chart& chart, Moment when) {
  const double age = chart.age_years();
  Rng& rng = chart.rng;
  const double fever = has_fever(chart) ? 1 : 0;
  const double heart = (age < 16 ? 132 - age * 3.6 : 73) + 7 * chart.person.pulse_z + 4 * rng.normal() + 14 * fever +
                       (chart.has(Disease::heart_failure) ? 6 : 0);
  const double breaths = (age < 16 ? 32 - age : 15.5) + 1.2 * rng.normal() + 3 * fever;
  // Adult ranges; for a child the interpretation would be wrong, so the test is written without one.
  Test heart_rate = vitals::kHeartRate;
  Test respiration = vitals::kRespiration;
  if (age < 16) heart_rate.low = heart_rate.high = respiration.low = respiration.high = 0;
  write_quantity(chart, heart_rate, heart, kVitalSigns, when);
  write_quantity(chart, respiration, breaths, kVitalSigns, when);
}

void write_temperature_and_oxygen(Chart& chart, Moment when) {
  Rng& rng = chart.rng;
  const double fever = has_fever(chart) ? 1.6 + 0.4 * rng.normal() : 0;
  write_quantity(chart, vitals::kTemperature, 36.8 + 0.2 * rng.normal() + fever, kVitalSigns, when);
  const double lungs = chart.has(Disease::copd) ? 4 : chart.has(Disease::heart_failure) ? 2 : 0;
  const double oxygen = std::min(100.0, 97.8 + 0.8 * rng.normal() - lungs - (fever > 0 ? 1 : 0));
  write_quantity(chart, vitals::kOxygen, oxygen, kVitalSigns, when);
}

void write_smoking(Chart& chart, Moment when) {
  constexpr Code kNever = snomed("266919005", "Never smoked tobacco (finding)");
  constexpr Code kFormer = snomed("8517006", "Ex-smoker (finding)");
  constexpr Code kDaily = snomed("449868002", "Smokes tobacco daily (finding)");
  const Smoking smoking = chart.person.smoking;
  write_coded(chart, vitals::kSmoking,
              smoking == Smoking::daily    ? kDaily
              : smoking == Smoking::former ? kFormer
                                           : kNever,
              kSocialHistory, when);
}

void write_mood(Chart& chart, Moment when) {
  Rng& rng = chart.rng;
  if (chart.has(Disease::depression)) {
    const double treated = std::min(1.0, chart.years_with(Disease::depression)) * chart.person.adherence;
    const double score = 16 - 10 * treated + 2.5 * rng.normal();
    write_quantity(chart, vitals::kPhq9, std::clamp(score, 0.0, 27.0), kSurvey, when);
  } else if (chart.visit->kind == VisitKind::wellness) {
    write_quantity(chart, vitals::kPhq2, rng.chance(0.75) ? 0 : rng.whole(1, 2), kSurvey, when);
  }
}

}  // namespace

void write_vitals(Chart& chart) {
  const Visit& visit = *chart.visit;
  const double age = chart.age_years();
  const Moment when = visit.start + 300;
  const bool is_checkup = visit.kind == VisitKind::wellness;
  if (is_checkup || (visit.kind == VisitKind::follow_up && chart.rng.chance(0.6))) write_body(chart, when);
  if (age >= kPressureAge) write_pressure(chart, when);
  write_pulse_and_breath(chart, when);
  if (!is_checkup || age < 18) write_temperature_and_oxygen(chart, when);
  if (visit.kind == VisitKind::illness && age >= 5) {
    const int pain = visit.setting == Setting::ambulatory ? chart.rng.whole(0, 4) : chart.rng.whole(3, 9);
    write_quantity(chart, vitals::kPain, pain, kSurvey, when);
  }
  if (is_checkup && age >= 18) write_smoking(chart, when);
  if (age >= 12 && visit.kind != VisitKind::illness) write_mood(chart, when);
  if (visit.setting != Setting::inpatient) return;
  // On the ward they are taken each morning.
  for (Moment morning = at_clock(visit.day() + 1, 7, 30); morning < visit.end; morning += kSecondsPerDay) {
    if (age >= kPressureAge) write_pressure(chart, morning);
    write_pulse_and_breath(chart, morning);
    write_temperature_and_oxygen(chart, morning);
  }
}

}  // namespace vesta::sample
