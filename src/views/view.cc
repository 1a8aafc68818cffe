// View: its plan, from outside.
#include "views/view.h"

#include <utility>

#include "views/plan.h"

namespace vesta::views {

View::View(std::unique_ptr<Plan> plan) : plan_(std::move(plan)) {}
View::~View() = default;

const std::string& View::name() const {
  return plan_->name;
}

fhir::TypeId View::resource_type() const {
  return plan_->type;
}

std::span<const OutputColumn> View::columns() const {
  return plan_->columns;
}

}  // namespace vesta::views
