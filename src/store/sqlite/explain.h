// Explain: the steps that a search really took, as a tree.
#pragma once

#include "search/explanation.h"
#include "store/sqlite/catalog.h"
#include "store/sqlite/plan_node.h"

namespace vesta::store::sqlite {

inline constexpr std::size_t kMaxStepBytes = 300;  // of one step's description; what is longer is cut

// The node and what is below it, in the order in which it ran: of an And, who drives first.
search::PlanStep explain_node(const Catalog& catalog, const PlanNode& node);

}  // namespace vesta::store::sqlite
