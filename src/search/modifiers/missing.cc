// `:missing`: whether a resource has a value for the parameter. https://hl7.org/fhir/R4/search.html#modifiers
#include "search/modifiers/modifiers.h"

namespace vesta::search::modifiers {

// "gender:missing=true will return all the resources that don't have a value for the gender parameter". An element of
// extensions alone has no value; one that the parameter cannot be compared with (a quantity without a number) has.
Result<Plan> parse_missing(const ValueText& value) {
  if (value.text != "true" && value.text != "false") return params::bad_value(value, "true or false");
  Plan present = Plan::make_leaf({value.parameter, PresentMatch{}});
  if (value.text == "false") return present;
  std::vector<Plan> children;
  children.push_back(std::move(present));
  return Plan::make(Plan::Kind::not_, std::move(children));
}

}  // namespace vesta::search::modifiers
