// The patients and the encounters among whom somebody may choose as they sign in.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ops/context.h"

namespace vesta::oauth {

inline constexpr std::size_t kMaxPatientChoices = 20;    // who may see more types an id
inline constexpr std::size_t kMaxEncounterChoices = 20;  // the latest ones of a patient
inline constexpr std::size_t kMaxLabelBytes = 200;

inline constexpr std::string_view kNoChoice = "~none";  // instead of an id, which it cannot be

struct Choice {
  std::string id;
  std::string label;  // "Ada Lovelace, born 1815-12-10", "2026-01-02, ambulatory, Check-up"; without all that: the id
};

// All whom the context shows, by their ids; empty: there are more than kMaxPatientChoices. Errors: those of a search.
Result<std::vector<Choice>> patient_choices(const ops::Context& context);

// This one alone; empty: the context does not show them. Errors: those of the store.
Result<std::vector<Choice>> patient_choice(const ops::Context& context, std::string_view id);

// Of the patient, as far as the context shows them, the latest first; in no order where it hides the times of some.
// Errors: those of a search.
Result<std::vector<Choice>> encounter_choices(const ops::Context& context, const std::string& patient);

}  // namespace vesta::oauth
