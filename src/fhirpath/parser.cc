// The parser: precedence climbing for operators, recursive descent for the rest.
#include "fhirpath/parser.h"

#include <algorithm>
#include <array>
#include <utility>

#include "fhirpath/diagnostics.h"
#include "fhirpath/lexer.h"
#include "fhirpath/program.h"

namespace vesta::fhirpath {
namespace {

using SyntaxPtr = std::unique_ptr<Syntax>;

// The levels of the grammar's `expression` rule; a higher one binds tighter. All are left associative.
struct Operator {
  std::string_view spelling;
  int precedence;
};
constexpr int kUnionPrecedence = 7;
constexpr int kTypePrecedence = 8;
constexpr std::array<Operator, 13> kSymbolOperators = {{{"=", 5},
                                                        {"~", 5},
                                                        {"!=", 5},
                                                        {"!~", 5},
                                                        {"<=", 6},
                                                        {"<", 6},
                                                        {">", 6},
                                                        {">=", 6},
                                                        {"|", kUnionPrecedence},
                                                        {"+", 9},
                                                        {"-", 9},
                                                        {"&", 9},
                                                        {"*", 10}}};
constexpr std::array<Operator, 10> kWordOperators = {{{"implies", 1},
                                                      {"or", 2},
                                                      {"xor", 2},
                                                      {"and", 3},
                                                      {"in", 4},
                                                      {"contains", 4},
                                                      {"is", kTypePrecedence},
                                                      {"as", kTypePrecedence},
                                                      {"div", 10},
                                                      {"mod", 10}}};
constexpr std::array<std::string_view, 16> kCalendarUnits = {
    "year",  "month",  "week",  "day",  "hour",  "minute",  "second",  "millisecond",
    "years", "months", "weeks", "days", "hours", "minutes", "seconds", "milliseconds"};

// 0: not a binary operator.
int precedence_of(const Token& token) {
  if (token.kind == TokenKind::symbol) {
    if (token.text == "/") return 10;
    for (const Operator& candidate : kSymbolOperators) {
      if (candidate.spelling == token.text) return candidate.precedence;
    }
  } else if (token.kind == TokenKind::identifier) {
    for (const Operator& candidate : kWordOperators) {
      if (candidate.spelling == token.text) return candidate.precedence;
    }
  }
  return 0;
}

// Words that cannot be a first identifier without backticks: identifier allows as, is, contains and in only.
bool is_reserved(const std::string& word) {
  static constexpr std::array<std::string_view, 8> kReserved = {"and", "or",  "xor",  "implies",
                                                                "div", "mod", "true", "false"};
  return std::find(kReserved.begin(), kReserved.end(), word) != kReserved.end();
}

class Parser {
 public:
  Parser(std::string_view expression, std::vector<Token> tokens)
      : expression_(expression), tokens_(std::move(tokens)) {}

  Result<SyntaxPtr> run() {
    VESTA_TRY(SyntaxPtr tree, parse_expression(1));
    if (current().kind != TokenKind::end) return unexpected("an operator or the end");
    return tree;
  }

 private:
  const Token& current() const { return tokens_[at_]; }
  const Token& following() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  Token& take() { return tokens_[at_++]; }
  bool at_symbol(std::string_view spelling) const { return current().is(TokenKind::symbol, spelling); }
  Error error(std::size_t offset, std::string_view message) const {
    return expression_error(expression_, offset, message);
  }
  Error unexpected(std::string_view wanted) const {
    std::string found = current().kind == TokenKind::end ? "the end" : "'" + current().text + "'";
    return error(current().offset, "expected " + std::string(wanted) + ", found " + found);
  }
  Error too_deep(std::size_t offset) const {
    std::string message = "nested deeper than kMaxExpressionDepth (" + std::to_string(kMaxExpressionDepth) + ")";
    return expression_error(expression_, offset, message, kCodeTooCostly);
  }
  Status expect(std::string_view spelling) {
    if (!at_symbol(spelling)) return unexpected("'" + std::string(spelling) + "'");
    ++at_;
    return kOk;
  }

