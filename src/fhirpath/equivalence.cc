// Equivalence: strings without case and spaces, numbers at the lesser precision, elements by what they hold.
#include "fhirpath/equivalence.h"

#include <algorithm>
#include <string>

#include "fhirpath/arithmetic.h"
#include "fhirpath/letter_case.h"
#include "fhirpath/quantity.h"

namespace vesta::fhirpath {
namespace {

// Lower case, each run of white space one space.
std::string normalized(std::string_view text) {
  std::string out;
  for (const char c : lower_case(text)) {
    const bool is_space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (!is_space) {
      out += c;
    } else if (out.empty() || out.back() != ' ') {
      out += ' ';
    }
  }
  return out;
}

bool equivalent_numbers(std::string_view left, std::string_view right) {
  const std::size_t places = std::min(significant_places(left), significant_places(right));
  return round_to(left, places, Rounding::half_away_from_zero) ==
         round_to(right, places, Rounding::half_away_from_zero);
}

bool equivalent_values(Evaluator& evaluator, const Value& left, const Value& right) {
  if (is_number(left.kind) && is_number(right.kind)) return equivalent_numbers(left.text, right.text);
  if (left.kind == Item::Kind::quantity && right.kind == Item::Kind::quantity) {
    return equivalent_quantities(left, right);
  }
  if (left.kind == Item::Kind::string && right.kind == Item::Kind::string) {
    return normalized(left.text) == normalized(right.text);
  }
  return evaluator.equality().compare(left, right) == Order::equal;
}

Collection children_named(const fhir::Node& node, fhir::NameId name) {
  Collection found;
  for (const fhir::Node& child : node.children()) {
    if (child.name == name) found.push_back(node_item(child));
  }
  return found;
}

// The children of each name are equivalent; the ids of elements do not count.
bool equivalent_nodes(Evaluator& evaluator, const fhir::Node& left, const fhir::Node& right) {
  const fhir::NameId id = evaluator.environment().names.id;
  for (const fhir::Node* side : {&left, &right}) {
    for (const fhir::Node& child : side->children()) {
      if (child.name == id) continue;
      const Collection own = children_named(left, child.name);
      const Collection others = children_named(right, child.name);
      if (!evaluator.budget().spend(own.size() + others.size())) return false;
      if (!equivalent_collections(evaluator, own, others)) return false;
    }
  }
  return true;
}

bool equivalent_items(Evaluator& evaluator, const Item& left, const Item& right) {
  const std::size_t cost = 1 + (left.text.size() + right.text.size()) / 64;
  if (!evaluator.budget().spend(cost)) return false;
  const Environment& environment = evaluator.environment();
  const std::optional<Value> left_value = value_of(environment.definitions, environment.names, left);
  const std::optional<Value> right_value = value_of(environment.definitions, environment.names, right);
  if (left_value && right_value) return equivalent_values(evaluator, *left_value, *right_value);
  if (left_value || right_value) return false;
  if (left.node == nullptr || right.node == nullptr) return evaluator.equality().equal(left, right) == Truth::yes;
  return left.node == right.node || equivalent_nodes(evaluator, *left.node, *right.node);
}

}  // namespace

bool equivalent_collections(Evaluator& evaluator, const Collection& left, const Collection& right) {
  if (left.size() != right.size()) return false;
  Collection rest = right;
  for (const Item& item : left) {
    const auto found = std::find_if(
        rest.begin(), rest.end(), [&](const Item& candidate) { return equivalent_items(evaluator, item, candidate); });
    if (found == rest.end() || evaluator.budget().spent()) return false;
    rest.erase(found);
  }
  return true;
}

}  // namespace vesta::fhirpath
