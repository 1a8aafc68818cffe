// Diseases: the long ones that begin once in a life, and the short ones that come and go.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "sample/codes.h"
#include "sample/tables/drugs.h"

namespace vesta::sample {

enum class Disease : std::uint8_t {
  obesity,
  prediabetes,
  diabetes,
  hypertension,
  hyperlipidemia,
  coronary,
  heart_failure,
  atrial_fibrillation,
  kidney,
  asthma,
  copd,
  hypothyroidism,
  depression,
  anxiety,
  osteoarthritis,
  osteoporosis,
  gout,
  migraine,
  rhinitis,
  dermatitis,
  anemia,
  alzheimers,
};
inline constexpr std::size_t kDiseases = 22;

enum class Who : std::uint8_t { everyone, women, men };

struct DiseaseFacts {
  Disease disease;
  Code snomed;
  Code icd10;
  double probability;  // to get it in a long life
  double onset_mean;   // years of age
  double onset_deviation;
  double onset_least;
  int follow_up_months;         // between visits for it; 0: none
  Who mostly;                   // the others have a third of the probability
  std::span<const Drug> drugs;  // the first from the diagnosis on, each next one some years later
};
// In the order of Disease.
std::span<const DiseaseFacts> disease_table();
inline const DiseaseFacts& facts_of(Disease disease) {
  return disease_table()[static_cast<std::size_t>(disease)];
}

enum class Setting : std::uint8_t { ambulatory, urgent, emergency, inpatient };

struct ProcedureFacts {
  Code code;
  int minutes;
  std::int64_t cents;
};

struct IllnessFacts {
  Code snomed;
  Code icd10;
  int weight_child;  // how often, among the illnesses of that age
  int weight_adult;
  int weight_old;
  Setting setting;
  int days_least;  // until it is over
  int days_most;
  bool has_fever;
  bool in_winter;                   // mostly
  const Drug* drug;                 // may be null
  const ProcedureFacts* procedure;  // may be null
};
std::span<const IllnessFacts> illness_table();

// Procedures that visits of other kinds refer to.
namespace procedures {
extern const ProcedureFacts kMedicationReconciliation;
extern const ProcedureFacts kDepressionScreening;
extern const ProcedureFacts kColonoscopy;
extern const ProcedureFacts kMammography;
extern const ProcedureFacts kBoneDensity;
extern const ProcedureFacts kSpirometry;
extern const ProcedureFacts kEchocardiography;
extern const ProcedureFacts kFootExamination;
}  // namespace procedures

}  // namespace vesta::sample
