// The syntax tree of a `_filter`. https://hl7.org/fhir/R4/search_filter.html
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "search/plan.h"

namespace vesta::search::filter {

inline constexpr std::size_t kMaxFilterBytes = 8192;
inline constexpr std::size_t kMaxFilterDepth = 16;  // of parentheses, brackets, and changes between and and or

enum class Operator : std::uint8_t { eq, ne, co, sw, ew, gt, lt, ge, le, ap, sa, eb, pr, po, ss, sb, in, ni, re };
std::string_view to_text(Operator op);

struct Expression;

// One name of a path: `subject`, `subject:Patient`, `_has:Observation:patient`, each with `[filter]`.
struct Segment {
  Plan::Kind kind = Plan::Kind::chain;  // or has
  std::string_view code;
  std::string_view type;
  std::unique_ptr<Expression> filter;  // null: none
};

// path operator value
struct Test {
  std::vector<Segment> steps;  // all but the last name of the path
  std::string_view last;
  Operator op = Operator::eq;
  std::string value;               // without quotes and escapes
  std::size_t value_position = 0;  // byte offset, for messages
};

// The views point into the text of the filter, which outlives the tree.
struct Expression {
  enum class Kind : std::uint8_t { and_, or_, not_, test };
  Kind kind = Kind::test;
  std::vector<std::unique_ptr<Expression>> children;  // and_, or_: two or more; not_: one
  Test test;                                          // kind == test
  std::size_t position = 0;                           // byte offset, for messages
  std::size_t depth = 1;
  std::string_view text;
};

}  // namespace vesta::search::filter
