// Immunizations: the childhood schedule, influenza each autumn, and those of later life.
// https://hl7.org/fhir/R4/immunization.html
#include "sample/chart.h"
#include "sample/tables/vaccines.h"

namespace vesta::sample {
namespace {

void write_dose(Chart& chart, const Code& vaccine, int number, int series, std::int64_t cents) {
  Writer& w = chart.w;
  const Ref dose = w.resource("Immunization", [&] {
    w.text("status", "completed");
    w.concept_of("vaccineCode", vaccine);
    write_context(chart, "patient");
    w.moment("occurrenceDateTime", chart.visit->start + 1200);
    w.flag("primarySource", true);
    w.reference("location", chart.facility->location, chart.facility->name);
    w.list("performer",
           [&] { w.item([&] { w.reference("actor", chart.practitioner->ref, chart.practitioner->name); }); });
    if (number == 0) return;
    w.list("protocolApplied", [&] {
      w.item([&] {
        w.integer("doseNumberPositiveInt", number);
        w.integer("seriesDosesPositiveInt", series);
      });
    });
  });
  chart.charges.push_back({vaccine, cents, dose});
}

}  // namespace

void write_immunizations(Chart& chart) {
  const Visit& visit = *chart.visit;
  if (visit.kind == VisitKind::illness || visit.kind == VisitKind::after_care) return;
  const Civil date = to_civil(visit.day());
  const int months = age_in_months(chart.person.birth, visit.day());
  if (visit.kind == VisitKind::wellness) {
    // A dose is given at the first check-up in the window that begins with its month.
    for (const Dose& dose : childhood_doses()) {
      const int window = dose.month < 24 ? 2 : 12;
      const bool is_now =
          dose.month == months || (dose.month < months && months < dose.month + window && dose.month >= 48);
      if (is_now) write_dose(chart, dose.vaccine, dose.number, dose.series, dose.cents);
    }
  }
  const int years = months / 12;
  const bool is_autumn = date.month >= 9 && date.month <= 12;
  if (is_autumn && months >= 6 && chart.rng.chance(years < 18 || years >= 65 ? 0.75 : 0.5)) {
    write_dose(chart, kInfluenzaVaccine, 0, 0, kVaccineCents);
  }
  if (visit.kind != VisitKind::wellness || years < 21) return;
  if (date.year % 10 == to_civil(chart.person.birth).year % 10) write_dose(chart, kTetanusVaccine, 0, 0, 9'300);
  if (years == 65) write_dose(chart, kPneumococcalVaccine, 0, 0, 11'700);
  if (years == 50 || years == 51) write_dose(chart, kZosterVaccine, years - 49, 2, 17'200);
  if (date.year >= 2021 && chart.rng.chance(0.45)) write_dose(chart, kCovidVaccine, 0, 0, 12'900);
}

}  // namespace vesta::sample
