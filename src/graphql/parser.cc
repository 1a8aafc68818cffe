// Recursive descent over the tokens. https://spec.graphql.org/October2021/#sec-Appendix-Grammar-Summary.Document-Syntax
#include "graphql/parser.h"

#include <utility>

#include "graphql/lexer.h"
#include "graphql/limits.h"

namespace vesta::graphql {
namespace {

// After a problem every step returns at once; the first problem counts.
class Parser {
 public:
  Parser(std::string_view text, const std::vector<Token>& tokens) : text_(text), tokens_(tokens) {}

  std::variant<Document, Problem> run() {
    Document document;
    do {
      definition(document);
    } while (!problem_ && !at_end());
    if (problem_) return std::move(*problem_);
    return document;
  }

 private:
  const Token& token() const { return tokens_[at_]; }
  bool at_end() const { return token().kind == TokenKind::end; }
  std::uint32_t offset() const { return token().offset; }

  void fail(const Token& at, std::string_view wanted) {
    if (problem_) return;
    const std::string found = at.kind == TokenKind::end      ? "the end of the document"
                              : at.kind == TokenKind::string ? "a string"
                                                             : "'" + at.text.substr(0, 64) + "'";
    problem_ = Problem{"Syntax error: " + std::string(wanted) + " is wanted here, and not " + found + ".",
                       Category::invalid, "structure"};
    problem_->locations.push_back(locate(text_, at.offset));
  }

  void over(std::uint32_t offset, std::string_view name, std::size_t limit, std::string_view what) {
    problem_ = over_limit(name, limit, what);
    problem_->locations.push_back(locate(text_, offset));
  }

  bool take(std::string_view punctuator) {
    if (problem_ || !token().is(punctuator)) return false;
    ++at_;
    return true;
  }
  void expect(std::string_view punctuator) {
    if (!take(punctuator)) fail(token(), "'" + std::string(punctuator) + "'");
  }
  std::string name(std::string_view wanted) {
    if (problem_ || token().kind != TokenKind::name) {
      fail(token(), wanted);
      return {};
    }
    return tokens_[at_++].text;
  }

  // One level deeper for as long as it lives.
  class Level {
   public:
    explicit Level(Parser& parser) : parser_(parser) {
      if (++parser_.depth_ <= kMaxDepth || parser_.problem_) return;
      parser_.over(parser_.offset(), "kMaxDepth", kMaxDepth, "levels of a document");
    }
    ~Level() { --parser_.depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    Parser& parser_;
  };

  void definition(Document& document) {
    if (token().is_word("fragment")) {
      document.fragments.push_back(fragment());
      if (document.fragments.size() > kMaxFragments && !problem_) {
        over(document.fragments.back().offset, "kMaxFragments", kMaxFragments, "fragments of a document");
      }
      return;
    }
    document.operations.push_back(operation());
  }

  Operation operation() {
    Operation operation;
    operation.offset = offset();
    if (!token().is("{")) {
      const Token& at = token();
      const std::string word = name("an operation, a fragment or '{'");
      if (word == "mutation") {
        operation.kind = Operation::Kind::mutation;
      } else if (word == "subscription") {
        operation.kind = Operation::Kind::subscription;
      } else if (word != "query") {
        fail(at, "query, fragment or '{'");
      }
      if (token().kind == TokenKind::name) operation.name = name("a name");
      variable_definitions(operation);
      operation.directives = directives();
    }
    operation.selections = selection_set();
    return operation;
  }

  void variable_definitions(Operation& operation) {
    if (!take("(")) return;
    do {
      VariableDefinition variable;
      variable.offset = offset();
      expect("$");
      variable.name = name("the name of a variable");
      expect(":");
      variable.type = type();
      if (take("=")) variable.default_value = value();
      variable.directives = directives();
      operation.variables.push_back(std::move(variable));
      if (operation.variables.size() > kMaxVariables && !problem_) {
        over(operation.variables.back().offset, "kMaxVariables", kMaxVariables, "variables of an operation");
      }
    } while (!problem_ && !token().is(")"));
    expect(")");
  }