  static SyntaxPtr make(SyntaxKind kind, const Token& token, std::string text = {}) {
    auto node = std::make_unique<Syntax>();
    node->kind = kind;
    node->offset = token.offset;
    node->text = std::move(text);
    return node;
  }
  // Gives `node` its depth; every node with children passes here once they are complete.
  Result<SyntaxPtr> finish(SyntaxPtr node) {
    std::uint32_t below = node->focus ? node->focus->depth : 0;
    for (const SyntaxPtr& operand : node->operands) below = std::max(below, operand->depth);
    node->depth = below + 1;
    if (node->depth > kMaxExpressionDepth) return too_deep(node->offset);
    return node;
  }

  Result<SyntaxPtr> parse_expression(int minimum) {
    VESTA_TRY(SyntaxPtr left, parse_polarity());
    while (true) {
      int precedence = precedence_of(current());
      if (precedence == 0 || precedence < minimum) return left;
      Token& token = take();
      if (precedence == kTypePrecedence) {
        SyntaxPtr node = make(SyntaxKind::type, token, token.text);
        VESTA_TRY(node->type_name, parse_type_specifier());
        node->operands.push_back(std::move(left));
        VESTA_TRY(left, finish(std::move(node)));
        continue;
      }
      VESTA_TRY(SyntaxPtr right, parse_expression(precedence + 1));
      if (precedence == kUnionPrecedence && left->kind == SyntaxKind::unite) {
        left->operands.push_back(std::move(right));
        VESTA_TRY(left, finish(std::move(left)));
        continue;
      }
      SyntaxPtr node = make(precedence == kUnionPrecedence ? SyntaxKind::unite : SyntaxKind::binary, token, token.text);
      node->operands.push_back(std::move(left));
      node->operands.push_back(std::move(right));
      VESTA_TRY(left, finish(std::move(node)));
    }
  }

  // What is between brackets, or behind a sign: one level of the parser's own recursion.
  Result<SyntaxPtr> parse_nested(bool is_sign) {
    if (nesting_ >= kMaxExpressionDepth) return too_deep(current().offset);
    ++nesting_;
    Result<SyntaxPtr> inner = is_sign ? parse_polarity() : parse_expression(1);
    --nesting_;
    return inner;
  }

  Result<SyntaxPtr> parse_polarity() {
    if (!at_symbol("+") && !at_symbol("-")) return parse_postfix();
    Token& token = take();
    SyntaxPtr node = make(SyntaxKind::polarity, token, token.text);
    VESTA_TRY(SyntaxPtr operand, parse_nested(true));
    node->operands.push_back(std::move(operand));
    return finish(std::move(node));
  }

  Result<SyntaxPtr> parse_postfix() {
    VESTA_TRY(SyntaxPtr left, parse_term());
    while (true) {
      if (at_symbol(".")) {
        ++at_;
        VESTA_TRY(left, parse_invocation(std::move(left)));
      } else if (at_symbol("[")) {
        SyntaxPtr node = make(SyntaxKind::indexer, take());
        node->focus = std::move(left);
        VESTA_TRY(SyntaxPtr index, parse_nested(false));
        VESTA_CHECK_OK(expect("]"));
        node->operands.push_back(std::move(index));
        VESTA_TRY(left, finish(std::move(node)));
      } else {
        return left;
      }
    }
  }

  Result<SyntaxPtr> parse_term() {
    Token& token = tokens_[at_];
    switch (token.kind) {
      case TokenKind::string:
        ++at_;
        return make(SyntaxKind::string, token, std::move(token.text));
      case TokenKind::date:
        ++at_;
        return make(SyntaxKind::date, token, std::move(token.text));
      case TokenKind::date_time:
        ++at_;
        return make(SyntaxKind::date_time, token, std::move(token.text));
      case TokenKind::time:
        ++at_;
        return make(SyntaxKind::time, token, std::move(token.text));
      case TokenKind::number:
        return parse_number();
      case TokenKind::variable:
      case TokenKind::delimited_identifier:
        return parse_invocation(nullptr);
      case TokenKind::identifier:
        if (token.text == "true" || token.text == "false") {
          ++at_;
          return make(SyntaxKind::boolean, token, token.text);
        }
        if (is_reserved(token.text)) return unexpected("a term");
        return parse_invocation(nullptr);
      case TokenKind::symbol:
        return parse_symbol_term();
      case TokenKind::end:
        break;
    }
    return unexpected("a term");
  }

