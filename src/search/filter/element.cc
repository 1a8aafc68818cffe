// Makes composites of what is asked of one element.
#include "search/filter/element.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string>
#include <utility>

#include "search/combine.h"
#include "search/filter/comparison.h"

namespace vesta::search::filter {

struct Element {
  struct Child {
    std::string_view name, parameter;
  };
  std::string_view name;
  std::string_view composite;
  std::array<Child, 2> children;  // in the order of the composite's components
};

namespace {

// The rows of R4's table whose children are parameters that R4 has, each with the composite over the same elements.
// Those of Observation and ServiceRequest stand for parameters of earlier versions.
constexpr Element kElements[] = {
    {"characteristic", "characteristic-value", {{{"code", "characteristic"}, {"value", "value"}}}},
    {"relatesTo", "relationship", {{{"code", "relation"}, {"target", "relatesto"}}}},
};

const Element* element_of(const Segment& segment) {
  if (segment.kind != Plan::Kind::chain || segment.filter == nullptr || !segment.type.empty()) return nullptr;
  const auto found = std::ranges::find(kElements, segment.code, &Element::name);
  return found == std::end(kElements) ? nullptr : found;
}

}  // namespace

const Segment* ElementTest::find(const Test& test) {
  const auto found = std::ranges::find_if(test.steps, [](const Segment& step) { return element_of(step) != nullptr; });
  return found == test.steps.end() ? nullptr : &*found;
}

ElementTest::ElementTest(const ParseContext& context, const Test& test, const Segment& segment)
    : context_(context), test_(test), segment_(segment), element_(*element_of(segment)) {}

bool ElementTest::knows(fhir::TypeId type) const {
  const Registry& registry = context_.registry;
  const Parameter* composite = registry.find_core(type, element_.composite);
  return composite != nullptr && composite->components.size() == element_.children.size() &&
         std::ranges::all_of(element_.children, [&](const Element::Child& child) {
           const Parameter* core = registry.find_core(type, child.parameter);
           return core != nullptr && core == registry.find(type, child.parameter);  // no custom one in its place
         });
}

Result<Plan> ElementTest::plan(fhir::TypeId type) const {
  if (&segment_ != &test_.steps.back()) {
    return refuse("nothing can be asked behind its part '" + std::string((&segment_ + 1)->code) + "'");
  }
  const Parameter* composite = context_.registry.find_core(type, element_.composite);
  VESTA_TRY(const std::vector<Part> filtered, parts_of(type, *segment_.filter));
  VESTA_TRY(const std::vector<Part> tested, parts_of(type, test_));
  if (filtered.size() * tested.size() > kMaxElementTests) {
    return parameter_error("_filter", "too-costly",
                           "more than " + std::to_string(kMaxElementTests) + " alternatives for one element");
  }
  std::vector<Plan> either;
  for (const Part& left : filtered) {
    for (const Part& right : tested) {
      if (left.component == right.component) return refuse("the filter and what follows it test the same part");
      CompositeMatch match;
      for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
        match.components.push_back(left.component == i ? left.leaf : right.leaf);
        match.components.back().parameter = &context_.registry.parameter(composite->components[i]);
      }
      either.push_back(Plan::make_leaf({composite, std::move(match)}));
    }
  }
  return any_of(std::move(either));
}

Result<std::vector<ElementTest::Part>> ElementTest::parts_of(fhir::TypeId type, const Expression& expression) const {
  if (expression.kind == Expression::Kind::test) {
    if (!expression.test.steps.empty()) return refuse("a path leads away from it");
    return parts_of(type, expression.test);
  }
  if (expression.kind != Expression::Kind::or_) return refuse("its filter is one test, or tests joined by 'or'");
  std::vector<Part> parts;
  for (const auto& child : expression.children) {
    VESTA_TRY(std::vector<Part> more, parts_of(type, *child));
    std::ranges::move(more, std::back_inserter(parts));
  }
  return parts;
}

// The test of the parameter that the child stands for, which may be met in several ways (a reference, as relative and
// as absolute one).
Result<std::vector<ElementTest::Part>> ElementTest::parts_of(fhir::TypeId type, const Test& test) const {
  const auto child = std::ranges::find(element_.children, test.last, &Element::Child::name);
  if (child == element_.children.end()) {
    return refuse("it has the parts '" + std::string(element_.children[0].name) + "' and '" +
                  std::string(element_.children[1].name) + "', and no '" + std::string(test.last) + "'");
  }
  const auto component = static_cast<std::size_t>(child - element_.children.begin());
  const Test asked{{}, child->parameter, test.op, test.value};
  VESTA_TRY(Plan plan, Comparison(context_, asked, test.last).plan(type));
  std::vector<Part> parts;
  if (plan.kind == Plan::Kind::leaf) parts.push_back({component, std::move(plan.leaf)});
  if (plan.kind == Plan::Kind::or_) {
    for (Plan& each : plan.children) {
      if (each.kind == Plan::Kind::leaf) parts.push_back({component, std::move(each.leaf)});
    }
    if (parts.size() < plan.children.size()) parts.clear();
  }
  if (parts.empty()) return refuse("'" + std::string(to_text(test.op)) + "' cannot be asked of one element");
  return parts;
}

Error ElementTest::refuse(std::string_view why) const {
  return parameter_error("_filter", "not-supported", "'" + std::string(text()) + "': " + std::string(why));
}

}  // namespace vesta::search::filter
