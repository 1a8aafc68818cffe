// Drawing a person: demographics, growth, and the onset of diseases in the order of their causes.
#include "sample/person.h"

#include <algorithm>
#include <cmath>

namespace vesta::sample {
namespace {

constexpr CodedName kRaces[] = {{"2106-3", "White"},
                                {"2054-5", "Black or African American"},
                                {"2028-9", "Asian"},
                                {"1002-5", "American Indian or Alaska Native"}};
constexpr double kRaceShares[] = {0.76, 0.12, 0.10, 0.02};
constexpr CodedName kLanguages[] = {
    {"en-US", "English (United States)"}, {"es", "Spanish"}, {"pt", "Portuguese"}, {"zh", "Chinese"}};

// Medians by whole years of age, rounded from growth charts.
constexpr double kHeightMale[] = {50,    76,  87,  95,  102.5, 109,   115.5, 122,   128,   133.5, 138.5,
                                  143.5, 149, 156, 164, 170,   173.5, 175.5, 176.2, 176.6, 176.8};
constexpr double kHeightFemale[] = {49,  74,  85.5, 94,  101,   108,   115, 121.5, 127.5, 133,  138,
                                    144, 151, 157,  160, 161.5, 162.5, 163, 163.1, 163.2, 163.3};
constexpr double kBmiByAge[] = {13.4, 17.2, 16.5, 16.0, 15.6, 15.4, 15.4, 15.5, 15.8, 16.2, 16.6,
                                17.2, 17.8, 18.4, 19.1, 19.8, 20.5, 21.1, 21.8, 22.4, 23.0};
constexpr int kGrown = 20;

double by_age(const double (&table)[kGrown + 1], double age) {
  if (age >= kGrown) return table[kGrown];
  const int whole = std::max(0, static_cast<int>(age));
  const double part = std::max(0.0, age - whole);
  return table[whole] + (table[whole + 1] - table[whole]) * part;
}

std::string digits(Rng& rng, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text.push_back(static_cast<char>('0' + rng.below(10)));
  return text;
}

double years_between(Day from, Day to) {
  return (to - from) / kDaysPerYear;
}

void draw_address(Rng& rng, Person& person) {
  person.street = std::to_string(rng.whole(1, 999));
  person.street.append(" ").append(rng.pick(street_names()));
  if (rng.chance(0.25)) person.street.append(" Apt ").append(std::to_string(rng.whole(1, 60)));
  person.city = &rng.pick(cities());
  person.phone = std::string(person.city->area_code) + "-555-" + digits(rng, 4);
}

void draw_demographics(Rng& rng, Day last_day, Person& person) {
  person.given = rng.pick(person.is_female ? female_names() : male_names());
  person.middle = rng.pick(person.is_female ? female_names() : male_names());
  person.family = rng.pick(family_names());
  person.full_name.assign(person.given).append(" ").append(person.family);
  double share = rng.unit();
  person.race = 0;
  while (person.race + 1 < std::size(kRaces) && share >= kRaceShares[person.race]) share -= kRaceShares[person.race++];
  person.is_hispanic = rng.chance(0.12);
  person.language = person.is_hispanic && rng.chance(0.5) ? 1 : rng.chance(0.04) ? rng.below(4) : 0;
  person.record_number = "MRN" + digits(rng, 9);
  person.social_security = "999-" + digits(rng, 2) + "-" + digits(rng, 4);
  draw_address(rng, person);

  const double age = years_between(person.birth, std::min(person.death, last_day));
  person.marital = {};
  person.maiden = {};
  if (age < 18) return;
  const double single = age < 25 ? 0.9 : age < 35 ? 0.5 : 0.2;
  const double widowed = age > 75 ? 0.4 : age > 60 ? 0.1 : 0.01;
  const double drawn = rng.unit();
  if (drawn < single) {
    person.marital = "S", person.marital_name = "Never Married";
  } else if (drawn < single + widowed) {
    person.marital = "W", person.marital_name = "Widowed";
  } else if (rng.chance(0.2)) {
    person.marital = "D", person.marital_name = "Divorced";
  } else {
    person.marital = "M", person.marital_name = "Married";
  }
  if (person.is_female && person.marital != "S" && rng.chance(0.6)) person.maiden = rng.pick(family_names());
}

// A chance per year that grows with age as Gompertz' law says, without a library's exponential: it doubles every 8
// years.
double yearly_mortality(double age) {
  double rate = 0.0006;
  for (double at = 38; at < age; at += 8) rate *= 2;
  return std::min(rate, 0.4);
}

void draw_death(Rng& rng, Day first_day, Day last_day, Person& person) {
  person.death = kNever;
  for (Day year = std::max(first_day, person.birth) + 60; year < last_day; year += 365) {
    if (!rng.chance(yearly_mortality(years_between(person.birth, year)))) continue;
    const Day day = year + rng.whole(0, 364);
    if (day < last_day) person.death = day;
    return;
  }
}

// Diseases that make others likelier come before them in Disease, so one pass is enough.
double risk_factor(const Person& person, Disease disease, Day by) {
  const auto with = [&](Disease cause, double factor) { return person.has(cause, by) ? factor : 1.0; };
  switch (disease) {
    case Disease::prediabetes:
      return with(Disease::obesity, 1.7);
    case Disease::hypertension:
      return with(Disease::obesity, 1.4) * (person.pressure_z > 0.5 ? 1.5 : 0.8);
    case Disease::hyperlipidemia:
      return person.lipid_z > 0.5 ? 2.0 : 0.6;
    case Disease::coronary:
      return with(Disease::diabetes, 2.0) * with(Disease::hyperlipidemia, 1.7) * with(Disease::hypertension, 1.5) *
             (person.smoking == Smoking::never ? 0.7 : 1.6);
    case Disease::heart_failure:
      return with(Disease::coronary, 4.0) * with(Disease::hypertension, 1.6);
    case Disease::kidney:
      return with(Disease::diabetes, 4.0) * with(Disease::hypertension, 2.0);
    case Disease::copd:
      return person.smoking == Smoking::daily ? 8.0 : person.smoking == Smoking::former ? 4.0 : 0.3;
    case Disease::anxiety:
      return with(Disease::depression, 2.0);
    case Disease::osteoarthritis:
      return with(Disease::obesity, 1.5);
    default:
      return 1.0;
  }
}

void draw_diseases(Rng& rng, Day end, Person& person) {
  person.onset.fill(kNever);
  for (const DiseaseFacts& facts : disease_table()) {
    Day& onset = person.onset[static_cast<std::size_t>(facts.disease)];
    const double age =
        std::max(facts.onset_least + 2 * rng.unit(), facts.onset_mean + facts.onset_deviation * rng.normal());
    const Day day = person.birth + static_cast<Day>(age * kDaysPerYear);
    double probability = facts.probability * risk_factor(person, facts.disease, day);
    if (facts.mostly == Who::women && !person.is_female) probability /= 3;
    if (facts.mostly == Who::men && person.is_female) probability /= 3;
    if (facts.disease == Disease::obesity) {
      probability = body_mass_index(person, std::max(age, 25.0)) >= 30 ? 1 : 0;
    }
    if (facts.disease == Disease::diabetes) {  // some years of prediabetes come first
      const bool progresses = person.onset_of(Disease::prediabetes) != kNever && rng.chance(0.38);
      const Day later = static_cast<Day>(rng.between(2, 9) * kDaysPerYear);
      if (progresses) onset = person.onset_of(Disease::prediabetes) + later;
    } else if (rng.chance(probability)) {
      onset = day;
    }
    if (onset >= end) onset = kNever;
  }
}

}  // namespace

void draw_person(Rng& rng, Day first_day, Day last_day, Person& person) {
  person.is_female = rng.chance(0.51);
  // Ages at the start: even over 0-60, thinner above; one in fourteen is born within the chart's years.
  const double drawn = rng.unit();
  const double age = drawn < 0.07   ? -rng.between(0, years_between(first_day, last_day) * 0.95)
                     : drawn < 0.77 ? rng.between(0, 60)
                                    : 60 + 34 * rng.unit() * rng.between(0.5, 1);
  person.birth = first_day - static_cast<Day>(age * kDaysPerYear);
  draw_death(rng, first_day, last_day, person);
  draw_demographics(rng, last_day, person);
  person.height_z = rng.normal();
  person.bmi_z = rng.normal();
  person.pressure_z = rng.normal();
  person.lipid_z = rng.normal();
  person.pulse_z = rng.normal();
  person.adherence = rng.between(0.4, 1.0);
  const double smoker = rng.unit();
  const bool is_adult = years_between(person.birth, last_day) > 21;
  person.smoking = !is_adult || smoker < 0.68 ? Smoking::never : smoker < 0.88 ? Smoking::former : Smoking::daily;
  draw_diseases(rng, std::min(person.death, last_day), person);
}

std::span<const CodedName> race_table() {
  return kRaces;
}
std::span<const CodedName> language_table() {
  return kLanguages;
}

double height_cm(const Person& person, double age) {
  const double median = by_age(person.is_female ? kHeightFemale : kHeightMale, age);
  const double shrink = age > 60 ? (age - 60) * 0.08 : 0;  // cm a year
  return median * (1 + 0.04 * person.height_z) - shrink;
}

double body_mass_index(const Person& person, double age) {
  const double adult = age > kGrown ? std::min(age - kGrown, 40.0) * 0.12 : 0;
  const double late = age > 72 ? (age - 72) * 0.1 : 0;
  const double spread = age < 2 ? 0.07 : age < kGrown ? 0.12 : 0.17;
  return std::max((by_age(kBmiByAge, age) + adult - late) * (1 + spread * person.bmi_z), 12.0);
}

}  // namespace vesta::sample
