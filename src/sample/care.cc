// Care teams, goals and care plans of the diseases that people live with. https://hl7.org/fhir/R4/careplan.html
#include <span>

#include "sample/chart.h"
#include "sample/tables/tests.h"

namespace vesta::sample {
namespace {

struct PlanFacts {
  Disease disease;
  Code category;
  std::span<const Code> activities;
  std::string_view goal;
  const Test* measure;
  double target;  // the measure's upper bound
};

constexpr Code kExercise = snomed("229065009", "Exercise therapy (regime/therapy)");
constexpr Code kDiabetesActivities[] = {snomed("160670007", "Diabetic diet (finding)"), kExercise};
constexpr Code kHypertensionActivities[] = {
    snomed("1151000175103", "Dietary approaches to stop hypertension diet (regime/therapy)"), kExercise};
constexpr Code kLipidActivities[] = {snomed("183301007", "Physical exercises (regime/therapy)")};
constexpr Code kAsthmaActivities[] = {snomed("58332002", "Allergy education (procedure)"),
                                      snomed("371605008", "Deep breathing and coughing exercises (regime/therapy)")};
constexpr Code kCopdActivities[] = {snomed("15081005", "Pulmonary rehabilitation (regime/therapy)"),
                                    snomed("225323000", "Smoking cessation education (procedure)")};

const PlanFacts kPlans[] = {
    {Disease::diabetes, snomed("698360004", "Diabetes self management plan (record artifact)"), kDiabetesActivities,
     "Hemoglobin A1c at or below 7.0 %", &labs::kA1c, 7.0},
    {Disease::hypertension, snomed("443402002", "Lifestyle education regarding hypertension (procedure)"),
     kHypertensionActivities, "Systolic blood pressure at or below 130 mmHg", &vitals::kSystolic, 130},
    {Disease::hyperlipidemia, snomed("736285004", "Hyperlipidemia clinical management plan (record artifact)"),
     kLipidActivities, "LDL cholesterol at or below 100 mg/dL", &labs::kLdl, 100},
    {Disease::asthma, snomed("699728000", "Asthma self management (procedure)"), kAsthmaActivities, {}, nullptr, 0},
    {Disease::copd,
     snomed("412776001", "Chronic obstructive pulmonary disease clinical management plan (record artifact)"),
     kCopdActivities,
     {},
     nullptr,
     0},
};

Ref write_team(Chart& chart, const PlanFacts& facts) {
  Writer& w = chart.w;
  const auto member = [&](const Code& role, const Ref& ref, std::string_view name) {
    w.item([&] {
      w.concepts("role", role);
      w.reference("member", ref, name);
    });
  };
  return w.resource("CareTeam", [&] {
    w.text("status", chart.person.death == kNever ? "active" : "inactive");
    write_context(chart);
    w.period_dates("period", chart.visit->day(), chart.person.death);
    w.list("participant", [&] {
      member(snomed("116154003", "Patient (person)"), chart.patient, chart.person.full_name);
      member(snomed("223366009", "Healthcare professional (occupation)"), chart.doctor->ref, chart.doctor->name);
      member(snomed("224891009", "Healthcare services (qualifier value)"), chart.clinic->organization,
             chart.clinic->name);
    });
    w.references("reasonReference", chart.conditions[static_cast<std::size_t>(facts.disease)], {});
    w.references("managingOrganization", chart.clinic->organization, chart.clinic->name);
  });
}

Ref write_goal(Chart& chart, const PlanFacts& facts) {
  Writer& w = chart.w;
  return w.resource("Goal", [&] {
    w.text("lifecycleStatus", chart.person.death == kNever ? "active" : "cancelled");
    w.concept_text("description", facts.goal);
    w.reference("subject", chart.patient);
    w.date("startDate", chart.visit->day());
    w.list("target", [&] {
      w.item([&] {
        w.concept_of("measure", facts.measure->code);
        w.object("detailRange", [&] {
          w.quantity("high", Decimal::round(facts.target, facts.measure->digits), facts.measure->unit,
                     facts.measure->ucum);
        });
      });
    });
    w.references("addresses", chart.conditions[static_cast<std::size_t>(facts.disease)]);
  });
}

void write_plan(Chart& chart, const PlanFacts& facts) {
  Writer& w = chart.w;
  const Ref team = write_team(chart, facts);
  const Ref goal = facts.measure != nullptr ? write_goal(chart, facts) : Ref{};
  const bool is_alive = chart.person.death == kNever;
  w.resource("CarePlan", [&] {
    w.text("status", is_alive ? "active" : "completed");
    w.text("intent", "plan");
    w.concepts("category", facts.category);
    write_context(chart);
    w.period_dates("period", chart.visit->day(), chart.person.death);
    w.reference("author", chart.doctor->ref, chart.doctor->name);
    w.references("careTeam", team);
    w.references("addresses", chart.conditions[static_cast<std::size_t>(facts.disease)]);
    if (goal.is_set()) w.references("goal", goal);
    w.list("activity", [&] {
      for (const Code& activity : facts.activities) {
        w.item([&] {
          w.object("detail", [&] {
            w.concept_of("code", activity);
            w.text("status", is_alive ? "in-progress" : "completed");
          });
        });
      }
    });
  });
}

}  // namespace

void write_care_plans(Chart& chart) {
  if (chart.visit->kind == VisitKind::illness) return;
  for (const PlanFacts& facts : kPlans) {
    const bool is_diagnosed = chart.conditions[static_cast<std::size_t>(facts.disease)].is_set();
    if (!is_diagnosed || (chart.planned & bit_of(facts.disease)) != 0) continue;
    chart.planned |= bit_of(facts.disease);
    write_plan(chart, facts);
  }
}

}  // namespace vesta::sample
