// The operators of filters over the hierarchy and the properties of a code system.
#include "terminology/filter.h"

#include <algorithm>
#include <string>

#include "terminology/pattern.h"
#include "terminology/shorten.h"

namespace vesta::terminology {
namespace {

std::string describe(const CodeSystem& system, const Filter& filter) {
  return "The filter '" + shorten(filter.property) + " " + shorten(filter.op) + " " + shorten(filter.value) + "' on " +
         shorten(system.url());
}

// What a filter's property stands for.
struct Target {
  enum class Kind { code, display, parents, children, declared };
  Kind kind;
  std::size_t property = 0;      // declared: its number
  bool false_if_absent = false;  // declared: a boolean with this default
};

// `code` and `concept` are the concept itself; `display`, `parent` and `child` are there in every system.
// https://hl7.org/fhir/R4/codesystem.html#filters
Result<Target> find_target(const CodeSystem& system, const Filter& filter) {
  if (filter.property == "concept" || filter.property == "code") return Target{Target::Kind::code};
  const std::optional<std::size_t> number = system.find_property(filter.property);
  if (number) {
    const PropertyRole role = system.properties()[*number].role;
    if (role == PropertyRole::parent) return Target{Target::Kind::parents};
    if (role == PropertyRole::child) return Target{Target::Kind::children};
    return Target{Target::Kind::declared, *number, role != PropertyRole::plain};
  }
  if (filter.property == "display") return Target{Target::Kind::display};
  if (filter.property == "parent") return Target{Target::Kind::parents};
  if (filter.property == "child") return Target{Target::Kind::children};
  return make_error(Category::unsupported,
                    describe(system, filter) + " is not supported: the system declares no such property");
}

std::vector<std::string_view> values_of(const CodeSystem& system, const Target& target, ConceptId id) {
  std::vector<std::string_view> values;
  switch (target.kind) {
    case Target::Kind::code:
      return {system.concepts()[id].code};
    case Target::Kind::display:
      if (!system.concepts()[id].display.empty()) values.emplace_back(system.concepts()[id].display);
      return values;
    case Target::Kind::parents:
      for (const ConceptId parent : system.parents(id)) values.emplace_back(system.concepts()[parent].code);
      return values;
    case Target::Kind::children:
      for (const ConceptId child : system.children(id)) values.emplace_back(system.concepts()[child].code);
      return values;
    case Target::Kind::declared:
      values = system.property_values(id, target.property);
      if (values.empty() && target.false_if_absent) values.emplace_back("false");
      return values;
  }
  return values;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// The codes of `in` and `not-in`, separated by commas; sorted.
std::vector<std::string_view> split_list(std::string_view text) {
  std::vector<std::string_view> items;
  while (true) {
    const std::size_t comma = text.find(',');
    items.push_back(trim(text.substr(0, comma)));
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  std::sort(items.begin(), items.end());
  return items;
}

bool is_hierarchic(std::string_view op) {
  return op == "is-a" || op == "descendent-of" || op == "is-not-a" || op == "generalizes";
}

// https://hl7.org/fhir/R4/valueset-filter-operator.html
//   is-a: the code and all below it; descendent-of: without the code; is-not-a: all others;
//   generalizes: the code and all above it.
Result<Selection> select_by_hierarchy(const CodeSystem& system, const Filter& filter, const Target& target) {
  if (target.kind != Target::Kind::code) {
    return make_error(Category::unsupported,
                      describe(system, filter) + " is not supported: hierarchies are those of the property 'concept'");
  }
  const std::optional<ConceptId> id = system.find(filter.value);
  if (!id) {
    return make_error(Category::not_found, describe(system, filter) + " names a code that the system does not have");
  }
  const bool inverted = filter.op == "is-not-a";
  Selection selection(system.concepts().size(), inverted);
  for (const ConceptId found : filter.op == "generalizes" ? system.ancestors(*id) : system.descendants(*id)) {
    selection[found] = !inverted;
  }
  if (filter.op == "descendent-of") selection[*id] = false;
  return selection;
}

template <class Holds>
Selection select_where(const CodeSystem& system, const Target& target, const Holds& holds) {
  Selection selection(system.concepts().size());
  for (ConceptId id = 0; id < selection.size(); ++id) selection[id] = holds(values_of(system, target, id));
  return selection;
}

Result<Selection> select_by_pattern(const CodeSystem& system, const Filter& filter, const Target& target,
                                    StepBudget& budget) {
  VESTA_TRY(const Pattern pattern, Pattern::compile(filter.value));
  Selection selection(system.concepts().size());
  for (ConceptId id = 0; id < selection.size(); ++id) {
    for (const std::string_view value : values_of(system, target, id)) {
      VESTA_CHECK_OK(budget.spend(value.size() * pattern.cost()));
      if (pattern.matches(value)) selection[id] = true;
    }
  }
  return selection;
}

}  // namespace

Status StepBudget::spend(std::uint64_t steps) {
  if (steps > left_) {
    return make_error(Category::too_large,
                      "The value set takes more than " + std::to_string(limit_) + " steps to expand");
  }
  left_ -= steps;
  return kOk;
}

// https://hl7.org/fhir/R4/valueset-filter-operator.html
//   =: a value of the property is the given one; in: one of the list; not-in: none of its values is in the list (so a
//   concept without the property is in the result); regex: a value matches as a whole; exists: there is a value.
Result<Selection> select(const CodeSystem& system, const Filter& filter, StepBudget& budget) {
  VESTA_TRY(Target target, find_target(system, filter));
  VESTA_CHECK_OK(budget.spend(system.steps()));
  if (is_hierarchic(filter.op)) return select_by_hierarchy(system, filter, target);
  if (filter.op == "regex") return select_by_pattern(system, filter, target, budget);
  using Values = std::vector<std::string_view>;
  if (filter.op == "=") {
    return select_where(system, target, [&](const Values& values) {
      return std::find(values.begin(), values.end(), filter.value) != values.end();
    });
  }
  if (filter.op == "in" || filter.op == "not-in") {
    const Values list = split_list(filter.value);
    const bool inverted = filter.op == "not-in";
    return select_where(system, target, [&](const Values& values) {
      return inverted != std::any_of(values.begin(), values.end(), [&](std::string_view value) {
               return std::binary_search(list.begin(), list.end(), value);
             });
    });
  }
  if (filter.op == "exists") {
    if (filter.value != "true" && filter.value != "false") {
      return make_error(Category::invalid, describe(system, filter) + " must be true or false");
    }
    target.false_if_absent = false;
    return select_where(system, target,
                        [&](const Values& values) { return values.empty() == (filter.value == "false"); });
  }
  return make_error(Category::unsupported, describe(system, filter) + " has an operator that is not supported");
}

}  // namespace vesta::terminology
