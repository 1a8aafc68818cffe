// Medications: requests by disease and illness with yearly renewals, statements at check-ups, administrations in
// hospital. https://hl7.org/fhir/R4/medications-module.html
#include <algorithm>

#include "sample/chart.h"

namespace vesta::sample {
namespace {

constexpr Day kRenewAfter = 340;        // days
constexpr double kYearsToNextDrug = 4;  // a disease's second drug joins so long after its first

void write_dose_fields(Chart& chart, const Drug& drug) {
  chart.w.object("doseQuantity", [&] {
    chart.w.integer("value", drug.dose);
    chart.w.text("system", "http://unitsofmeasure.org");
    chart.w.text("code", drug.unit);
  });
}

void write_dosage(Chart& chart, std::string_view key, const Drug& drug) {
  Writer& w = chart.w;
  w.list(key, [&] {
    w.item([&] {
      w.integer("sequence", 1);
      w.text("text", drug.dosage);
      if (drug.per_day > 0) {
        w.object("timing", [&] {
          w.object("repeat", [&] {
            w.integer("frequency", drug.per_day);
            w.integer("period", 1);
            w.text("periodUnit", "d");
          });
        });
      }
      w.flag("asNeededBoolean", drug.per_day == 0);
      w.concept_of("route", snomed(drug.route, drug.route_name));
      w.list("doseAndRate", [&] { w.item([&] { write_dose_fields(chart, drug); }); });
    });
  });
}

// `days`: how long the order holds, all refills together.
Ref write_request(Chart& chart, const Drug& drug, const Ref& reason, int days) {
  Writer& w = chart.w;
  const Visit& visit = *chart.visit;
  const bool is_over = visit.day() + days <= chart.until() || chart.person.death != kNever;
  const Ref request = w.resource("MedicationRequest", [&] {
    w.text("status", is_over ? "completed" : "active");
    w.text("intent", "order");
    w.concept_of("medicationCodeableConcept", drug.code);
    write_context(chart);
    w.moment("authoredOn", visit.start + 1500);
    w.reference("requester", chart.practitioner->ref, chart.practitioner->name);
    w.references("reasonReference", reason);
    write_dosage(chart, "dosageInstruction", drug);
    w.object("dispenseRequest", [&] {
      w.period_dates("validityPeriod", visit.day(), visit.day() + days);
      w.integer("numberOfRepeatsAllowed", std::max(0, days / drug.supply_days - 1));
      w.object("expectedSupplyDuration", [&] {
        w.integer("value", drug.supply_days);
        w.text("unit", "days");
        w.text("system", "http://unitsofmeasure.org");
        w.text("code", "d");
      });
    });
  });
  write_pharmacy_claim(chart, drug, request);
  return request;
}

void write_renewals(Chart& chart) {
  for (const DiseaseFacts& facts : disease_table()) {
    const Ref& condition = chart.conditions[static_cast<std::size_t>(facts.disease)];
    if (!condition.is_set() || facts.drugs.empty()) continue;
    const double years = chart.years_with(facts.disease);
    for (std::size_t i = 0; i < facts.drugs.size(); ++i) {
      if (years < static_cast<double>(i) * kYearsToNextDrug) break;
      const Drug& drug = facts.drugs[i];
      const auto known =
          std::find_if(chart.prescriptions.begin(), chart.prescriptions.end(),
                       [&](const Prescription& p) { return p.disease == facts.disease && p.drug == &drug; });
      if (known == chart.prescriptions.end()) {
        const Ref request = write_request(chart, drug, condition, 365);
        chart.prescriptions.push_back({facts.disease, &drug, request, chart.visit->day()});
      } else if (chart.visit->day() >= known->authored + kRenewAfter) {
        known->request = write_request(chart, drug, condition, 365);
        known->authored = chart.visit->day();
      }
    }
  }
}

void write_statements(Chart& chart) {
  Writer& w = chart.w;
  for (const Prescription& prescription : chart.prescriptions) {
    w.resource("MedicationStatement", [&] {
      w.list("basedOn", [&] { w.reference_item(prescription.request); });
      w.text("status", "active");
      w.concept_of("medicationCodeableConcept", prescription.drug->code);
      w.reference("subject", chart.patient);
      w.reference("context", chart.encounter);
      w.object("effectivePeriod", [&] { w.date("start", prescription.authored); });
      w.moment("dateAsserted", chart.visit->start + 1800);
      w.reference("informationSource", chart.patient);
      w.references("reasonReference", chart.conditions[static_cast<std::size_t>(prescription.disease)]);
    });
  }
}

void write_administration(Chart& chart, const Drug& drug) {
  Writer& w = chart.w;
  const Moment when = chart.visit->start + 3000;
  w.resource("MedicationAdministration", [&] {
    w.text("status", "completed");
    w.concept_of("medicationCodeableConcept", drug.code);
    w.reference("subject", chart.patient);
    w.reference("context", chart.encounter);
    w.moment("effectiveDateTime", when);
    w.list("performer",
           [&] { w.item([&] { w.reference("actor", chart.practitioner->ref, chart.practitioner->name); }); });
    w.references("reasonReference", chart.illness);
    w.object("dosage", [&] {
      w.text("text", drug.dosage);
      w.concept_of("route", snomed(drug.route, drug.route_name));
      w.object("dose", [&] {
        w.integer("value", drug.dose);
        w.text("system", "http://unitsofmeasure.org");
        w.text("code", drug.unit);
      });
    });
  });
  chart.charges.push_back({drug.code, drug.cents, chart.encounter});
}

}  // namespace

void write_medications(Chart& chart) {
  const Visit& visit = *chart.visit;
  if (visit.kind == VisitKind::illness) {
    if (visit.illness->drug == nullptr) return;
    const bool is_child = chart.age_years() < 12;
    const bool is_painkiller =
        visit.illness->drug == &drugs::kAcetaminophen || visit.illness->drug == &drugs::kOxycodone;
    const Drug& drug = is_child && is_painkiller ? drugs::kAcetaminophenChild : *visit.illness->drug;
    const bool is_hospital = visit.setting == Setting::emergency || visit.setting == Setting::inpatient;
    if (is_hospital) write_administration(chart, drug);
    if (&drug != &drugs::kAlteplase) write_request(chart, drug, chart.illness, drug.supply_days);
    return;
  }
  write_renewals(chart);
  if (visit.kind == VisitKind::wellness) write_statements(chart);
}

}  // namespace vesta::sample
