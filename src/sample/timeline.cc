// The timeline: when the patient sees whom and why; check-ups by age, follow-ups by disease, illnesses by chance and
// season.
#include <algorithm>

#include "sample/chart.h"

namespace vesta::sample {
namespace {

constexpr int kWellBabyMonths[] = {0, 1, 2, 4, 6, 9, 12, 15, 18, 24, 30};
constexpr Day kMergeDays = 50;        // follow-ups this close become one visit
constexpr Day kAfterCareDays = 12;    // after leaving the hospital
constexpr double kWinterShare = 3.0;  // a winter illness in winter, against summer
constexpr int kOld = 65;

Visit office_visit(Rng& rng, Day day, VisitKind kind, DiseaseSet due) {
  Visit visit;
  visit.start = at_clock(next_working_day(day), rng.whole(8, 16), 15 * rng.whole(0, 3));
  visit.end = visit.start + 60 * (kind == VisitKind::wellness ? 45 : 15 * rng.whole(1, 2));
  visit.kind = kind;
  visit.due = due;
  visit.is_scheduled = true;
  return visit;
}

void add_wellness(Chart& chart, Day from, Day to, std::vector<Visit>& visits) {
  const Day birth = chart.person.birth;
  Rng& rng = chart.rng;
  for (int month : kWellBabyMonths) {
    const Day day = add_months(birth, month) + (month == 0 ? 5 : rng.whole(0, 6));
    if (day >= from && day < to) visits.push_back(office_visit(rng, day, VisitKind::wellness, 0));
  }
  const Day grown = add_months(birth, 21 * 12);
  for (int year = 3; year < 21; ++year) {
    const Day day = add_months(birth, year * 12) + rng.whole(0, 40);
    if (day >= from && day < to) visits.push_back(office_visit(rng, day, VisitKind::wellness, 0));
  }
  Day day = std::max(grown, from) + rng.whole(10, 360);
  while (day < to) {
    const bool is_young = age_at(birth, day) < 40;
    visits.push_back(office_visit(rng, day, VisitKind::wellness, 0));
    day += (is_young ? 730 : 365) + rng.whole(-25, 45);
  }
}

// The days on which each disease asks for a visit, merged where they are close to each other.
void add_follow_ups(Chart& chart, Day from, Day to, std::vector<Visit>& visits) {
  struct Due {
    Day day;
    DiseaseSet diseases;
  };
  std::vector<Due> dues;
  for (const DiseaseFacts& facts : disease_table()) {
    const Day onset = chart.person.onset_of(facts.disease);
    if (facts.follow_up_months == 0 || onset >= to) continue;
    Day day = onset >= from ? onset : from + chart.rng.whole(0, facts.follow_up_months * 30);
    while (day < to) {
      dues.push_back({day, bit_of(facts.disease)});
      day = add_months(day, facts.follow_up_months) + chart.rng.whole(-8, 12);
    }
  }
  std::sort(dues.begin(), dues.end(),
            [](const Due& a, const Due& b) { return a.day != b.day ? a.day < b.day : a.diseases < b.diseases; });
  for (std::size_t i = 0; i < dues.size();) {
    DiseaseSet together = 0;
    std::size_t next = i;
    while (next < dues.size() && dues[next].day < dues[i].day + kMergeDays) together |= dues[next++].diseases;
    // The last of them decides the day, so that every disease has begun by then.
    visits.push_back(office_visit(chart.rng, dues[next - 1].day, VisitKind::follow_up, together));
    i = next;
  }
}

const IllnessFacts& draw_illness(Rng& rng, int age, bool is_winter) {
  const auto weight = [&](const IllnessFacts& facts) {
    const double base = age < 14 ? facts.weight_child : age < kOld ? facts.weight_adult : facts.weight_old;
    return facts.in_winter && is_winter ? base * kWinterShare : base;
  };
  double sum = 0;
  for (const IllnessFacts& facts : illness_table()) sum += weight(facts);
  double at = rng.between(0, sum);
  for (const IllnessFacts& facts : illness_table()) {
    at -= weight(facts);
    if (at < 0) return facts;
  }
  return illness_table().front();
}

Visit illness_visit(Rng& rng, Day day, const IllnessFacts& facts) {
  Visit visit = office_visit(rng, day, VisitKind::illness, 0);
  visit.is_scheduled = false;
  visit.illness = &facts;
  visit.setting = facts.setting;
  if (facts.setting == Setting::ambulatory) return visit;
  visit.start = at_clock(day, rng.whole(0, 23), rng.whole(0, 59));  // these wait for no working day
  if (facts.setting == Setting::urgent) visit.end = visit.start + 60 * 15 * rng.whole(2, 6);
  if (facts.setting == Setting::emergency) visit.end = visit.start + 60 * rng.whole(60, 400);
  if (facts.setting == Setting::inpatient) {
    visit.end = at_clock(day + rng.whole(2, 6), rng.whole(9, 16), 15 * rng.whole(0, 3));
  }
  return visit;
}

void add_illnesses(Chart& chart, Day from, Day to, std::vector<Visit>& visits) {
  Rng& rng = chart.rng;
  for (Day month = from; month < to; month += 30) {
    const int age = age_at(chart.person.birth, month);
    const double yearly = age < 12 ? 1.7 : age < 20 ? 0.9 : age < kOld ? 0.6 : 0.9;
    const int calendar_month = to_civil(month).month;
    const bool is_winter = calendar_month >= 11 || calendar_month <= 3;
    if (!rng.chance(yearly / 12 * (is_winter ? 1.4 : 0.7))) continue;
    const Day day = month + rng.whole(0, 29);
    const IllnessFacts& facts = draw_illness(rng, age, is_winter);
    visits.push_back(illness_visit(rng, day, facts));
    if (facts.setting != Setting::inpatient) continue;
    Visit after = office_visit(rng, day_of(visits.back().end) + kAfterCareDays, VisitKind::after_care, 0);
    after.illness = &facts;
    visits.push_back(after);
  }
}

}  // namespace

std::vector<Visit> draw_timeline(Chart& chart) {
  std::vector<Visit> visits;
  const Day from = std::max(chart.first_day, chart.person.birth);
  const Day to = chart.until();
  add_wellness(chart, from, to, visits);
  add_follow_ups(chart, from, to, visits);
  add_illnesses(chart, from, to, visits);
  std::stable_sort(visits.begin(), visits.end(), [](const Visit& a, const Visit& b) { return a.start < b.start; });
  // Nobody is at two places at once, and nothing happens at or after the end.
  std::vector<Visit> kept;
  for (const Visit& visit : visits) {
    const bool overlaps = !kept.empty() && visit.start < kept.back().end + 3600;
    if (!overlaps && day_of(visit.end) < to) kept.push_back(visit);
  }
  return kept;
}

}  // namespace vesta::sample
