// The evaluator: runs a bound tree on one resource.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "fhir/definitions.h"
#include "fhir/node.h"
#include "fhirpath/bound.h"
#include "fhirpath/budget.h"
#include "fhirpath/equality.h"
#include "fhirpath/names.h"
#include "fhirpath/program.h"

namespace vesta::fhirpath {

// What $this, $index and $total are.
struct Scope {
  Item self;
  std::int64_t index = 0;
  const Collection* total = nullptr;  // $total; null outside of aggregate()
  const Collection* all = nullptr;    // $this where it is a whole collection, instead of `self`

  // The scope of an argument that is evaluated for `item`.
  Scope at(const Item& item, std::int64_t item_index) const { return {item, item_index, total, nullptr}; }
};

// What one evaluation stands on; all of it is borrowed and outlives the evaluator.
struct Environment {
  const fhir::Definitions& definitions;
  const Names& names;
  std::string_view expression;          // for messages
  const fhir::Node& context;            // %context
  const fhir::Node& resource;           // %resource
  fhir::Arena& arena;                   // texts and scratch
  Clock* clock;                         // null: none was given
  Services* services;                   // null: none were given
  std::int64_t row_index = 0;           // %rowIndex
  Dialect dialect = Dialect::standard;  // that the expression was compiled in
};

// One evaluation, one thread. Functions and operators are handed it to evaluate their arguments.
class Evaluator {
 public:
  // `out` is the collection that the program's result is appended to; what it holds before does not count as output.
  Evaluator(const Environment& environment, const Collection& out, std::size_t max_steps = kMaxSteps);

  const Environment& environment() const { return environment_; }
  const Equality& equality() const { return equality_; }

  // Appends what `bound` yields to `out`.
  Status run(const Bound& bound, const Scope& scope, Collection& out);
  // Appends one item; an error beyond kMaxOutput.
  Status push(const Bound& at, const Item& item, Collection& out);
  // Counts steps; an error beyond kMaxSteps.
  Status spend(const Bound& at, std::size_t steps = 1);
  // Appends the items of one step from `item`.
  Status walk(const Bound& at, const Item& item, std::span<const Step> steps, Collection& out);

  // The boolean that a collection stands for: nullopt when empty, true for a single item that is no boolean.
  // https://hl7.org/fhirpath/N1/#singleton-evaluation-of-collections
  Result<std::optional<bool>> truth(const Bound& at, const Collection& collection) const;
  // The only value of a collection; nullopt when empty; an error when there are several, or an element with structure.
  Result<std::optional<Value>> single_value(const Bound& at, const Collection& collection) const;
  // As single_value, and an error if it is not of that kind.
  Result<std::optional<Value>> single_value(const Bound& at, const Collection& collection, Item::Kind kind) const;
  // The truth of `criteria` for one item; `outer` is the scope of the call.
  Result<std::optional<bool>> test(const Bound& criteria, const Scope& outer, const Item& item, std::int64_t index);
  // As single_value of what an argument yields.
  Result<std::optional<Value>> argument(const Call& call, std::size_t number, Item::Kind kind);

  Budget& budget() { return budget_; }
  // A value with a text of its own, which is copied into the arena.
  Item text_item(Item::Kind kind, std::string_view text) const;
  // Appends a computed value; nothing where there is none, or where it is beyond the Integers.
  Status push_computed(const Bound& at, Item::Kind kind, const std::optional<std::string>& text, Collection& out);
  // The time of this evaluation, the same at each call. An error without a clock.
  Result<Instant> now(const Bound& at);
  void set_variable(std::size_t slot, Collection items);

  Error error(const Bound& at, std::string_view message) const;

 private:
  Status run_path(const Bound& bound, const Scope& scope, Collection& out);
  Status run_type_test(const Bound& bound, const Scope& scope, Collection& out);
  Status run_union(const Bound& bound, const Scope& scope, Collection& out);
  Status run_indexer(const Bound& bound, const Scope& scope, Collection& out);
  Status run_call(const Bound& bound, const Scope& scope, Collection& out);
  Status run_type_cast(const Bound& bound, const Scope& scope, Collection& out);
  Status run_polarity(const Bound& bound, const Scope& scope, Collection& out);
  Status push_all(const Bound& at, const Collection& items, Collection& out);
  Status limit_status(const Bound& at) const;
  std::size_t output_limit(const Collection& out) const;

  const Environment& environment_;
  const Collection* const program_output_;
  const std::size_t program_output_begin_;
  Budget budget_;
  Equality equality_;
  std::optional<Instant> now_;
  std::vector<Collection> variables_;  // by slot
};

}  // namespace vesta::fhirpath
