// Regular expressions: a recursive descent parser, steps with splits and jumps, and a walk with all places at once.
#include "terminology/pattern.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "terminology/shorten.h"

namespace vesta::terminology {
namespace {

// Takes one code point off `text`, which is not empty; a byte that is no UTF-8 stands for itself.
char32_t next_char(std::string_view& text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t length = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (length == 1 || text.size() < length) {
    text.remove_prefix(1);
    return lead;
  }
  char32_t value = lead & (0xFFu >> (length + 1));
  for (std::size_t at = 1; at < length; ++at) value = (value << 6) | (static_cast<unsigned char>(text[at]) & 0x3Fu);
  text.remove_prefix(length);
  return value;
}

constexpr std::size_t kUnbounded = static_cast<std::size_t>(-1);
constexpr std::size_t kMaxRepeats = 1000;  // more would be over kMaxPatternSteps anyway

struct Expression {
  enum class Kind { empty, chars, begin, end, sequence, choice, repeat };
  Kind kind = Kind::empty;
  std::uint32_t set = 0;
  std::size_t min = 0, max = 0;
  std::vector<Expression> parts;
};

void add_class(char letter, std::vector<std::pair<char32_t, char32_t>>& ranges) {
  if (letter == 'd') ranges.insert(ranges.end(), {{'0', '9'}});
  if (letter == 'w') ranges.insert(ranges.end(), {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}});
  if (letter == 's') ranges.insert(ranges.end(), {{'\t', '\r'}, {' ', ' '}});
}

}  // namespace

bool Pattern::CharSet::has(char32_t c) const {
  const bool inside = std::any_of(ranges.begin(), ranges.end(),
                                  [&](const auto& range) { return range.first <= c && c <= range.second; });
  return inside != negated;
}

// Parses into Expressions, then writes Steps.
class PatternCompiler {
 public:
  explicit PatternCompiler(std::string_view text) : whole_(text), rest_(text) {}

  Result<Pattern> run() {
    if (whole_.size() > kMaxPatternBytes) return too_large("more than " + std::to_string(kMaxPatternBytes) + " bytes");
    VESTA_TRY(const Expression root, parse_choice(0));
    if (!rest_.empty()) return broken("an unmatched ')'");
    VESTA_CHECK_OK(emit(root));
    VESTA_CHECK_OK(add_step({Pattern::Step::Kind::match}));
    return std::move(pattern_);
  }

 private:
  using Kind = Expression::Kind;
  using StepKind = Pattern::Step::Kind;

  Error broken(const std::string& what) const {
    return make_error(Category::invalid, "The regular expression '" + shorten(whole_) + "' has " + what);
  }
  Error not_offered(const std::string& what) const {
    return make_error(Category::unsupported,
                      "The regular expression '" + shorten(whole_) + "' uses " + what + ", which is not supported");
  }
  Error too_large(const std::string& what) const {
    return make_error(Category::too_large, "The regular expression '" + shorten(whole_) + "' has " + what);
  }
  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  Result<Expression> parse_choice(std::size_t depth) {
    if (depth > kMaxPatternDepth) return too_large("more than " + std::to_string(kMaxPatternDepth) + " nested groups");
    Expression choice{Kind::choice, 0, 0, 0, {}};
    do {
      VESTA_TRY(Expression sequence, parse_sequence(depth));
      choice.parts.push_back(std::move(sequence));
    } while (take("|"));
    return choice;
  }

  Result<Expression> parse_sequence(std::size_t depth) {
    Expression sequence{Kind::sequence, 0, 0, 0, {}};
    while (!rest_.empty() && rest_[0] != '|' && rest_[0] != ')') {
      VESTA_TRY(Expression part, parse_atom(depth));
      VESTA_TRY(part, parse_repeats(std::move(part)));
      sequence.parts.push_back(std::move(part));
    }
    return sequence;
  }

  Result<Expression> parse_atom(std::size_t depth) {
    if (take("(")) {
      if (!take("?:") && rest_.starts_with("?")) return not_offered("'(?'");
      VESTA_TRY(Expression inner, parse_choice(depth + 1));
      if (!take(")")) return broken("a '(' without its ')'");
      return inner;
    }
    if (take("[")) return parse_class();
    if (take("^")) return Expression{Kind::begin, 0, 0, 0, {}};
    if (take("$")) return Expression{Kind::end, 0, 0, 0, {}};
    if (take(".")) return chars({true, {{'\n', '\n'}}});
    if (rest_[0] == '*' || rest_[0] == '+' || rest_[0] == '?' || rest_[0] == '{') {
      return broken("a repetition of nothing");
    }
    Pattern::CharSet set;
    if (take("\\")) {
      VESTA_CHECK_OK(parse_escape(set));
    } else {
      const char32_t c = next_char(rest_);
      set.ranges.emplace_back(c, c);
    }
    return chars(std::move(set));
  }

