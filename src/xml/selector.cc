// Reading of selectors.
#include "xml/selector.h"

#include <algorithm>
#include <charconv>

namespace vesta::xml {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// Bytes of names beyond ASCII are taken as they are: what is no name is found nowhere.
bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool is_name_part(char c) {
  return is_name_start(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

class SelectorParser {
 public:
  SelectorParser(std::string_view text, const Namespaces& namespaces) : text_(text), namespaces_(namespaces) {}

  Result<Selector> parse() {
    Selector selector;
    take('/');
    do {
      if (!selector.empty() && selector.back().kind != SelectorStep::Kind::element) {
        return refuse("only an element has something below it");
      }
      VESTA_TRY(SelectorStep step, parse_step());
      selector.push_back(std::move(step));
    } while (take('/'));
    skip_space();
    if (at_ < text_.size()) return refuse("this is not understood");
    return selector;
  }

 private:
  enum class Use { element, attribute };

  Error refuse(std::string_view what, Category category = Category::invalid) const {
    return make_error(category, "column " + std::to_string(at_ + 1) + ": " + std::string(what));
  }

  void skip_space() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }
  bool take(char wanted) {
    skip_space();
    if (at_ == text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }
  Status expect(char wanted) {
    if (take(wanted)) return kOk;
    return refuse(std::string("'") + wanted + "' is expected");
  }

  std::string_view take_word() {
    skip_space();
    const std::size_t begin = at_;
    if (at_ < text_.size() && is_name_start(text_[at_])) {
      while (at_ < text_.size() && is_name_part(text_[at_])) ++at_;
    }
    return text_.substr(begin, at_ - begin);
  }

  Result<std::string> take_literal() {
    skip_space();
    const char quote = at_ < text_.size() ? text_[at_] : '\0';
    const std::size_t end = quote == '"' || quote == '\'' ? text_.find(quote, at_ + 1) : std::string_view::npos;
    if (end == std::string_view::npos) return refuse("a text in quotes is expected");
    std::string literal(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return literal;
  }

  // `word` has been taken. The default namespace is that of elements only.
  Result<QualifiedName> qualify(std::string_view word, Use use) {
    if (word.empty()) return refuse("a name is expected");
    std::string_view prefix;
    if (at_ < text_.size() && text_[at_] == ':' && text_.substr(at_, 2) != "::") {
      ++at_;
      prefix = word;
      word = take_word();
      if (word.empty()) return refuse("a name is expected");
    }
    QualifiedName name{false, {}, std::string(word)};
    if (prefix.empty() && use == Use::attribute) return name;
    const auto space = find_namespace(namespaces_, prefix);
    if (!space && !prefix.empty()) return refuse("the prefix '" + std::string(prefix) + "' is not declared");
    name.space = space.value_or("");
    return name;
  }
  Result<QualifiedName> parse_name(Use use) {
    if (use == Use::element && take('*')) return QualifiedName{true, {}, {}};
    return qualify(take_word(), use);
  }

  Result<SelectorStep> parse_step() {
    SelectorStep step;
    if (take('@')) {
      step.kind = SelectorStep::Kind::attribute;
      VESTA_TRY(step.name, parse_name(Use::attribute));
      return step;
    }
    if (take('*')) {
      step.name.is_any = true;
    } else {
      const std::string_view word = take_word();
      if (text_.substr(at_, 2) == "::") return refuse("axes are not offered", Category::unsupported);
      if (take('(')) {
        VESTA_CHECK_OK(parse_node_type(word, step));
      } else {
        VESTA_TRY(step.name, qualify(word, Use::element));
      }
    }
    while (take('[')) {
      VESTA_TRY(Predicate predicate, parse_predicate(step.kind));
      step.predicates.push_back(std::move(predicate));
    }
    return step;
  }

  // Behind "text(".
  Status parse_node_type(std::string_view word, SelectorStep& step) {
    step.name.is_any = true;
    if (word == "text") {
      step.kind = SelectorStep::Kind::text;
    } else if (word == "comment") {
      step.kind = SelectorStep::Kind::comment;
    } else if (word == "processing-instruction") {
      step.kind = SelectorStep::Kind::instruction;
      if (!take(')')) {
        step.name.is_any = false;
        VESTA_TRY(step.name.local, take_literal());
        return expect(')');
      }
      return kOk;
    } else {
      return refuse("the function '" + std::string(word) + "' is not offered", Category::unsupported);
    }
    return expect(')');
  }

  // Behind "[".
  Result<Predicate> parse_predicate(SelectorStep::Kind kind) {
    Predicate predicate;
    skip_space();
    const char* const begin = text_.data() + at_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), predicate.position);
    if (end != begin) {
      if (error != std::errc() || predicate.position == 0) return refuse("positions count from 1");
      at_ += static_cast<std::size_t>(end - begin);
    } else {
      if (kind != SelectorStep::Kind::element) return refuse("a position is expected");
      VESTA_CHECK_OK(parse_operand(predicate));
      VESTA_CHECK_OK(expect('='));
      VESTA_TRY(predicate.text, take_literal());
    }
    VESTA_CHECK_OK(expect(']'));
    return predicate;
  }

  // . or a path of names that may end in an attribute.
  Status parse_operand(Predicate& predicate) {
    if (take('.')) return kOk;
    do {
      if (take('@')) {
        VESTA_TRY(predicate.attribute, parse_name(Use::attribute));
        return kOk;
      }
      VESTA_TRY(QualifiedName name, parse_name(Use::element));
      predicate.path.push_back(std::move(name));
    } while (take('/'));
    return kOk;
  }

  const std::string_view text_;
  const Namespaces& namespaces_;
  std::size_t at_ = 0;
};

}  // namespace

bool is_local_name(std::string_view text) {
  return !text.empty() && is_name_start(text.front()) && std::ranges::all_of(text, is_name_part);
}

std::optional<std::string_view> find_namespace(const Namespaces& namespaces, std::string_view prefix) {
  const auto found = std::find_if(namespaces.rbegin(), namespaces.rend(),
                                  [&](const auto& declared) { return declared.first == prefix; });
  if (found == namespaces.rend()) return std::nullopt;
  return found->second;
}

Result<Selector> parse_selector(std::string_view text, const Namespaces& namespaces) {
  if (text.size() > kMaxSelectorBytes) {
    return make_error(Category::invalid, "a selector has at most " + std::to_string(kMaxSelectorBytes) + " bytes");
  }
  return SelectorParser(text, namespaces).parse();
}

}  // namespace vesta::xml
