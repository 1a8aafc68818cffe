// Allergies, found in childhood. https://hl7.org/fhir/R4/allergyintolerance.html
#include "sample/tables/allergies.h"

#include <algorithm>

#include "sample/chart.h"

namespace vesta::sample {
namespace {

constexpr double kAllergic = 0.16;  // of all people
constexpr int kMostAllergies = 3;

void write_allergy(Chart& chart, const AllergyFacts& facts, Day onset) {
  Writer& w = chart.w;
  w.resource("AllergyIntolerance", [&] {
    w.concept_of("clinicalStatus",
                 {"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "active", "Active"});
    w.concept_of("verificationStatus",
                 {"http://terminology.hl7.org/CodeSystem/allergyintolerance-verification", "confirmed", "Confirmed"});
    w.text("type", "allergy");
    w.text_list("category", facts.category);
    w.text("criticality", facts.is_severe ? "high" : "low");
    w.concept_of("code", facts.allergy);
    w.reference("patient", chart.patient);
    w.date("onsetDateTime", onset);
    w.moment("recordedDate", at_clock(onset, 11, 30));
    w.list("reaction", [&] {
      w.item([&] {
        w.concepts("manifestation", facts.manifestation);
        w.text("severity", facts.is_severe ? "severe" : "mild");
      });
    });
  });
}

}  // namespace

void write_allergies(Chart& chart) {
  const bool is_atopic =
      chart.person.onset_of(Disease::rhinitis) != kNever || chart.person.onset_of(Disease::asthma) != kNever;
  if (!chart.rng.chance(is_atopic ? 0.6 : kAllergic)) return;
  const int count = chart.rng.whole(1, kMostAllergies);
  const std::size_t first = chart.rng.below(static_cast<std::uint32_t>(allergy_table().size()));
  const Day lived = chart.until() - chart.person.birth;
  for (int i = 0; i < count; ++i) {
    const AllergyFacts& facts = allergy_table()[(first + 4 * static_cast<std::size_t>(i)) % allergy_table().size()];
    const Day latest = std::min(lived - 1, static_cast<Day>(12 * kDaysPerYear));
    write_allergy(chart, facts, chart.person.birth + chart.rng.whole(std::min(180, latest), latest));
  }
}

}  // namespace vesta::sample