  Expression chars(Pattern::CharSet set) {
    pattern_.sets_.push_back(std::move(set));
    return {Kind::chars, static_cast<std::uint32_t>(pattern_.sets_.size() - 1), 0, 0, {}};
  }

  // Behind a backslash; adds to `set`. A negated class letter stands alone, outside of brackets.
  Status parse_escape(Pattern::CharSet& set) {
    if (rest_.empty()) return broken("a '\\' at its end");
    const char32_t c = next_char(rest_);
    const auto letter = c < 128 ? static_cast<char>(c) : '\0';
    const bool is_letter = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
    if (letter == 'd' || letter == 'w' || letter == 's') {
      add_class(letter, set.ranges);
    } else if ((letter == 'D' || letter == 'W' || letter == 'S') && set.ranges.empty() && !set.negated) {
      add_class(static_cast<char>(letter + 32), set.ranges);
      set.negated = true;
    } else if (letter == 'n' || letter == 't' || letter == 'r') {
      const char32_t control = letter == 'n' ? '\n' : letter == 't' ? '\t' : '\r';
      set.ranges.emplace_back(control, control);
    } else if (is_letter || (letter >= '0' && letter <= '9')) {
      return not_offered("'\\" + std::string(1, letter) + "' here");
    } else {
      set.ranges.emplace_back(c, c);
    }
    return kOk;
  }

  Result<Expression> parse_class() {
    Pattern::CharSet set;
    const bool negated = take("^");
    bool is_first = true;
    while (is_first || !rest_.starts_with("]")) {
      is_first = false;
      if (rest_.empty()) return broken("a '[' without its ']'");
      if (rest_.starts_with("[") || rest_.starts_with("&&")) return not_offered("a class within a class");
      VESTA_TRY(const std::optional<char32_t> from, parse_class_char(set));
      if (rest_.size() < 2 || rest_[0] != '-' || rest_[1] == ']') {
        if (from) set.ranges.emplace_back(*from, *from);
        continue;
      }
      rest_.remove_prefix(1);
      Pattern::CharSet unused;
      VESTA_TRY(const std::optional<char32_t> to, parse_class_char(unused));
      if (!from || !to || *from > *to) return broken("a range that is none in a class");
      set.ranges.emplace_back(*from, *to);
    }
    rest_.remove_prefix(1);
    set.negated = negated;
    return chars(std::move(set));
  }

  // One character of a class, or nothing where a \d or the like was added to `set`.
  Result<std::optional<char32_t>> parse_class_char(Pattern::CharSet& set) {
    if (!take("\\")) return std::optional<char32_t>(next_char(rest_));
    if (rest_.starts_with("D") || rest_.starts_with("W") || rest_.starts_with("S")) {
      return not_offered("'\\" + std::string(rest_.substr(0, 1)) + "' in a class");
    }
    const bool is_class = rest_.starts_with("d") || rest_.starts_with("w") || rest_.starts_with("s");
    Pattern::CharSet escaped;
    VESTA_CHECK_OK(parse_escape(escaped));
    if (!is_class) return std::optional<char32_t>(escaped.ranges[0].first);
    set.ranges.insert(set.ranges.end(), escaped.ranges.begin(), escaped.ranges.end());
    return std::optional<char32_t>();
  }

  Result<Expression> parse_repeats(Expression part) {
    std::size_t min = 1, max = 1;
    if (take("*")) {
      min = 0, max = kUnbounded;
    } else if (take("+")) {
      max = kUnbounded;
    } else if (take("?")) {
      min = 0;
    } else if (take("{")) {
      VESTA_TRY(min, parse_number());
      max = min;
      if (take(",")) {
        max = kUnbounded;
        if (!rest_.starts_with("}")) {
          VESTA_TRY(max, parse_number());
        }
      }
      if (!take("}") || min > max) return broken("a repetition that is none");
    } else {
      return part;
    }
    take("?");  // lazy: finds the same where the whole text must match
    if (!rest_.empty() && (rest_[0] == '*' || rest_[0] == '+' || rest_[0] == '?' || rest_[0] == '{')) {
      return broken("a repetition of a repetition");
    }
    Expression repeat{Kind::repeat, 0, min, max, {}};
    repeat.parts.push_back(std::move(part));
    return repeat;
  }

  Result<std::size_t> parse_number() {
    std::size_t number = 0, digits = 0;
    for (; !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9'; ++digits, rest_.remove_prefix(1)) {
      number = number * 10 + static_cast<std::size_t>(rest_[0] - '0');
      if (number > kMaxRepeats) return too_large("more than " + std::to_string(kMaxRepeats) + " repetitions");
    }
    if (digits == 0) return broken("a repetition without a number");
    return number;
  }

  Status add_step(Pattern::Step step) {
    if (pattern_.steps_.size() >= kMaxPatternSteps) {
      return too_large("more than " + std::to_string(kMaxPatternSteps) + " steps");
    }
    pattern_.steps_.push_back(step);
    return kOk;
  }
  std::uint32_t here() const { return static_cast<std::uint32_t>(pattern_.steps_.size()); }

