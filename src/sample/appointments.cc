// Appointments: those that became encounters, missed ones, and those to come. https://hl7.org/fhir/R4/appointment.html
#include "sample/chart.h"

namespace vesta::sample {
namespace {

constexpr int kFutureMonths = 9;
constexpr Code kCheckup = {"http://terminology.hl7.org/CodeSystem/v2-0276", "CHECKUP",
                           "A routine check-up, such as an annual physical"};
constexpr Code kFollowUp = {"http://terminology.hl7.org/CodeSystem/v2-0276", "FOLLOWUP",
                            "A follow up visit from a previous appointment"};

void write_participant(Chart& chart, const Ref& actor, std::string_view name, std::string_view status) {
  chart.w.item([&] {
    chart.w.reference("actor", actor, name);
    chart.w.text("required", "required");
    chart.w.text("status", status);
  });
}

Ref write_appointment(Chart& chart, std::string_view status, const Code& kind, Moment start, Moment end, Day booked) {
  Writer& w = chart.w;
  const std::string_view answer = status == "proposed" ? "needs-action" : "accepted";
  return w.resource("Appointment", [&] {
    w.text("status", status);
    w.concept_of("appointmentType", kind);
    w.moment("start", start);
    w.moment("end", end);
    w.integer("minutesDuration", (end - start) / 60);
    w.date("created", booked);
    w.list("participant", [&] {
      write_participant(chart, chart.patient, chart.person.full_name, answer);
      write_participant(chart, chart.doctor->ref, chart.doctor->name, "accepted");
      write_participant(chart, chart.clinic->location, chart.clinic->name, "accepted");
    });
  });
}

}  // namespace

Ref write_past_appointment(Chart& chart) {
  const Visit& visit = *chart.visit;
  if (!visit.is_scheduled) return {};
  const Day lead = chart.rng.whole(5, 60);
  return write_appointment(chart, "fulfilled", visit.kind == VisitKind::wellness ? kCheckup : kFollowUp, visit.start,
                           visit.end, visit.day() - lead);
}

void write_missed_appointment(Chart& chart, Day day) {
  const Moment start = at_clock(next_working_day(day), chart.rng.whole(8, 16), 0);
  write_appointment(chart, chart.rng.chance(0.5) ? "noshow" : "cancelled", kFollowUp, start, start + 1200, day - 30);
}

void write_future_appointments(Chart& chart) {
  if (chart.person.death != kNever) return;
  Rng& rng = chart.rng;
  int months_between = 12;
  for (const DiseaseFacts& facts : disease_table()) {
    const bool has_it = chart.person.has(facts.disease, chart.last_day);
    if (has_it && facts.follow_up_months != 0 && facts.follow_up_months < months_between)
      months_between = facts.follow_up_months;
  }
  Day day = chart.last_day + rng.whole(3, months_between * 30);
  bool is_first = true;
  while (day < add_months(chart.last_day, kFutureMonths)) {
    const Moment start = at_clock(next_working_day(day), rng.whole(8, 16), 15 * rng.whole(0, 3));
    write_appointment(chart, is_first ? "booked" : "proposed", months_between == 12 ? kCheckup : kFollowUp, start,
                      start + 1800, chart.last_day - rng.whole(1, 30));
    day = add_months(day, months_between);
    is_first = false;
  }
}

}  // namespace vesta::sample