  // '(' expression ')', '{' '}' and '%' (identifier | STRING)
  Result<SyntaxPtr> parse_symbol_term() {
    if (at_symbol("(")) {
      ++at_;
      VESTA_TRY(SyntaxPtr inner, parse_nested(false));
      VESTA_CHECK_OK(expect(")"));
      return inner;
    }
    if (at_symbol("{")) {
      SyntaxPtr node = make(SyntaxKind::empty, take());
      VESTA_CHECK_OK(expect("}"));
      return node;
    }
    if (at_symbol("%")) {
      Token& sign = take();
      bool is_name = current().kind == TokenKind::identifier || current().kind == TokenKind::delimited_identifier ||
                     current().kind == TokenKind::string;
      if (!is_name) return unexpected("the name of a constant");
      return make(SyntaxKind::constant, sign, take().text);
    }
    return unexpected("a term");
  }

  // NUMBER, or a quantity: NUMBER unit
  Result<SyntaxPtr> parse_number() {
    Token& token = take();
    token.text.erase(0, std::min(token.text.find_first_not_of('0'), token.text.size()));  // 007 is the number 7
    if (token.text.empty() || token.text.front() == '.') token.text.insert(0, "0");
    bool is_integer = token.text.find('.') == std::string::npos;
    SyntaxPtr node = make(is_integer ? SyntaxKind::integer : SyntaxKind::decimal, token, token.text);
    const Token& unit = current();
    bool is_calendar = unit.kind == TokenKind::identifier &&
                       std::find(kCalendarUnits.begin(), kCalendarUnits.end(), unit.text) != kCalendarUnits.end();
    if (unit.kind == TokenKind::string || is_calendar) {
      node->kind = SyntaxKind::quantity;
      node->unit = is_calendar ? unit.text : "'" + unit.text + "'";
      ++at_;
    } else if (is_integer && (token.text.size() > 10 || std::stoll(token.text) > 2147483647)) {
      return error(token.offset, "an integer is at most 2147483647");
    }
    return node;
  }

  // identifier, function, $this, $index or $total; `focus` is what stands before the dot.
  //
  // DEVIATION: behind a dot every word is an identifier (Narrative.div), where the grammar wants backticks for
  // keywords.
  Result<SyntaxPtr> parse_invocation(SyntaxPtr focus) {
    Token& token = take();
    if (token.kind == TokenKind::variable) {
      if (focus) return error(token.offset, token.text + " cannot follow a dot");
      return make(SyntaxKind::variable, token, token.text);
    }
    if (token.kind != TokenKind::identifier && token.kind != TokenKind::delimited_identifier) {
      --at_;
      return unexpected("a name");
    }
    bool is_function = at_symbol("(");
    SyntaxPtr node = make(is_function ? SyntaxKind::function : SyntaxKind::member, token, token.text);
    node->focus = std::move(focus);
    if (is_function) {
      ++at_;
      while (!at_symbol(")")) {
        if (!node->operands.empty()) VESTA_CHECK_OK(expect(","));
        VESTA_TRY(SyntaxPtr argument, parse_nested(false));
        node->operands.push_back(std::move(argument));
      }
      ++at_;
    }
    return finish(std::move(node));
  }

  // qualifiedIdentifier: identifier ('.' identifier)*
  Result<std::vector<std::string>> parse_type_specifier() {
    std::vector<std::string> parts;
    while (true) {
      bool is_name = current().kind == TokenKind::delimited_identifier ||
                     (current().kind == TokenKind::identifier && !is_reserved(current().text));
      if (!is_name) return unexpected("the name of a type");
      parts.push_back(take().text);
      if (!at_symbol(".") || parts.size() > 1) return parts;
      // A type's name has at most a namespace; a member behind it needs parentheses, as the operator binds weaker.
      ++at_;
    }
  }

  std::string_view expression_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::size_t nesting_ = 0;
};

}  // namespace

Result<SyntaxPtr> parse(std::string_view expression) {
  if (expression.size() > kMaxExpressionBytes) {
    std::string message = "longer than kMaxExpressionBytes (" + std::to_string(kMaxExpressionBytes) + ")";
    return expression_error(expression, 0, message, kCodeTooLong);
  }
  VESTA_TRY(std::vector<Token> tokens, lex(expression));
  return Parser(expression, std::move(tokens)).run();
}

}  // namespace vesta::fhirpath
