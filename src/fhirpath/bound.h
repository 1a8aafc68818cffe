// The bound tree: what the binder makes of a syntax tree; names are ids, types are known, functions are pointers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "fhir/definitions.h"
#include "fhirpath/functions/functions.h"
#include "fhirpath/functions/pattern.h"
#include "fhirpath/program.h"
#include "fhirpath/static_type.h"

namespace vesta::fhirpath {

enum class Op : std::uint8_t {
  empty,       // nothing: `{}`, or a branch that cannot match the root's type
  literal,     // `literal`
  constant,    // `items`: what a part without context yielded when the expression was bound
  index,       // $index
  row_index,   // %rowIndex
  path,        // from operands[0], or from $this when there is none, through `steps`
  context,     // %context: the root of the evaluation
  resource,    // %resource, %rootResource
  unite,       // the operands, without duplicates
  indexer,     // operands[0][operands[1]]
  type_test,   // operands[0] is type
  type_cast,   // operands[0] as type
  total,       // $total
  variable,    // the variable in `slot`
  polarity,    // operands[0] with the other sign, or (`is_plus`) its own
  descending,  // of an argument of sort(): by operands[0], the greatest first
  binary,      // operands[0] `operation` operands[1]
  call,        // operands[0].function(operands[1], …)
};

enum class BinaryOp : std::uint8_t {
  equal,
  not_equal,
  less,
  less_or_equal,
  greater,
  greater_or_equal,
  in,
  contains,
  conjunction,
  disjunction,
  exclusive_disjunction,
  implication,
  concatenation,
  equivalent,
  not_equivalent,
  plus,  // from here on: arithmetic
  minus,
  times,
  divided_by,
  integer_division,
  modulo,
};

// One step of a path. Every step maps one item to any number of items, and keeps their order.
struct Step {
  enum class Kind : std::uint8_t {
    child,      // the children of that name
    of_type,    // the item, if it is of `type`
    with_text,  // the item, if its only child of that name is a string that equals `text`
    refers_to,  // the item, if it is a reference to a resource of `type`
    type_namespace,
    type_name,  // of what type() yields: the parts of the qualified name
  };
  Kind kind;
  fhir::NameId name = fhir::kNoName;
  TypeSpecifier type = {};
  std::string text = {};
};

// `literal.text` and the texts of `items` point into `text` of the same node, which is never copied or moved.
struct Bound {
  Op op = Op::empty;
  BinaryOp operation = BinaryOp::equal;
  std::uint32_t offset = 0;  // in the expression, for messages
  std::vector<std::unique_ptr<Bound>> operands;
  std::vector<Step> steps;
  TypeSpecifier type;  // of a type test or cast, and of a call whose argument is a type
  FunctionBody function = nullptr;
  bool is_plus = false;
  bool is_pure = false;  // of a call: constants make it one
  std::size_t slot = 0;  // of a variable, among those of the evaluation
  Item literal;
  Collection items;
  std::string text;
  std::unique_ptr<const Pattern> pattern;  // of a call: its first argument, a regular expression that is a literal
};

}  // namespace vesta::fhirpath
