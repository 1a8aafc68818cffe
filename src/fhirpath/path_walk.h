// PathWalk: from one item through the steps of a path.
#pragma once

#include <cstddef>
#include <span>

#include "base/result.h"
#include "fhirpath/bound.h"
#include "fhirpath/budget.h"
#include "fhirpath/evaluator.h"
#include "fhirpath/program.h"

namespace vesta::fhirpath {

// The walk of one path, depth first: that yields the items in the same order as step by step, and needs no collection
// between the steps. False from any function ends the walk: a limit is reached, and limit_error() says which.
class PathWalk {
 public:
  // Appends to `out`, until it has `limit` items.
  PathWalk(const Environment& environment, Budget& budget, std::size_t limit, Collection& out)
      : environment_(environment), budget_(budget), limit_(limit), out_(out) {}

  bool from(const Item& item, std::span<const Step> steps);

 private:
  bool yield(const Item& item);
  bool children(const fhir::Node& node, fhir::NameId name, std::span<const Step> rest);
  bool has_text(const Item& item, const Step& step) const;
  bool refers_to(const Item& item, const Step& step) const;

  const Environment& environment_;
  Budget& budget_;
  const std::size_t limit_;
  Collection& out_;
};

// kMaxSteps, if the budget is spent; else kMaxOutput.
Error limit_error(const Environment& environment, const Budget& budget, const Bound& at);

}  // namespace vesta::fhirpath
