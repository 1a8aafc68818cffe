// The functions of the language that are built: one table row each, bodies by family in the files beside this one.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"
#include "fhirpath/program.h"

namespace vesta::fhirpath {

class Evaluator;
struct Bound;
struct Scope;

// One call at run time. `call.operands` holds the focus first, then the arguments.
struct Call {
  const Bound& bound;
  const Scope& scope;       // of the call: what $this is outside of its arguments
  const Collection& input;  // the evaluated focus
};

// Appends the result to `out`, which is empty or holds what stands before it in a union.
using FunctionBody = Status (*)(Evaluator& evaluator, const Call& call, Collection& out);

// What $this is while an argument is evaluated.
enum class ArgumentScope : std::uint8_t {
  outer,          // what it is outside of the call: a value
  item,           // each item of the input in turn: criteria and projections
  yielded,        // the same, and each item that the argument yields
  input,          // the whole input
  resource_type,  // nothing: the argument is the type of a resource, in Bound::type
};

// The static type of a call.
enum class ResultType : std::uint8_t {
  boolean,
  integer,
  string,
  decimal,
  date,
  date_time,
  time,
  quantity,
  type_info,
  value,      // a value of some kind that the expression makes
  input,      // some of the input's items
  combined,   // items of the input and of the first argument
  argument,   // what the first argument yields
  branches,   // what the second or third argument yields
  arguments,  // what some argument yields
  children,   // anything
  extension,  // Extension
  resource,   // a resource of any type
};

// What the binder may do with a call whose focus and arguments are constants.
enum class Purity : std::uint8_t {
  pure,     // its result is a constant
  pattern,  // the same, and its first argument is a regular expression
  world,    // it asks the clock, services or variables, or tells of itself by trace()
};

struct Function {
  std::string_view name;
  std::uint8_t min_arguments;
  std::uint8_t max_arguments;
  ArgumentScope scope;
  ResultType result;
  FunctionBody body;
  Purity purity = Purity::pure;
};

// Sorted by name.
std::span<const Function> all_functions();
// null: not a function.
const Function* find_function(std::string_view name);

}  // namespace vesta::fhirpath
