// Procedures: screening by age, what diseases ask for, and the treatment of illnesses.
// https://hl7.org/fhir/R4/procedure.html
#include "sample/chart.h"

namespace vesta::sample {
namespace {

void write_procedure(Chart& chart, const ProcedureFacts& facts, const Ref* reason) {
  Writer& w = chart.w;
  const Moment start = chart.visit->start + 600;
  const Ref procedure = w.resource("Procedure", [&] {
    w.text("status", "completed");
    w.concept_of("code", facts.code);
    write_context(chart);
    w.period("performedPeriod", start, start + facts.minutes * 60);
    w.list("performer",
           [&] { w.item([&] { w.reference("actor", chart.practitioner->ref, chart.practitioner->name); }); });
    w.reference("location", chart.facility->location, chart.facility->name);
    if (reason != nullptr) w.references("reasonReference", *reason);
  });
  chart.charges.push_back({facts.code, facts.cents, procedure});
}

void write_screenings(Chart& chart) {
  Rng& rng = chart.rng;
  const int age = static_cast<int>(chart.age_years());
  if (age >= 12 && rng.chance(0.3)) write_procedure(chart, procedures::kDepressionScreening, nullptr);
  if (age >= 45 && age <= 75 && rng.chance(0.12)) write_procedure(chart, procedures::kColonoscopy, nullptr);
  if (chart.person.is_female && age >= 45 && age <= 74 && rng.chance(0.5)) {
    write_procedure(chart, procedures::kMammography, nullptr);
  }
  if (chart.person.is_female && age >= 65 && rng.chance(0.2)) write_procedure(chart, procedures::kBoneDensity, nullptr);
}

void write_for_disease(Chart& chart, Disease disease, const ProcedureFacts& facts, double probability) {
  const Ref& condition = chart.conditions[static_cast<std::size_t>(disease)];
  if (chart.is_due(disease) && condition.is_set() && chart.rng.chance(probability))
    write_procedure(chart, facts, &condition);
}

}  // namespace

void write_procedures(Chart& chart) {
  const Visit& visit = *chart.visit;
  if (visit.kind == VisitKind::illness) {
    if (visit.illness->procedure != nullptr) write_procedure(chart, *visit.illness->procedure, &chart.illness);
    return;
  }
  if (visit.kind == VisitKind::wellness) write_screenings(chart);
  if (!chart.prescriptions.empty() && chart.rng.chance(0.5)) {
    write_procedure(chart, procedures::kMedicationReconciliation, nullptr);
  }
  write_for_disease(chart, Disease::diabetes, procedures::kFootExamination, 0.33);
  write_for_disease(chart, Disease::asthma, procedures::kSpirometry, 0.5);
  write_for_disease(chart, Disease::copd, procedures::kSpirometry, 0.4);
  write_for_disease(chart, Disease::heart_failure, procedures::kEchocardiography, 0.3);
  write_for_disease(chart, Disease::coronary, procedures::kEchocardiography, 0.2);
}

}  // namespace vesta::sample
