// Functions with regular expressions, in time linear in the text: https://hl7.org/fhirpath/N1/#string-manipulation
#include <re2/re2.h>

#include <optional>
#include <string>
#include <string_view>

#include "fhirpath/functions/bodies.h"
#include "fhirpath/functions/pattern.h"

namespace vesta::fhirpath {
namespace {

re2::StringPiece piece(std::string_view text) {
  return {text.data(), text.size()};
}

// The named groups of the language, (?<name>…), as RE2 writes them.
std::string named_groups(std::string_view pattern) {
  std::string out;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    const bool is_escape = pattern[at] == '\\' && at + 1 < pattern.size();
    const std::string_view rest = pattern.substr(at);
    const bool is_group = rest.starts_with("(?<") && !rest.starts_with("(?<=") && !rest.starts_with("(?<!");
    out += is_group ? std::string_view("(?P<") : rest.substr(0, is_escape ? 2 : 1);
    at += is_group ? 2 : is_escape ? 1 : 0;
  }
  return out;
}

// A dot matches line ends too: the "single line mode" of the language.
RE2::Options options(std::int64_t max_bytes) {
  RE2::Options chosen(RE2::Quiet);
  chosen.set_dot_nl(true);
  chosen.set_max_mem(max_bytes);
  return chosen;
}

}  // namespace

Pattern::Pattern(std::string_view text, std::int64_t max_bytes)
    : compiled_(std::make_unique<const RE2>(named_groups(text), options(max_bytes))) {}
Pattern::~Pattern() = default;

std::string Pattern::problem() const {
  return compiled_->ok() ? std::string() : "a bad regular expression: " + compiled_->error();
}

namespace functions {
namespace {

// The pattern of one call: the one that is kept with it, or else its text compiled now.
class CalledPattern {
 public:
  CalledPattern(const Call& call, std::string_view text) : kept_(call.bound.pattern.get()) {
    if (kept_ == nullptr) own_.emplace(text);
  }
  const Pattern& get() const { return kept_ == nullptr ? *own_ : *kept_; }

 private:
  const Pattern* const kept_;
  std::optional<Pattern> own_;
};

// $1 and ${name} as RE2 writes them: \1.
std::string substitution_of(const RE2& pattern, std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::string_view rest = text.substr(at + 1);
    const std::size_t end = rest.find('}');
    if (text[at] == '$' && !rest.empty() && rest[0] >= '0' && rest[0] <= '9') {
      out.append("\\").append(1, rest[0]);
      ++at;
    } else if (text[at] == '$' && rest.starts_with('{') && end != std::string_view::npos) {
      const auto& groups = pattern.NamedCapturingGroups();
      const auto group = groups.find(std::string(rest.substr(1, end - 1)));
      if (group != groups.end() && group->second < 10) out.append("\\").append(std::to_string(group->second));
      at += end + 1;
    } else {
      if (text[at] == '\\') out += '\\';
      out += text[at];
    }
  }
  return out;
}

Status match(Evaluator& evaluator, const Call& call, RE2::Anchor anchor, Collection& out) {
  VESTA_TRY(std::optional<Value> text, evaluator.single_value(call.bound, call.input, Item::Kind::string));
  VESTA_TRY(std::optional<Value> pattern, evaluator.argument(call, 1, Item::Kind::string));
  if (!text || !pattern) return kOk;
  VESTA_CHECK_OK(evaluator.spend(call.bound, 1 + pattern->text.size() + text->text.size() / 64));
  const CalledPattern called(call, pattern->text);
  if (const std::string problem = called.get().problem(); !problem.empty()) return evaluator.error(call.bound, problem);
  const RE2& compiled = called.get().compiled();
  const bool is_match = compiled.Match(piece(text->text), 0, text->text.size(), anchor, nullptr, 0);
  return evaluator.push(call.bound, boolean_item(is_match), out);
}

}  // namespace

// https://hl7.org/fhirpath/N1/#matchesregex-string-boolean
Status matches(Evaluator& evaluator, const Call& call, Collection& out) {
  return match(evaluator, call, RE2::UNANCHORED, out);
}

// https://hl7.org/fhirpath/#matchesfullregex-string-boolean
Status matches_full(Evaluator& evaluator, const Call& call, Collection& out) {
  return match(evaluator, call, RE2::ANCHOR_BOTH, out);
}

// https://hl7.org/fhirpath/N1/#replacematchesregex-string-substitution-string-string
Status replace_matches(Evaluator& evaluator, const Call& call, Collection& out) {
  VESTA_TRY(std::optional<Value> text, evaluator.single_value(call.bound, call.input, Item::Kind::string));
  VESTA_TRY(std::optional<Value> pattern, evaluator.argument(call, 1, Item::Kind::string));
  VESTA_TRY(std::optional<Value> substitution, evaluator.argument(call, 2, Item::Kind::string));
  if (!text || !pattern || !substitution) return kOk;
  std::string result(text->text);
  VESTA_CHECK_OK(evaluator.spend(
      call.bound, 1 + pattern->text.size() + (1 + substitution->text.size()) * (1 + text->text.size() / 64)));
  const CalledPattern called(call, pattern->text);
  if (const std::string problem = called.get().problem(); !problem.empty()) return evaluator.error(call.bound, problem);
  const RE2& compiled = called.get().compiled();
  if (!pattern->text.empty()) RE2::GlobalReplace(&result, compiled, substitution_of(compiled, substitution->text));
  return evaluator.push(call.bound, evaluator.text_item(Item::Kind::string, result), out);
}

}  // namespace functions
}  // namespace vesta::fhirpath
