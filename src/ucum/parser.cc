// Recursive descent over the bytes of a code.
#include "ucum/parser.h"

#include <string>

#include "base/decimal_text.h"

namespace vesta::ucum {
namespace {

// The characters of symbols outside square brackets: what has no meaning in the grammar.
bool is_symbol_character(char c) {
  return c > ' ' && c <= '~' && !is_digit(c) && std::string_view("\"()+-./={}[]").find(c) == std::string_view::npos;
}

class Parser {
 public:
  explicit Parser(std::string_view code) : code_(code) {}

  // main-term ::= "/" term | term
  Result<Term> parse() {
    Term term;
    if (code_.empty()) return term;
    term.begins_with_divide = accept('/');
    VESTA_CHECK_OK(parse_term(term.components, 0));
    if (term.begins_with_divide) term.components.front().joined_by = Component::Operator::divide;
    if (at_ < code_.size()) return unexpected();
    return term;
  }

 private:
  // term ::= component | term "." component | term "/" component
  Status parse_term(std::vector<Component>& components, int depth) {
    auto joined_by = Component::Operator::multiply;
    while (true) {
      components.emplace_back().joined_by = joined_by;
      VESTA_CHECK_OK(parse_component(components.back(), depth));
      if (accept('.')) {
        joined_by = Component::Operator::multiply;
      } else if (accept('/')) {
        joined_by = Component::Operator::divide;
      } else {
        return kOk;
      }
    }
  }

  // component ::= annotatable annotation | annotatable | annotation | factor | "(" term ")"
  // DEVIATION: a factor and a group may have an annotation too. 1{c} is in the official functional tests, and
  // U/(10.g){feces} among the common codes of UCUM and FHIR.
  Status parse_component(Component& component, int depth) {
    if (at_ == code_.size()) return error(at_, "a unit is missing at the end");
    const char first = code_[at_];
    if (first == '{') {
      component.kind = Component::Kind::annotation;
      VESTA_CHECK_OK(parse_annotation(component));
      if (at_ < code_.size() && !is_end_of_component()) {
        return error(at_, "an annotation stands behind its unit, not before it");
      }
      return kOk;
    }
    if (first == '(') {
      VESTA_CHECK_OK(parse_group(component, depth));
    } else if (is_digit(first)) {
      VESTA_CHECK_OK(parse_number(component));
    } else {
      VESTA_CHECK_OK(parse_unit(component));
    }
    if (at_ < code_.size() && code_[at_] == '{') VESTA_CHECK_OK(parse_annotation(component));
    return kOk;
  }

  Status parse_group(Component& component, int depth) {
    const std::size_t start = at_;
    if (depth == kMaxGroupDepth) {
      return error(start, "parentheses go deeper than " + std::to_string(kMaxGroupDepth), Category::too_large);
    }
    accept('(');
    component.kind = Component::Kind::group;
    VESTA_CHECK_OK(parse_term(component.group, depth + 1));
    if (accept(')')) return kOk;
    return at_ < code_.size() ? unexpected() : error(start, "this parenthesis is not closed");
  }

  // annotation ::= "{" ANNOTATION-STRING "}": printable ASCII without braces.
  Status parse_annotation(Component& component) {
    const std::size_t start = at_++;
    while (at_ < code_.size() && code_[at_] != '}') {
      if (code_[at_] < ' ' || code_[at_] > '~') return error(at_, "an annotation holds printable ASCII only");
      if (code_[at_] == '{') return error(at_, "an annotation holds no further brace");
      ++at_;
    }
    if (at_ == code_.size()) return error(start, "this annotation is not closed");
    ++at_;
    component.annotation = code_.substr(start, at_ - start);
    return kOk;
  }

