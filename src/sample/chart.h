// Chart: the state while one patient's resources are written, visit by visit in the order of time.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "sample/community.h"
#include "sample/person.h"
#include "sample/rng.h"
#include "sample/tables/diseases.h"
#include "sample/writer.h"

namespace vesta::sample {

enum class VisitKind : std::uint8_t { wellness, follow_up, illness, after_care };

// A set of diseases, one bit each.
using DiseaseSet = std::uint32_t;
constexpr DiseaseSet bit_of(Disease disease) {
  return DiseaseSet{1} << static_cast<unsigned>(disease);
}

struct Visit {
  Moment start = 0;
  Moment end = 0;
  VisitKind kind = VisitKind::wellness;
  Setting setting = Setting::ambulatory;
  const IllnessFacts* illness = nullptr;  // illness and after_care
  DiseaseSet due = 0;                     // what it follows up
  bool is_scheduled = false;              // has an Appointment

  Day day() const { return day_of(start); }
};

// One line of a visit's claim. `source` is the Procedure, Immunization or Encounter it stands for.
struct Charge {
  Code product;
  std::int64_t cents;
  Ref source;
};

// A medication that goes on from year to year.
struct Prescription {
  Disease disease;
  const Drug* drug;
  Ref request;
  Day authored;
};

// Slow changes of this body around what age and disease say; each measurement moves them a little.
struct Drift {
  double a1c = 0;
  double lipids = 0;
  double hemoglobin = 0;
  double creatinine = 0;
  double weight = 0;
};

struct Policy {
  Ref coverage;
  std::size_t insurer = 0;
  Day start = 0;
  Day end = kNever;
  int year = 0;                      // of the deductible
  std::int64_t deductible_left = 0;  // cents
};

struct Chart {
  Writer& w;
  Rng& rng;
  const Community& community;
  std::uint64_t seed;
  Day first_day;
  Day last_day;  // the day after the chart's last one: "today"
  Person person{};

  Ref patient{};
  const Facility* clinic = nullptr;
  const Practitioner* doctor = nullptr;
  std::array<Ref, kDiseases> conditions{};  // not set: not diagnosed yet
  std::vector<Policy> policies{};
  std::vector<Prescription> prescriptions{};
  Drift drift{};
  DiseaseSet planned = 0;  // have a care plan

  // The visit at hand.
  const Visit* visit = nullptr;
  Ref encounter{};
  Ref illness{};  // its Condition
  const Facility* facility = nullptr;
  const Practitioner* practitioner = nullptr;
  std::vector<Charge> charges{};

  double age_years(Day day) const { return (day - person.birth) / kDaysPerYear; }
  double age_years() const { return age_years(visit->day()); }
  bool has(Disease disease) const { return person.has(disease, visit->day()); }
  double years_with(Disease disease) const { return (visit->day() - person.onset_of(disease)) / kDaysPerYear; }
  bool is_due(Disease disease) const { return (visit->due & bit_of(disease)) != 0 && has(disease); }
  // The last day on which anything happens to this patient.
  Day until() const { return person.death < last_day ? person.death : last_day; }
};

// One file per theme. Each writes the resources of its theme for the visit at hand, and adds what it costs to
// `charges`.
std::vector<Visit> draw_timeline(Chart& chart);              // timeline.cc
void write_patient(Chart& chart);                            // patient.cc
void write_encounter(Chart& chart, const Ref& appointment);  // encounters.cc
Ref write_past_appointment(Chart& chart);                    // appointments.cc; not set if it was none
void write_missed_appointment(Chart& chart, Day day);
void write_future_appointments(Chart& chart);
void write_earlier_conditions(Chart& chart);  // conditions.cc
void write_diagnoses(Chart& chart);
void write_allergies(Chart& chart);      // allergies.cc
void write_vitals(Chart& chart);         // vitals.cc
void write_labs(Chart& chart);           // labs.cc
void write_immunizations(Chart& chart);  // immunizations.cc
void write_procedures(Chart& chart);     // procedures.cc
void write_medications(Chart& chart);    // medications.cc
void write_care_plans(Chart& chart);     // care.cc
void write_coverages(Chart& chart);      // financial.cc
void write_visit_claim(Chart& chart);
void write_pharmacy_claim(Chart& chart, const Drug& drug, const Ref& request);

// What most clinical resources have: the subject and the visit's encounter.
inline void write_context(Chart& chart, std::string_view subject = "subject") {
  chart.w.reference(subject, chart.patient);
  chart.w.reference("encounter", chart.encounter);
}

}  // namespace vesta::sample
