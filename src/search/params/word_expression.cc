// The expressions of `_text` and `_content`: words with AND, OR, NOT and parentheses.
#include <algorithm>

#include "search/params/parse.h"
#include "search/text.h"

namespace vesta::search::params {
namespace {

constexpr std::size_t kMaxExpressionWords = 64;
constexpr std::size_t kMaxExpressionDepth = 16;  // of parentheses and NOTs

// The grammar, each level binding closer than the one above; words beside each other are meant with AND:
//   either := all (OR all)*      all := one ((AND)? one)*      one := NOT one | '(' either ')' | word '*'?
class Expression {
 public:
  Expression(const ValueText& value, std::string_view text) : value_(value), rest_(text) { advance(); }

  Result<Plan> parse() {
    VESTA_TRY(Plan plan, either(0));
    if (!token_.empty()) return bad_value(value_, "a well-formed expression: a ')' has no '('");
    return plan;
  }

 private:
  // A parenthesis, or all up to the next parenthesis or white space. Empty at the end.
  void advance() {
    const std::size_t begin = rest_.find_first_not_of(" \t\r\n");
    rest_.remove_prefix(std::min(begin, rest_.size()));
    const bool is_parenthesis = rest_.starts_with('(') || rest_.starts_with(')');
    const std::size_t end = is_parenthesis ? 1 : std::min(rest_.find_first_of(" \t\r\n()"), rest_.size());
    token_ = rest_.substr(0, end);
    rest_.remove_prefix(end);
  }

  static Plan join(Plan::Kind kind, std::vector<Plan> parts) {
    return parts.size() == 1 ? std::move(parts.front()) : Plan::make(kind, std::move(parts));
  }

  Result<Plan> either(std::size_t depth) {
    if (depth > kMaxExpressionDepth) return too_deep();
    std::vector<Plan> parts;
    do {
      if (!parts.empty()) advance();
      VESTA_TRY(Plan part, all(depth));
      parts.push_back(std::move(part));
    } while (token_ == "OR");
    return join(Plan::Kind::or_, std::move(parts));
  }

  Result<Plan> all(std::size_t depth) {
    std::vector<Plan> parts;
    do {
      if (token_ == "AND" && !parts.empty()) advance();
      VESTA_TRY(Plan part, one(depth));
      parts.push_back(std::move(part));
    } while (!token_.empty() && token_ != "OR" && token_ != ")");
    return join(Plan::Kind::and_, std::move(parts));
  }

  Result<Plan> one(std::size_t depth) {
    if (token_ == "NOT") {
      advance();
      if (depth == kMaxExpressionDepth) return too_deep();
      VESTA_TRY(Plan negated, one(depth + 1));
      std::vector<Plan> child;
      child.push_back(std::move(negated));
      return Plan::make(Plan::Kind::not_, std::move(child));
    }
    if (token_ == "(") {
      advance();
      VESTA_TRY(Plan inner, either(depth + 1));
      if (token_ != ")") return bad_value(value_, "a well-formed expression: a '(' has no ')'");
      advance();
      return inner;
    }
    if (token_.empty() || token_ == ")" || token_ == "AND" || token_ == "OR") {
      return bad_value(value_, "a well-formed expression: a word is missing beside AND, OR, NOT or a parenthesis");
    }
    return word();
  }

  // What is written as one but is several words to the index ("follow-up", "O'Brien") asks for all of them. Quoted
  // phrases are refused, for the index does not know which word follows which.
  Result<Plan> word() {
    std::string_view text = token_;
    if (text.find('"') != std::string_view::npos) {
      return bad_value(value_, "an expression of words: phrases in quotes are not supported");
    }
    const bool is_prefix = text.ends_with('*');
    if (is_prefix) text.remove_suffix(1);
    std::string folded;
    fold(text, folded);
    std::vector<Plan> parts;
    std::string_view last;
    std::size_t longest = 0;
    each_word(folded, [&](std::string_view each) {
      parts.push_back(Plan::make_leaf({value_.parameter, WordMatch{std::string(each), false}}));
      longest = std::max(longest, each.size());
      last = each;
    });
    const bool ends_in_word = !parts.empty() && last.data() + last.size() == folded.data() + folded.size();
    if (parts.empty() || text.find('*') != std::string_view::npos || (is_prefix && !ends_in_word)) {
      return bad_value(value_, "an expression of words; a '*' is allowed at the end of a word");
    }
    words_ += parts.size();
    if (longest > kMaxWordBytes || words_ > kMaxExpressionWords) {
      return bad_value(value_, "at most " + std::to_string(kMaxExpressionWords) + " words of at most " +
                                   std::to_string(kMaxWordBytes) + " bytes each");
    }
    if (is_prefix) std::get<WordMatch>(parts.back().leaf.match).is_prefix = true;
    advance();
    return join(Plan::Kind::and_, std::move(parts));
  }

  Error too_deep() const {
    return bad_value(value_, "nested at most " + std::to_string(kMaxExpressionDepth) + " deep");
  }

  const ValueText& value_;
  std::string_view rest_, token_;
  std::size_t words_ = 0;
};

}  // namespace

// https://hl7.org/fhir/R4/search.html#text asks for logical operators and leaves the language to the server. Ours is
// small, so that every engine can answer it exactly: no thesaurus, no proximity, no ranking.
Result<Plan> parse_words(const ValueText& value) {
  const std::string text = unescape(value.text);
  return Expression(value, text).parse();
}

}  // namespace vesta::search::params
