// Trees held against trees.
#include "validate/values.h"

#include <algorithm>

namespace vesta::validate {
namespace {

bool has_same_value(const fhir::Node& one, const fhir::Node& other) {
  return one.has_value == other.has_value && one.value == other.value;
}

}  // namespace

bool is_exactly(const fhir::Node& element, const fhir::Node& fixed) {
  if (element.type != fixed.type || !has_same_value(element, fixed)) return false;
  const fhir::Node* own = element.first_child;
  const fhir::Node* wanted = fixed.first_child;
  for (; own != nullptr && wanted != nullptr; own = own->next, wanted = wanted->next) {
    if (own->name != wanted->name || !is_exactly(*own, *wanted)) return false;
  }
  return own == nullptr && wanted == nullptr;
}

bool fits_pattern(const fhir::Node& element, const fhir::Node& pattern) {
  if (element.type != pattern.type || (pattern.has_value && !has_same_value(element, pattern))) return false;
  const auto is_there = [&](const fhir::Node& wanted) {
    for (const fhir::Node& own : element.children()) {
      if (own.name == wanted.name && fits_pattern(own, wanted)) return true;
    }
    return false;
  };
  for (const fhir::Node& wanted : pattern.children()) {
    if (!is_there(wanted)) return false;
  }
  return true;
}

}  // namespace vesta::validate
