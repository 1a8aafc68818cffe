// The patients among whom somebody may choose as they sign in.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ops/context.h"

namespace vesta::oauth {

inline constexpr std::size_t kMaxPatientChoices = 20;  // who may see more types an id
inline constexpr std::size_t kMaxLabelBytes = 200;

struct PatientChoice {
  std::string id;
  std::string label;  // "Ada Lovelace, born 1815-12-10"; without a name: the id
};

// All whom the context shows, by their ids; empty: there are more than kMaxPatientChoices. Errors: those of a search.
Result<std::vector<PatientChoice>> patient_choices(const ops::Context& context);

// This one alone; empty: the context does not show them. Errors: those of the store.
Result<std::vector<PatientChoice>> patient_choice(const ops::Context& context, std::string_view id);

}  // namespace vesta::oauth
