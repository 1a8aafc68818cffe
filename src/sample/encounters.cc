// Encounters: office, urgent care, emergency and inpatient. https://hl7.org/fhir/R4/encounter.html
#include "sample/chart.h"

namespace vesta::sample {
namespace {

struct EncounterFacts {
  std::string_view act;  // v3-ActCode
  std::string_view act_display;
  Code type;
  std::int64_t cents;
};

EncounterFacts facts_of(const Visit& visit, bool is_child) {
  switch (visit.setting) {
    case Setting::emergency:
      return {"EMER", "emergency", snomed("50849002", "Emergency room admission (procedure)"), 89'000};
    case Setting::inpatient:
      return {"IMP", "inpatient encounter", snomed("183452005", "Encounter inpatient (procedure)"), 640'000};
    case Setting::urgent:
      return {"AMB", "ambulatory", snomed("702927004", "Urgent care clinic (procedure)"), 17'500};
    case Setting::ambulatory:
      break;
  }
  if (visit.kind == VisitKind::illness) {
    return {"AMB", "ambulatory", snomed("185345009", "Encounter for symptom (procedure)"), 12'916};
  }
  if (visit.kind != VisitKind::wellness) {
    return {"AMB", "ambulatory", snomed("390906007", "Follow-up encounter (procedure)"), 11'850};
  }
  if (is_child) return {"AMB", "ambulatory", snomed("410620009", "Well child visit (procedure)"), 13'200};
  return {"AMB", "ambulatory", snomed("162673000", "General examination of patient (procedure)"), 16'400};
}

// The disease that a follow-up is about: the first of those due that has been diagnosed.
const Ref* main_condition(const Chart& chart) {
  for (const DiseaseFacts& facts : disease_table()) {
    const Ref& condition = chart.conditions[static_cast<std::size_t>(facts.disease)];
    if ((chart.visit->due & bit_of(facts.disease)) != 0 && condition.is_set()) return &condition;
  }
  return nullptr;
}

void write_diagnosis(Chart& chart, const Ref& condition) {
  chart.w.list("diagnosis", [&] {
    chart.w.item([&] {
      chart.w.reference("condition", condition);
      chart.w.concept_of("use", {"http://terminology.hl7.org/CodeSystem/diagnosis-role", "AD", "Admission diagnosis"});
      chart.w.integer("rank", 1);
    });
  });
}

void choose_place(Chart& chart) {
  const Visit& visit = *chart.visit;
  chart.facility = chart.clinic;
  chart.practitioner = chart.doctor;
  if (visit.setting == Setting::urgent) chart.facility = &chart.community.urgent_care();
  if (visit.setting == Setting::emergency || visit.setting == Setting::inpatient)
    chart.facility = &chart.community.hospital();
  if (chart.facility != chart.clinic) chart.practitioner = &chart.rng.pick(chart.facility->practitioners);
}

}  // namespace

void write_encounter(Chart& chart, const Ref& appointment) {
  Writer& w = chart.w;
  const Visit& visit = *chart.visit;
  choose_place(chart);
  const EncounterFacts facts = facts_of(visit, chart.age_years() < 18);
  const std::int64_t nights = day_of(visit.end) - visit.day();
  chart.encounter = w.reserve("Encounter");
  chart.charges.clear();
  chart.charges.push_back({facts.type, facts.cents * (nights > 0 ? nights : 1), chart.encounter});
  chart.illness = {};
  if (visit.kind == VisitKind::illness) chart.illness = w.reserve("Condition");

  w.resource(chart.encounter, [&] {
    w.text("status", "finished");
    w.coding("class", {"http://terminology.hl7.org/CodeSystem/v3-ActCode", facts.act, facts.act_display});
    w.concepts("type", facts.type);
    w.reference("subject", chart.patient, chart.person.full_name);
    if (appointment.is_set()) w.references("appointment", appointment);
    w.list("participant", [&] {
      w.item([&] {
        w.concepts("type", {"http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "PPRF", "primary performer"});
        w.period("period", visit.start, visit.end);
        w.reference("individual", chart.practitioner->ref, chart.practitioner->name);
      });
    });
    w.period("period", visit.start, visit.end);
    if (visit.illness != nullptr) {
      w.concepts("reasonCode", visit.illness->snomed);
    } else if (const Ref* reason = main_condition(chart); reason != nullptr) {
      w.references("reasonReference", *reason);
    }
    if (chart.illness.is_set()) write_diagnosis(chart, chart.illness);
    if (visit.setting == Setting::inpatient) {
      w.object("hospitalization", [&] {
        w.concept_of("admitSource", {"http://terminology.hl7.org/CodeSystem/admit-source", "emd",
                                     "From accident/emergency department"});
        w.concept_of("dischargeDisposition",
                     {"http://terminology.hl7.org/CodeSystem/discharge-disposition", "home", "Home"});
      });
    }
    w.list("location",
           [&] { w.item([&] { w.reference("location", chart.facility->location, chart.facility->name); }); });
    w.reference("serviceProvider", chart.facility->organization, chart.facility->name);
  });
}

}  // namespace vesta::sample