  // A factor, or one of the two units that begin with digits: 10* and 10^.
  Status parse_number(Component& component) {
    const std::size_t start = at_;
    while (at_ < code_.size() && is_digit(code_[at_])) ++at_;
    const std::string_view digits = code_.substr(start, at_ - start);
    if (digits == "10" && at_ < code_.size() && (code_[at_] == '*' || code_[at_] == '^')) {
      component.unit = find_unit(code_.substr(start, ++at_ - start));
      return parse_exponent(component);
    }
    if (digits.find_first_not_of('0') == std::string_view::npos) return error(start, "a factor is greater than 0");
    component.kind = Component::Kind::factor;
    component.digits = digits.substr(digits.find_first_not_of('0'));
    if (at_ < code_.size() && code_[at_] != '{' && !is_end_of_component()) {
      return error(at_, "a number is joined to what follows by '.' or '/'");
    }
    return kOk;
  }

  // simple-unit ::= ATOM-SYMBOL | PREFIX-SYMBOL ATOM-SYMBOL[metric]; annotatable ::= simple-unit [exponent]
  Status parse_unit(Component& component) {
    const std::size_t start = at_;
    while (at_ < code_.size() && (code_[at_] == '[' || is_symbol_character(code_[at_]))) {
      if (code_[at_] != '[') {
        ++at_;
        continue;
      }
      const std::size_t close = code_.find(']', at_);
      if (close == std::string_view::npos) return error(at_, "this bracket is not closed");
      at_ = close + 1;
    }
    if (at_ == start) return unexpected();
    VESTA_CHECK_OK(resolve(code_.substr(start, at_ - start), start, component));
    return parse_exponent(component);
  }

  Status resolve(std::string_view symbol, std::size_t start, Component& component) {
    component.unit = find_unit(symbol);
    if (component.unit != nullptr) return kOk;
    bool is_prefixed = false;
    // The generator has made sure that no symbol has two readings.
    for (std::size_t length = 1; length <= 2 && length < symbol.size(); ++length) {
      component.prefix = find_prefix(symbol.substr(0, length));
      component.unit = component.prefix != nullptr ? find_unit(symbol.substr(length)) : nullptr;
      if (component.unit != nullptr && component.unit->is_metric) return kOk;
      is_prefixed = is_prefixed || component.unit != nullptr;
    }
    return error(start, is_prefixed ? "the unit in '" + printable(symbol) + "' takes no prefix"
                                    : "'" + printable(symbol) + "' is no unit");
  }

  // exponent ::= [sign] digits
  Status parse_exponent(Component& component) {
    const std::size_t start = at_;
    const bool is_negative = at_ < code_.size() && code_[at_] == '-';
    if (is_negative || (at_ < code_.size() && code_[at_] == '+')) ++at_;
    const std::size_t first = at_;
    int value = 0;
    while (at_ < code_.size() && is_digit(code_[at_])) {
      value = value * 10 + (code_[at_++] - '0');
      if (value > kMaxUnitExponent) {
        return error(start, "the exponent is beyond " + std::to_string(kMaxUnitExponent), Category::too_large);
      }
    }
    if (at_ == first) return first == start ? Status(kOk) : error(start, "a sign stands before an exponent's digits");
    if (at_ < code_.size() && code_[at_] != '{' && !is_end_of_component()) {
      return error(at_, "an exponent ends its unit");
    }
    component.has_exponent = true;
    component.exponent = is_negative ? -value : value;
    return kOk;
  }

  bool is_end_of_component() const { return code_[at_] == '.' || code_[at_] == '/' || code_[at_] == ')'; }

  bool accept(char c) {
    if (at_ == code_.size() || code_[at_] != c) return false;
    ++at_;
    return true;
  }

  Error unexpected() const { return error(at_, "'" + printable(code_.substr(at_, 1)) + "' is not expected"); }

  static std::string printable(std::string_view text) {
    std::string out;
    for (char c : text) out += c >= ' ' && c <= '~' ? c : '?';
    return out;
  }

  Error error(std::size_t at, std::string_view what, Category category = Category::invalid) const {
    std::string message = "unit '" + printable(code_) + "', column " + std::to_string(at + 1) + ": ";
    return make_error(category, message.append(what));
  }

  std::string_view code_;
  std::size_t at_ = 0;
};

}  // namespace

Result<Term> parse(std::string_view code) {
  if (code.size() > kMaxCodeLength) {
    return make_error(Category::too_large, "a unit of more than " + std::to_string(kMaxCodeLength) + " bytes");
  }
  return Parser(code).parse();
}

}  // namespace vesta::ucum
