// ElementTest: what a `_filter` asks of one element, by a name of its own: `relatesTo[code eq replaces].target re x`.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "search/chains.h"
#include "search/filter/expression.h"
#include "search/query_text.h"

namespace vesta::search::filter {

inline constexpr std::size_t kMaxElementTests = 64;  // combinations of what may hold for the two parts of an element

// One of the additional parameters of `_filter`. https://hl7.org/fhir/R4/search_filter.html#params
struct Element;

// The end of a path that is `name[filter].child operator value`: some one element satisfies the filter and the test. It
// is asked as a composite, whose components the children are.
class ElementTest : public Condition {
 public:
  // The first step of `test` that names an element and its filter. Null: none of R4's table is there.
  static const Segment* find(const Test& test);
  // `segment`: the one that `find` found in `test`. All outlive it.
  ElementTest(const ParseContext& context, const Test& test, const Segment& segment);

  std::string_view text() const override { return segment_.code; }
  bool knows(fhir::TypeId type) const override;
  // Errors: invalid; also for filters that are more than alternatives of tests: a composite has one value for each
  // component; and for a path that leads on from a part of the element.
  Result<Plan> plan(fhir::TypeId type) const override;

 private:
  struct Part {
    std::size_t component;
    Leaf leaf;
  };
  Result<std::vector<Part>> parts_of(fhir::TypeId type, const Expression& expression) const;
  Result<std::vector<Part>> parts_of(fhir::TypeId type, const Test& test) const;
  Error refuse(std::string_view why) const;

  const ParseContext& context_;
  const Test& test_;
  const Segment& segment_;
  const Element& element_;
};

}  // namespace vesta::search::filter
