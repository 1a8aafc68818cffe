// The syntax tree: what the parser makes of an expression, before any name has a meaning.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace vesta::fhirpath {

enum class SyntaxKind : std::uint8_t {
  empty,  // {}
  boolean,
  string,
  integer,
  decimal,
  date,
  date_time,
  time,      // literals: `text`
  quantity,  // `text` and `unit`
  variable,  // $this, $index, $total: `text`
  constant,  // %name: `text` without %
  member,    // focus.text, or a first identifier
  function,  // focus.text(operands), or a first function
  indexer,   // focus[operands[0]]
  polarity,  // +operands[0] or -operands[0]: `text`
  binary,    // operands[0] text operands[1]
  unite,     // operands[0] | operands[1] | …: one node for a chain, so that long unions are not deep
  type,      // operands[0] is/as type: `text` is the operator, `type_name` the specifier
};

struct Syntax {
  SyntaxKind kind;
  std::uint32_t offset = 0;  // in the expression: of the identifier, literal or operator
  std::uint32_t depth = 1;   // levels of this tree
  std::string text;
  std::string unit;  // of a quantity: a UCUM code in quotes ('mg') or a calendar word (days)
  std::vector<std::string> type_name;
  std::unique_ptr<Syntax> focus;  // what stands before the dot or bracket; null for a first member or function
  std::vector<std::unique_ptr<Syntax>> operands;
};

}  // namespace vesta::fhirpath