  Status emit(const Expression& expression) {
    switch (expression.kind) {
      case Kind::empty:
        return kOk;
      case Kind::chars:
        return add_step({StepKind::chars, expression.set, 0, 0});
      case Kind::begin:
        return add_step({StepKind::begin, 0, 0, 0});
      case Kind::end:
        return add_step({StepKind::end, 0, 0, 0});
      case Kind::sequence:
        for (const Expression& part : expression.parts) VESTA_CHECK_OK(emit(part));
        return kOk;
      case Kind::choice:
        return emit_choice(expression);
      case Kind::repeat:
        return emit_repeat(expression);
    }
    return kOk;
  }

  Status emit_choice(const Expression& choice) {
    std::vector<std::uint32_t> jumps;
    for (std::size_t at = 0; at + 1 < choice.parts.size(); ++at) {
      const std::uint32_t split = here();
      VESTA_CHECK_OK(add_step({StepKind::split, 0, split + 1, 0}));
      VESTA_CHECK_OK(emit(choice.parts[at]));
      jumps.push_back(here());
      VESTA_CHECK_OK(add_step({StepKind::jump}));
      pattern_.steps_[split].other = here();
    }
    VESTA_CHECK_OK(emit(choice.parts.back()));
    for (const std::uint32_t jump : jumps) pattern_.steps_[jump].target = here();
    return kOk;
  }

  Status emit_repeat(const Expression& repeat) {
    const Expression& part = repeat.parts[0];
    for (std::size_t count = 0; count < repeat.min; ++count) {
      const std::uint32_t before = here();
      VESTA_CHECK_OK(emit(part));
      if (here() == before) break;  // nothing, a thousand times within a thousand times, is nothing
    }
    if (repeat.max == kUnbounded) {
      const std::uint32_t split = here();
      VESTA_CHECK_OK(add_step({StepKind::split, 0, split + 1, 0}));
      VESTA_CHECK_OK(emit(part));
      VESTA_CHECK_OK(add_step({StepKind::jump, 0, split, 0}));
      pattern_.steps_[split].other = here();
      return kOk;
    }
    for (std::size_t count = repeat.min; count < repeat.max; ++count) {
      const std::uint32_t split = here();
      VESTA_CHECK_OK(add_step({StepKind::split, 0, split + 1, 0}));
      VESTA_CHECK_OK(emit(part));
      pattern_.steps_[split].other = here();
    }
    return kOk;
  }

  std::string_view whole_, rest_;
  Pattern pattern_;
};

Result<Pattern> Pattern::compile(std::string_view text) {
  return PatternCompiler(text).run();
}

namespace {

// The steps that the walk stands on, each once.
class Places {
 public:
  explicit Places(const std::vector<Pattern::Step>& steps) : steps_(&steps), marked_(steps.size()) {}

  // Stands on `step` and on all that follow without a character. Without recursion: repetitions may be many.
  void add(std::uint32_t step, bool at_begin, bool at_end) {
    waiting_.push_back(step);
    while (!waiting_.empty()) {
      const std::uint32_t at = waiting_.back();
      waiting_.pop_back();
      if (marked_[at]) continue;
      marked_[at] = true;
      standing_.push_back(at);
      using Kind = Pattern::Step::Kind;
      const Pattern::Step& here = (*steps_)[at];
      if (here.kind == Kind::jump || here.kind == Kind::split) waiting_.push_back(here.target);
      if (here.kind == Kind::split) waiting_.push_back(here.other);
      if ((here.kind == Kind::begin && at_begin) || (here.kind == Kind::end && at_end)) waiting_.push_back(at + 1);
    }
  }
  void clear() {
    for (const std::uint32_t at : standing_) marked_[at] = false;
    standing_.clear();
  }
  const std::vector<std::uint32_t>& standing() const { return standing_; }

 private:
  const std::vector<Pattern::Step>* steps_;
  std::vector<bool> marked_;
  std::vector<std::uint32_t> standing_, waiting_;
};

}  // namespace

std::size_t Pattern::cost() const {
  std::size_t total = 0;
  for (const Step& step : steps_) total += 1 + (step.kind == Step::Kind::chars ? sets_[step.set].ranges.size() : 0);
  return total;
}

bool Pattern::matches(std::string_view text) const {
  Places now(steps_), then(steps_);
  now.add(0, true, text.empty());
  while (!text.empty() && !now.standing().empty()) {
    const char32_t c = next_char(text);
    then.clear();
    for (const std::uint32_t at : now.standing()) {
      if (steps_[at].kind == Step::Kind::chars && sets_[steps_[at].set].has(c)) then.add(at + 1, false, text.empty());
    }
    std::swap(now, then);
  }
  return text.empty() && std::any_of(now.standing().begin(), now.standing().end(),
                                     [&](std::uint32_t at) { return steps_[at].kind == Step::Kind::match; });
}

}  // namespace vesta::terminology