  // https://spec.graphql.org/October2021/#sec-Type-References
  std::string type() {
    const Level level(*this);
    if (problem_) return {};
    std::string text;
    if (take("[")) {
      text = "[" + type() + "]";
      expect("]");
    } else {
      text = name("a type");
    }
    if (take("!")) text += "!";
    return text;
  }

  Fragment fragment() {
    Fragment fragment;
    fragment.offset = offset();
    ++at_;
    if (token().is_word("on")) fail(token(), "the name of a fragment");
    fragment.name = name("the name of a fragment");
    fragment.type_condition = type_condition();
    fragment.directives = directives();
    fragment.selections = selection_set();
    return fragment;
  }

  std::string type_condition() {
    if (!token().is_word("on")) fail(token(), "'on'");
    if (problem_) return {};
    ++at_;
    return name("a type");
  }

  std::vector<Selection> selection_set() {
    const Level level(*this);
    std::vector<Selection> selections;
    expect("{");
    while (!problem_) {
      selections.push_back(selection());
      if (take("}")) break;
    }
    return selections;
  }

  Selection selection() {
    Selection selection;
    selection.offset = offset();
    if (take("...")) {
      fragment_selection(selection);
      return selection;
    }
    selection.name = name("a field");
    selection.alias = selection.name;
    if (take(":")) selection.name = name("a field");
    if (token().is("(")) selection.arguments = arguments();
    selection.directives = directives();
    if (token().is("{")) selection.selections = selection_set();
    return selection;
  }

  void fragment_selection(Selection& selection) {
    if (token().kind == TokenKind::name && !token().is_word("on")) {
      selection.kind = Selection::Kind::spread;
      selection.name = name("the name of a fragment");
      selection.directives = directives();
      return;
    }
    selection.kind = Selection::Kind::inline_fragment;
    if (token().is_word("on")) selection.name = type_condition();
    selection.directives = directives();
    selection.selections = selection_set();
  }

  std::vector<Argument> arguments() {
    std::vector<Argument> arguments;
    expect("(");
    do {
      Argument argument;
      argument.offset = offset();
      argument.name = name("an argument");
      expect(":");
      argument.value = value();
      arguments.push_back(std::move(argument));
    } while (!problem_ && !token().is(")"));
    expect(")");
    return arguments;
  }

  std::vector<Directive> directives() {
    std::vector<Directive> directives;
    while (token().is("@") && !problem_) {
      Directive directive;
      directive.offset = offset();
      ++at_;
      directive.name = name("the name of a directive");
      if (token().is("(")) directive.arguments = arguments();
      directives.push_back(std::move(directive));
    }
    return directives;
  }

  Value value() {
    const Level level(*this);
    Value value;
    value.offset = offset();
    if (problem_) return value;
    if (take("$")) {
      value.kind = Value::Kind::variable;
      value.text = name("the name of a variable");
    } else if (take("[")) {
      value.kind = Value::Kind::list;
      while (!problem_ && !take("]")) value.items.push_back(this->value());
    } else if (take("{")) {
      value.kind = Value::Kind::object;
      while (!problem_ && !take("}")) {
        value.names.push_back(name("a field of an object"));
        expect(":");
        value.items.push_back(this->value());
      }
    } else {
      scalar(value);
    }
    return value;
  }

  void scalar(Value& value) {
    const Token& at = token();
    switch (at.kind) {
      case TokenKind::integer:
        value.kind = Value::Kind::integer;
        break;
      case TokenKind::decimal:
        value.kind = Value::Kind::decimal;
        break;
      case TokenKind::string:
        value.kind = Value::Kind::string;
        break;
      case TokenKind::name:
        value.kind = at.text == "null"                         ? Value::Kind::null
                     : at.text == "true" || at.text == "false" ? Value::Kind::boolean
                                                               : Value::Kind::name;
        break;
      default:
        return fail(at, "a value");
    }
    value.text = at.text;
    ++at_;
  }

  std::string_view text_;
  const std::vector<Token>& tokens_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::optional<Problem> problem_;
};

}  // namespace

std::variant<Document, Problem> parse(std::string_view text) {
  auto lexed = lex(text);
  if (auto* const problem = std::get_if<Problem>(&lexed)) return std::move(*problem);
  return Parser(text, std::get<std::vector<Token>>(lexed)).run();
}

}  // namespace vesta::graphql
