// A plan as text for people: explanations, log lines, failures of tests.
#pragma once

#include <string>
#include <string_view>

#include "search/plan.h"

namespace vesta::search {

// Observation.code = http://loinc.org|8480-6 and chain subject → Patient (name starts with "smith"). Parameters are
// written with their type, but in a link, which names it. Nothing is cut: a plan has at most kMaxPlanNodes.
std::string to_text(const Plan& plan, const Registry& registry);
std::string to_text(const Leaf& leaf, const Registry& registry);

// The number of a decimal key: "-1.55", "1e31", "∞".
std::string decimal_text(DecimalKey key);
// A moment of a date range: "2020-01-31", "2020-01-31T10:00:00.5Z".
std::string moment_text(std::int64_t microseconds);

}  // namespace vesta::search
