// Laboratory results and the reports that group them: which tests a visit asks for, and values that follow the
// diseases. https://hl7.org/fhir/R4/diagnosticreport.html
#include <algorithm>
#include <cmath>
#include <vector>

#include "sample/observations.h"

namespace vesta::sample {
namespace {

constexpr Code kLabSection = {"http://terminology.hl7.org/CodeSystem/v2-0074", "LAB", "Laboratory"};
constexpr double kAdult = 18;

void drift(double& value, Rng& rng, double step) {
  value = 0.75 * value + step * rng.normal();
}

// The results of one report, as they are written.
struct Panel {
  Chart& chart;
  Moment when;
  std::vector<Ref> results{};

  double add(const Test& test, double value) {
    results.push_back(write_quantity(chart, test, value, kLaboratory, when));
    return Decimal::round(value, test.digits).value();
  }
};

void write_report(Chart& chart, const Code& code, const Panel& panel, std::int64_t cents) {
  Writer& w = chart.w;
  const Facility& laboratory = chart.community.laboratory();
  const Ref report = w.resource("DiagnosticReport", [&] {
    w.text("status", "final");
    w.concepts("category", kLabSection);
    w.concept_of("code", code);
    write_context(chart);
    w.moment("effectiveDateTime", panel.when);
    w.moment("issued", panel.when + 4 * 3600);
    w.references("performer", laboratory.organization, laboratory.name);
    w.list("result", [&] {
      for (const Ref& result : panel.results) w.reference_item(result);
    });
  });
  chart.charges.push_back({code, cents, report});
}

void write_single(Chart& chart, const Test& test, double value, std::int64_t cents) {
  const Ref result = write_quantity(chart, test, value, kLaboratory, chart.visit->start + 900);
  chart.charges.push_back({test.code, cents, result});
}

double a1c_of(Chart& chart) {
  drift(chart.drift.a1c, chart.rng, 0.15);
  const Person& person = chart.person;
  const double drifted = chart.drift.a1c;
  if (chart.has(Disease::diabetes)) {
    const double years = chart.years_with(Disease::diabetes);
    const double untreated = 8.2 + 0.4 * std::max(0.0, person.bmi_z);
    const double treated = std::min(1.0, years / 0.6) * person.adherence;
    return std::max(5.9, untreated - 1.9 * treated + 0.07 * years + drifted);
  }
  if (chart.has(Disease::prediabetes)) {
    return std::clamp(5.85 + 0.06 * chart.years_with(Disease::prediabetes) + 0.5 * drifted, 5.7, 6.4);
  }
  return std::clamp(5.1 + 0.006 * (chart.age_years() - 20) + 0.06 * person.bmi_z + 0.5 * drifted, 4.5, 5.6);
}

// CKD-EPI 2021: https://www.kidney.org/professionals/kdoqi/gfr_calculator/formula
double filtration_rate(double creatinine, double age, bool is_female) {
  const double kappa = is_female ? 0.7 : 0.9;
  const double alpha = is_female ? -0.241 : -0.302;
  const double ratio = creatinine / kappa;
  return 142 * std::pow(std::min(ratio, 1.0), alpha) * std::pow(std::max(ratio, 1.0), -1.2) * std::pow(0.9938, age) *
         (is_female ? 1.012 : 1.0);
}

void write_metabolic_panel(Chart& chart, double a1c) {
  Rng& rng = chart.rng;
  const double age = chart.age_years();
  drift(chart.drift.creatinine, rng, 0.03);
  double creatinine = (chart.person.is_female ? 0.72 : 0.92) + chart.drift.creatinine;
  if (age < kAdult) creatinine = 0.25 + 0.028 * age;
  if (chart.has(Disease::kidney)) creatinine *= 1.55 + 0.05 * chart.years_with(Disease::kidney);
  Panel panel{chart, chart.visit->start + 900};
  panel.add(labs::kGlucose, std::max(62.0, (28.7 * a1c - 46.7) * 0.88 + 5 * rng.normal()));  // fasting, below the mean
  panel.add(labs::kUrea, 13 + 1.2 * rng.normal() + (chart.has(Disease::kidney) ? 14 : 0));
  const double written = panel.add(labs::kCreatinine, creatinine);
  if (age >= kAdult) panel.add(labs::kEgfr, filtration_rate(written, std::floor(age), chart.person.is_female));
  panel.add(labs::kCalcium, 9.4 + 0.2 * rng.normal());
  panel.add(labs::kSodium, 140 + 1.4 * rng.normal());
  panel.add(labs::kPotassium, 4.2 + 0.2 * rng.normal() + (chart.has(Disease::kidney) ? 0.5 : 0));
  panel.add(labs::kChloride, 102 + 1.4 * rng.normal());
  panel.add(labs::kBicarbonate, 25.5 + 1.0 * rng.normal() - (chart.has(Disease::kidney) ? 2 : 0));
  write_report(chart, labs::kMetabolicPanel, panel, 4'700);
}

void write_lipid_panel(Chart& chart) {
  Rng& rng = chart.rng;
  const Person& person = chart.person;
  drift(chart.drift.lipids, rng, 4);
  double ldl = 104 + 16 * person.lipid_z + chart.drift.lipids;
  double triglycerides = 105 + 18 * person.lipid_z + 12 * person.bmi_z + 8 * rng.normal();
  const double hdl = Decimal::round((person.is_female ? 57 : 48) - 4 * person.bmi_z + 2 * rng.normal(), 0).value();
  if (chart.has(Disease::hyperlipidemia)) {
    const double treated = std::min(1.0, chart.years_with(Disease::hyperlipidemia) / 0.5) * person.adherence;
    ldl += 48 - 62 * treated;
    triglycerides += 70 - 40 * treated;
  }
  // The calculated LDL is total - HDL - triglycerides / 5 (Friedewald), of the numbers as they are written.
  const double fat = Decimal::round(std::max(45.0, triglycerides), 0).value();
  const double total = Decimal::round(std::max(40.0, ldl) + hdl + fat / 5, 0).value();
  Panel panel{chart, chart.visit->start + 900};
  panel.add(labs::kCholesterol, total);
  panel.add(labs::kTriglycerides, fat);
  panel.add(labs::kHdl, hdl);
  panel.add(labs::kLdl, total - hdl - fat / 5);
  write_report(chart, labs::kLipidPanel, panel, 5'200);
}

void write_blood_count(Chart& chart) {
  Rng& rng = chart.rng;
  drift(chart.drift.hemoglobin, rng, 0.15);
  const bool is_female = chart.person.is_female;
  const double age = chart.age_years();
  double hemoglobin = (age < kAdult ? 12.8 : is_female ? 13.5 : 15.0) + chart.drift.hemoglobin;
  double volume = 90 + 1.5 * rng.normal();
  if (chart.has(Disease::anemia)) {
    const double treated = std::min(1.0, chart.years_with(Disease::anemia)) * chart.person.adherence;
    hemoglobin -= 3.2 - 2.2 * treated;
    volume -= 11 - 7 * treated;
  }
  const bool is_infection = chart.visit->kind == VisitKind::illness && chart.visit->illness->has_fever;
  // Indices follow from the counts as they are written: MCV, MCH and MCHC can be recomputed.
  const double grams = Decimal::round(hemoglobin, 1).value();
  const double hematocrit = Decimal::round(grams * 2.97 + 0.4 * rng.normal(), 1).value();
  const double cells = Decimal::round(hematocrit * 10 / volume, 2).value();
  Test hemoglobin_test = labs::kHemoglobin;
  hemoglobin_test.low = is_female ? 12.0 : 13.5;
  hemoglobin_test.high = is_female ? 15.5 : 17.5;
  Panel panel{chart, chart.visit->start + 900};
  panel.add(labs::kLeukocytes, 6.8 + 1.0 * rng.normal() + (is_infection ? 6 : 0));
  panel.add(labs::kErythrocytes, cells);
  panel.add(hemoglobin_test, grams);
  panel.add(labs::kHematocrit, hematocrit);
  panel.add(labs::kMcv, hematocrit * 10 / cells);
  panel.add(labs::kMch, grams * 10 / cells);
  panel.add(labs::kMchc, grams * 100 / hematocrit);
  panel.add(labs::kPlatelets, 250 + 35 * rng.normal());
  write_report(chart, labs::kBloodCount, panel, 3'800);
}

void write_thyroid(Chart& chart) {
  const double treated = std::min(1.0, chart.years_with(Disease::hypothyroidism)) * chart.person.adherence;
  write_single(chart, labs::kThyrotropin, std::max(0.5, 9.5 - 7.5 * treated + 0.6 * chart.rng.normal()), 4'400);
}

void write_illness_labs(Chart& chart) {
  const Visit& visit = *chart.visit;
  Rng& rng = chart.rng;
  const std::string_view code = visit.illness->snomed.code;
  if (code == "6142004") {  // influenza: one of the two types is found
    const bool is_type_a = rng.chance(0.75);
    Panel panel{chart, visit.start + 900};
    write_coded(chart, labs::kInfluenzaA, is_type_a ? labs::kDetected : labs::kNotDetected, kLaboratory, panel.when);
    write_coded(chart, labs::kInfluenzaB, is_type_a ? labs::kNotDetected : labs::kDetected, kLaboratory, panel.when);
  }
  if (visit.setting != Setting::inpatient) return;
  write_blood_count(chart);
  write_metabolic_panel(chart, a1c_of(chart));
  write_single(chart, labs::kCrp, visit.illness->has_fever ? 60 + 15 * rng.normal() : 6 + rng.normal(), 3'100);
  if (code == "22298006")
    write_single(chart, labs::kTroponin, 0.9 + 0.2 * rng.normal(), 6'800);  // myocardial infarction
}

}  // namespace

void write_labs(Chart& chart) {
  const Visit& visit = *chart.visit;
  Rng& rng = chart.rng;
  if (visit.kind == VisitKind::illness) return write_illness_labs(chart);
  const double age = chart.age_years();
  const bool is_checkup = visit.kind == VisitKind::wellness && age >= kAdult;
  const bool sugar = chart.is_due(Disease::diabetes) || chart.is_due(Disease::prediabetes);
  if (is_checkup || sugar || chart.is_due(Disease::kidney) || chart.is_due(Disease::heart_failure)) {
    const double a1c = a1c_of(chart);
    if (sugar || (is_checkup && (age >= 45 || chart.has(Disease::prediabetes))))
      write_single(chart, labs::kA1c, a1c, 3'600);
    write_metabolic_panel(chart, a1c);
  }
  if ((is_checkup && (age >= 40 || rng.chance(0.4))) || chart.is_due(Disease::hyperlipidemia) ||
      (chart.is_due(Disease::coronary) && rng.chance(0.5))) {
    write_lipid_panel(chart);
  }
  if ((is_checkup && rng.chance(0.5)) || chart.is_due(Disease::anemia)) write_blood_count(chart);
  if (chart.is_due(Disease::anemia)) write_single(chart, labs::kFerritin, 12 + 20 * chart.person.adherence, 3'900);
  if (chart.is_due(Disease::hypothyroidism)) write_thyroid(chart);
  if (chart.is_due(Disease::gout)) write_single(chart, labs::kUrate, 8.6 - 2.8 * chart.person.adherence, 2'200);
  if (chart.is_due(Disease::atrial_fibrillation)) write_single(chart, labs::kInr, 2.5 + 0.25 * rng.normal(), 1'900);
  if (chart.is_due(Disease::diabetes) && rng.chance(0.33)) {
    const double kidney = chart.has(Disease::kidney) ? 140 : 12;
    write_single(chart, labs::kAlbuminRatio, kidney * (1 + 0.2 * rng.normal()), 3'300);
  }
}

}  // namespace vesta::sample
