// Recursive descent over the grammar of https://hl7.org/fhir/R4/search_filter.html, with what the grammar leaves out:
// parentheses without `not`, paths without a filter, and types in a path (`subject:Patient.name`).
#include "search/filter/parser.h"

#include <algorithm>
#include <array>
#include <utility>

#include "search/chains.h"
#include "search/filter/lexer.h"

namespace vesta::search::filter {
namespace {

using ExpressionPtr = std::unique_ptr<Expression>;
using Kind = Expression::Kind;

constexpr std::array<std::string_view, 19> kOperators = {"eq", "ne", "co", "sw", "ew", "gt", "lt", "ge", "le", "ap",
                                                         "sa", "eb", "pr", "po", "ss", "sb", "in", "ni", "re"};

class Parser {
 public:
  explicit Parser(std::string_view text) : lexer_(text) {}

  Result<ExpressionPtr> run() {
    VESTA_TRY(ExpressionPtr root, filter(1));
    if (!lexer_.at_end()) return lexer_.error("'and', 'or' or the end is expected");
    return root;
  }

 private:
  // logExp: "evaluated left to right, with no precedence between and and or".
  Result<ExpressionPtr> filter(std::size_t depth) {
    if (depth > kMaxFilterDepth) return too_deep();
    lexer_.skip_spaces();
    const std::size_t begin = lexer_.position();
    VESTA_TRY(ExpressionPtr left, operand(depth));
    while (true) {
      lexer_.skip_spaces();
      Kind kind = Kind::and_;
      if (lexer_.take_keyword("or")) {
        kind = Kind::or_;
      } else if (!lexer_.take_keyword("and")) {
        return left;
      }
      lexer_.skip_spaces();
      VESTA_TRY(ExpressionPtr right, operand(depth));
      if (left->kind != kind) left = node(kind, std::move(left), begin);
      left->depth = std::max(left->depth, right->depth + 1);
      left->children.push_back(std::move(right));
      left->text = lexer_.since(begin);
      if (left->depth > kMaxFilterDepth) return too_deep();
    }
  }

  // paramExp / ("not")? "(" filter ")"
  Result<ExpressionPtr> operand(std::size_t depth) {
    const std::size_t begin = lexer_.position();
    const bool is_negated = lexer_.take_keyword("not");
    if (is_negated) lexer_.skip_spaces();
    if (!lexer_.take('(')) {
      if (is_negated) return lexer_.error("'(' is expected after 'not'");
      return test(depth);
    }
    VESTA_TRY(ExpressionPtr inner, filter(depth + 1));
    if (!lexer_.take(')')) return lexer_.error("')' is expected");
    if (!is_negated) return inner;
    inner = node(Kind::not_, std::move(inner), begin);
    if (inner->depth > kMaxFilterDepth) return too_deep();
    return inner;
  }

  ExpressionPtr node(Kind kind, ExpressionPtr child, std::size_t begin) const {
    auto made = std::make_unique<Expression>();
    made->kind = kind;
    made->position = begin;
    made->depth = child->depth + 1;
    made->text = lexer_.since(begin);
    made->children.push_back(std::move(child));
    return made;
  }

  // paramPath SP compareOp SP compValue
  Result<ExpressionPtr> test(std::size_t depth) {
    auto made = std::make_unique<Expression>();
    made->position = lexer_.position();
    VESTA_CHECK_OK(path(made->test, depth));
    for (const Segment& step : made->test.steps) {
      if (step.filter != nullptr) made->depth = std::max(made->depth, step.filter->depth + 1);
    }
    if (made->depth > kMaxFilterDepth) return too_deep();
    if (!lexer_.skip_spaces()) return lexer_.error("a space and an operator are expected");
    const std::size_t op_at = lexer_.position();
    const auto op = std::ranges::find(kOperators, lexer_.take_name());
    if (op == kOperators.end()) return lexer_.error("an operator is expected: eq, ne, co, sw, ew, gt …", op_at);
    made->test.op = static_cast<Operator>(op - kOperators.begin());
    if (!lexer_.skip_spaces()) return lexer_.error("a space and a value are expected");
    made->test.value_position = lexer_.position();
    VESTA_TRY(made->test.value, lexer_.take_value());
    made->text = lexer_.since(made->position);
    return made;
  }

  // paramName (":" Type)? ("[" filter "]")? "." paramPath, or `_has:Type:name` ("[" filter "]")? ":" paramPath
  Status path(Test& test, std::size_t depth) {
    while (true) {
      Segment segment;
      const std::size_t begin = lexer_.position();
      segment.code = lexer_.take_name();
      if (segment.code.empty()) return lexer_.error("the name of a parameter is expected");
      if (segment.code == "_has") {
        VESTA_CHECK_OK(has(segment, depth));
      } else {
        const bool is_typed = lexer_.take(':');
        if (is_typed) segment.type = lexer_.take_name();
        if (is_typed && segment.type.empty()) return lexer_.error("the name of a resource type is expected");
        VESTA_CHECK_OK(bracket(segment, depth));
        if (!lexer_.take('.')) {
          if (is_typed) return lexer_.error("':' and a type stand before '.' only", begin);
          if (segment.filter != nullptr) return lexer_.error("'.' and a name are expected after ']'");
          test.last = segment.code;
          return kOk;
        }
      }
      if (test.steps.size() == kMaxChainDepth) {
        return parameter_error("_filter", "too-costly",
                               "a chain of more than " + std::to_string(kMaxChainDepth) + " steps at character " +
                                   std::to_string(lexer_.character()));
      }
      test.steps.push_back(std::move(segment));
    }
  }

  Status has(Segment& segment, std::size_t depth) {
    segment.kind = Plan::Kind::has;
    if (lexer_.take(':')) segment.type = lexer_.take_name();
    segment.code = {};
    if (!segment.type.empty() && lexer_.take(':')) segment.code = lexer_.take_name();
    if (!segment.code.empty()) VESTA_CHECK_OK(bracket(segment, depth));
    if (segment.code.empty() || !lexer_.take(':')) {
      return lexer_.error("'_has' is written _has:[type]:[reference parameter]:[parameter]");
    }
    return kOk;
  }

  Status bracket(Segment& segment, std::size_t depth) {
    if (!lexer_.take('[')) return kOk;
    VESTA_TRY(segment.filter, filter(depth + 1));
    if (!lexer_.take(']')) return lexer_.error("']' is expected");
    return kOk;
  }

  Error too_deep() const {
    return parameter_error("_filter", "too-costly",
                           "nested more than " + std::to_string(kMaxFilterDepth) + " deep at character " +
                               std::to_string(lexer_.character()));
  }

  Lexer lexer_;
};

}  // namespace

std::string_view to_text(Operator op) {
  return kOperators[static_cast<std::size_t>(op)];
}

Result<ExpressionPtr> parse(std::string_view text) {
  if (text.size() > kMaxFilterBytes) {
    return parameter_error("_filter", "too-long", "longer than " + std::to_string(kMaxFilterBytes) + " bytes");
  }
  return Parser(text).run();
}

}  // namespace vesta::search::filter
