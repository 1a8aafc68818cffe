// Conditions: long diseases from their diagnosis on, and illnesses with their end.
// https://hl7.org/fhir/R4/condition.html
#include "sample/chart.h"

namespace vesta::sample {
namespace {

constexpr std::string_view kClinical = "http://terminology.hl7.org/CodeSystem/condition-clinical";
constexpr Code kActive = {kClinical, "active", "Active"};
constexpr Code kResolved = {kClinical, "resolved", "Resolved"};
constexpr Code kConfirmed = {"http://terminology.hl7.org/CodeSystem/condition-ver-status", "confirmed", "Confirmed"};
constexpr std::string_view kCategory = "http://terminology.hl7.org/CodeSystem/condition-category";
constexpr Code kDiagnosis = {kCategory, "encounter-diagnosis", "Encounter Diagnosis"};
constexpr Code kProblem = {kCategory, "problem-list-item", "Problem List Item"};

// `encounter` may be not set: then it was diagnosed before the chart begins.
void write_disease(Chart& chart, const DiseaseFacts& facts, const Ref& encounter, Moment recorded) {
  Writer& w = chart.w;
  Ref& ref = chart.conditions[static_cast<std::size_t>(facts.disease)];
  ref = w.resource("Condition", [&] {
    // Prediabetes ends where diabetes begins.
    const Day diabetes = chart.person.onset_of(Disease::diabetes);
    const bool is_over = facts.disease == Disease::prediabetes && diabetes < chart.until();
    w.concept_of("clinicalStatus", is_over ? kResolved : kActive);
    w.concept_of("verificationStatus", kConfirmed);
    w.concepts("category", kProblem);
    w.concept_of("code", facts.snomed, facts.icd10);
    w.reference("subject", chart.patient);
    if (encounter.is_set()) w.reference("encounter", encounter);
    w.date("onsetDateTime", chart.person.onset_of(facts.disease));
    if (is_over) w.date("abatementDateTime", diabetes);
    w.moment("recordedDate", recorded);
    w.reference("recorder", chart.doctor->ref, chart.doctor->name);
  });
}

void write_illness(Chart& chart) {
  Writer& w = chart.w;
  const Visit& visit = *chart.visit;
  const IllnessFacts& facts = *visit.illness;
  const Day onset = visit.day() - (facts.has_fever ? chart.rng.whole(0, 2) : 0);
  const Day over = onset + chart.rng.whole(facts.days_least, facts.days_most);
  const bool is_over = over < chart.until();
  w.resource(chart.illness, [&] {
    w.concept_of("clinicalStatus", is_over ? kResolved : kActive);
    w.concept_of("verificationStatus", kConfirmed);
    w.concepts("category", kDiagnosis);
    w.concept_of("code", facts.snomed, facts.icd10);
    write_context(chart);
    w.date("onsetDateTime", onset < chart.person.birth ? chart.person.birth : onset);
    if (is_over) w.date("abatementDateTime", over);
    w.moment("recordedDate", visit.start);
    w.reference("recorder", chart.practitioner->ref, chart.practitioner->name);
  });
}

}  // namespace

void write_earlier_conditions(Chart& chart) {
  for (const DiseaseFacts& facts : disease_table()) {
    const Day onset = chart.person.onset_of(facts.disease);
    if (onset < chart.first_day) write_disease(chart, facts, {}, at_clock(onset, 10, 0));
  }
}

void write_diagnoses(Chart& chart) {
  for (const DiseaseFacts& facts : disease_table()) {
    if (chart.conditions[static_cast<std::size_t>(facts.disease)].is_set() || !chart.has(facts.disease)) continue;
    write_disease(chart, facts, chart.encounter, chart.visit->start);
  }
  if (chart.illness.is_set()) write_illness(chart);
}

}  // namespace vesta::sample
