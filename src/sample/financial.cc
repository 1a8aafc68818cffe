// Coverage, claims and explanations of benefit. Amounts are cents, so that every sum is exact.
// https://hl7.org/fhir/R4/claim.html, https://hl7.org/fhir/R4/explanationofbenefit.html
#include <algorithm>
#include <span>

#include "sample/chart.h"

namespace vesta::sample {
namespace {

constexpr std::size_t kMedicare = 0;
constexpr std::size_t kMedicaid = 1;
constexpr std::size_t kFirstEmployer = 2;  // the others are employers' plans
constexpr int kMedicareAge = 65;

struct PlanTerms {
  int allowed_percent;      // of what is charged
  std::int64_t deductible;  // of a year
  std::int64_t copay;       // of a claim
};
const PlanTerms& terms_of(std::size_t insurer) {
  static constexpr PlanTerms kMedicareTerms = {62, 24'000, 0};
  static constexpr PlanTerms kMedicaidTerms = {54, 0, 0};
  static constexpr PlanTerms kEmployerTerms = {74, 120'000, 2'500};
  return insurer == kMedicare ? kMedicareTerms : insurer == kMedicaid ? kMedicaidTerms : kEmployerTerms;
}

void add_policy(Chart& chart, std::size_t insurer_number, Day start, Day end) {
  Writer& w = chart.w;
  Policy policy;
  policy.insurer = insurer_number;
  policy.start = start;
  policy.end = end;
  const bool is_public = insurer_number < kFirstEmployer;
  policy.coverage = w.resource("Coverage", [&] {
    w.text("status", end < chart.last_day ? "cancelled" : "active");
    w.concept_of("type",
                 is_public ? Code{"http://terminology.hl7.org/CodeSystem/v3-ActCode", "PUBLICPOL", "public healthcare"}
                           : Code{"http://terminology.hl7.org/CodeSystem/v3-ActCode", "EHCPOL", "extended healthcare"});
    w.text("subscriberId", chart.person.record_number.substr(3));
    w.reference("beneficiary", chart.patient);
    w.concept_of("relationship", {"http://terminology.hl7.org/CodeSystem/subscriber-relationship", "self", "Self"});
    w.period_dates("period", start, end);
    w.references("payor", insurer(chart.seed, insurer_number), insurer_names()[insurer_number]);
  });
  chart.policies.push_back(policy);
}

Policy& policy_on(Chart& chart, Day day) {
  for (Policy& policy : chart.policies) {
    if (day < policy.end) return policy;
  }
  return chart.policies.back();
}

// What one claim comes to. `paid` + `copay` + `deductible` = `allowed` for each line and for the sum.
struct LineAmounts {
  std::int64_t submitted = 0;
  std::int64_t allowed = 0;
  std::int64_t deductible = 0;
  std::int64_t copay = 0;
  std::int64_t paid = 0;
};

LineAmounts adjudicate(Policy& policy, std::int64_t cents, std::int64_t& copay_left) {
  LineAmounts amounts;
  amounts.submitted = cents;
  amounts.allowed = cents * terms_of(policy.insurer).allowed_percent / 100;
  amounts.copay = std::min(copay_left, amounts.allowed);
  copay_left -= amounts.copay;
  amounts.deductible = std::min(policy.deductible_left, amounts.allowed - amounts.copay);
  policy.deductible_left -= amounts.deductible;
  amounts.paid = amounts.allowed - amounts.copay - amounts.deductible;
  return amounts;
}

struct ClaimFacts {
  std::string_view type;  // claim-type code
  std::string_view type_display;
  const Ref* prescription = nullptr;
  std::span<const Charge> charges;
};

void write_type(Writer& w, const ClaimFacts& facts) {
  w.text("status", "active");
  w.concept_of("type", {"http://terminology.hl7.org/CodeSystem/claim-type", facts.type, facts.type_display});
  w.text("use", "claim");
}

void write_diagnoses_of(Chart& chart) {
  if (!chart.illness.is_set()) return;
  chart.w.list("diagnosis", [&] {
    chart.w.item([&] {
      chart.w.integer("sequence", 1);
      chart.w.reference("diagnosisReference", chart.illness);
    });
  });
}

void write_claim_procedures(Chart& chart, const ClaimFacts& facts) {
  int sequence = 0;
  const auto is_procedure = [](const Charge& charge) { return charge.source.type == "Procedure"; };
  if (std::none_of(facts.charges.begin(), facts.charges.end(), is_procedure)) return;
  chart.w.list("procedure", [&] {
    for (const Charge& charge : facts.charges) {
      if (!is_procedure(charge)) continue;
      chart.w.item([&] {
        chart.w.integer("sequence", ++sequence);
        chart.w.reference("procedureReference", charge.source);
      });
    }
  });
}

Ref write_claim(Chart& chart, const Policy& policy, const ClaimFacts& facts) {
  Writer& w = chart.w;
  const Visit& visit = *chart.visit;
  return w.resource("Claim", [&] {
    write_type(w, facts);
    w.reference("patient", chart.patient, chart.person.full_name);
    w.period("billablePeriod", visit.start, visit.end);
    w.moment("created", visit.end);
    w.reference("insurer", insurer(chart.seed, policy.insurer), insurer_names()[policy.insurer]);
    w.reference("provider", chart.facility->organization, chart.facility->name);
    w.concept_of("priority", {"http://terminology.hl7.org/CodeSystem/processpriority", "normal", "Normal"});
    if (facts.prescription != nullptr) w.reference("prescription", *facts.prescription);
    write_diagnoses_of(chart);
    write_claim_procedures(chart, facts);
    w.list("insurance", [&] {
      w.item([&] {
        w.integer("sequence", 1);
        w.flag("focal", true);
        w.reference("coverage", policy.coverage);
      });
    });
    std::int64_t total = 0;
    int sequence = 0;
    int procedures = 0;
    w.list("item", [&] {
      for (const Charge& charge : facts.charges) {
        total += charge.cents;
        w.item([&] {
          w.integer("sequence", ++sequence);
          if (chart.illness.is_set()) w.number_list("diagnosisSequence", 1);
          if (charge.source.type == "Procedure") w.number_list("procedureSequence", ++procedures);
          w.concept_of("productOrService", charge.product);
          w.money("net", charge.cents);
          w.references("encounter", chart.encounter);
        });
      }
    });
    w.money("total", total);
  });
}

void write_amount(Writer& w, std::string_view code, std::string_view display, std::int64_t cents) {
  w.item([&] {
    w.concept_of("category", {"http://terminology.hl7.org/CodeSystem/adjudication", code, display});
    w.money("amount", cents);
  });
}

void write_amounts(Writer& w, const LineAmounts& amounts) {
  write_amount(w, "submitted", "Submitted Amount", amounts.submitted);
  write_amount(w, "eligible", "Eligible Amount", amounts.allowed);
  if (amounts.deductible != 0) write_amount(w, "deductible", "Deductible", amounts.deductible);
  if (amounts.copay != 0) write_amount(w, "copay", "CoPay", amounts.copay);
  write_amount(w, "benefit", "Benefit Amount", amounts.paid);
}

// The lines, each adjudicated; gives their sum.
LineAmounts write_adjudicated_items(Chart& chart, Policy& policy, const ClaimFacts& facts) {
  Writer& w = chart.w;
  LineAmounts sum;
  std::int64_t copay_left = terms_of(policy.insurer).copay;
  int sequence = 0;
  w.list("item", [&] {
    for (const Charge& charge : facts.charges) {
      const LineAmounts line = adjudicate(policy, charge.cents, copay_left);
      sum.submitted += line.submitted;
      sum.allowed += line.allowed;
      sum.deductible += line.deductible;
      sum.copay += line.copay;
      sum.paid += line.paid;
      w.item([&] {
        w.integer("sequence", ++sequence);
        w.concept_of("productOrService", charge.product);
        w.period("servicedPeriod", chart.visit->start, chart.visit->end);
        w.money("net", charge.cents);
        w.references("encounter", chart.encounter);
        w.list("adjudication", [&] { write_amounts(w, line); });
      });
    }
  });
  return sum;
}

void write_explanation(Chart& chart, Policy& policy, const ClaimFacts& facts, const Ref& claim) {
  Writer& w = chart.w;
  const Visit& visit = *chart.visit;
  const int year = to_civil(visit.day()).year;
  if (policy.year != year) {
    policy.year = year;
    policy.deductible_left = terms_of(policy.insurer).deductible;
  }
  w.resource("ExplanationOfBenefit", [&] {
    write_type(w, facts);
    w.reference("patient", chart.patient);
    w.period("billablePeriod", visit.start, visit.end);
    w.moment("created", visit.end + 3600);
    w.reference("insurer", insurer(chart.seed, policy.insurer), insurer_names()[policy.insurer]);
    w.reference("provider", chart.facility->organization, chart.facility->name);
    w.reference("claim", claim);
    w.text("outcome", "complete");
    w.list("insurance", [&] {
      w.item([&] {
        w.flag("focal", true);
        w.reference("coverage", policy.coverage);
      });
    });
    const LineAmounts sum = write_adjudicated_items(chart, policy, facts);
    w.list("total", [&] { write_amounts(w, sum); });
    w.object("payment", [&] {
      w.date("date", day_of(visit.end) + 14);
      w.money("amount", sum.paid);
    });
  });
}

void write_pair(Chart& chart, const ClaimFacts& facts) {
  Policy& policy = policy_on(chart, chart.visit->day());
  const Ref claim = write_claim(chart, policy, facts);
  write_explanation(chart, policy, facts, claim);
}

}  // namespace

void write_coverages(Chart& chart) {
  Rng& rng = chart.rng;
  const Day birth = chart.person.birth;
  const Day retires = add_months(birth, kMedicareAge * 12);
  const std::size_t earlier =
      rng.chance(0.2) ? kMedicaid : kFirstEmployer + rng.below(static_cast<std::uint32_t>(kInsurers - kFirstEmployer));
  const Day from = std::max(birth, chart.first_day);
  if (from < retires) add_policy(chart, earlier, from, retires < chart.until() ? retires : kNever);
  if (retires < chart.until()) add_policy(chart, kMedicare, std::max(retires, from), kNever);
}

void write_visit_claim(Chart& chart) {
  const bool is_institution = chart.visit->setting == Setting::emergency || chart.visit->setting == Setting::inpatient;
  write_pair(chart, {is_institution ? "institutional" : "professional",
                     is_institution ? "Institutional" : "Professional", nullptr, chart.charges});
}

void write_pharmacy_claim(Chart& chart, const Drug& drug, const Ref& request) {
  const Charge charge{drug.code, drug.cents, request};
  write_pair(chart, {"pharmacy", "Pharmacy", &request, {&charge, 1}});
}

}  // namespace vesta::sample
