// The reader of scenario files.
#include "tests/scenarios/runner/scenario.h"

#include <array>
#include <cctype>
#include <charconv>
#include <optional>

namespace vesta::tests {
namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
  return text;
}

// Splits off the first word.
std::string_view take_word(std::string_view& text) {
  text = trim(text);
  const std::size_t end = std::min(text.find_first_of(" \t"), text.size());
  const std::string_view word = text.substr(0, end);
  text = trim(text.substr(end));
  return word;
}

std::optional<int> to_number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_method(std::string_view word) {
  for (const std::string_view method : {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"}) {
    if (word == method) return true;
  }
  return false;
}

// Splits "text => rest" at the last arrow.
bool split_arrow(std::string_view text, std::string_view& left, std::string_view& right) {
  const std::size_t arrow = text.rfind("=>");
  if (arrow == std::string_view::npos) return false;
  left = trim(text.substr(0, arrow));
  right = trim(text.substr(arrow + 2));
  return true;
}

// "pattern -> variable"
void split_variable(std::string_view text, std::string& value, std::string& variable) {
  const std::size_t arrow = text.rfind("-> ");
  if (arrow == std::string_view::npos) {
    value = trim(text);
    return;
  }
  value = trim(text.substr(0, arrow));
  variable = trim(text.substr(arrow + 3));
}

class FileReader {
 public:
  explicit FileReader(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      lines_.push_back(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }

  Result<std::vector<Scenario>> read() {
    while (at_ < lines_.size()) {
      const std::string_view line = trim(lines_[at_]);
      if (line.empty() || line[0] == '#') {
        ++at_;
      } else if (line.starts_with("== ")) {
        VESTA_CHECK_OK(begin_scenario(trim(line.substr(3))));
        ++at_;
      } else if (scenarios_.empty()) {
        return fail("a step before the first '== title'");
      } else {
        VESTA_TRY(Step step, read_step(line));
        scenarios_.back().steps.push_back(std::move(step));
      }
    }
    if (scenarios_.empty()) return fail("no scenario");
    return std::move(scenarios_);
  }

 private:
  int line_number() const { return static_cast<int>(at_) + 1; }
  Error fail(std::string message) const {
    return make_error(Category::invalid, "line " + std::to_string(line_number()) + ": " + message);
  }

  // "[engine] title" or "title".
  Status begin_scenario(std::string_view title) {
    Scenario scenario;
    scenario.line = line_number();
    const std::size_t end = title.find(']');
    if (title.starts_with('[') && end != std::string_view::npos) {
      const std::string_view name = title.substr(1, end - 1);
      scenario.engine = find_engine(name);
      if (!scenario.engine) return fail("no engine: " + std::string(name));
      title = trim(title.substr(end + 1));
    }
    scenario.title = title;
    scenarios_.push_back(std::move(scenario));
    return kOk;
  }

  Result<Step> read_step(std::string_view line) {
    Step step;
    step.line = line_number();
    std::string_view rest = line;
    const std::string_view word = take_word(rest);
    if (is_method(word)) return read_exchange(step, word, rest);
    VESTA_CHECK_OK(read_command(step, word, rest));
    ++at_;
    return step;
  }

  Status read_command(Step& step, std::string_view word, std::string_view rest) {
    std::string_view left, right;
    if (word == "given") {
      step.kind = Step::Kind::given;
      step.target = take_word(rest);
      step.body = rest;
      return rest.starts_with('{') ? Status(kOk) : fail("given TYPE/ID {…}");
    }
    if (word == "find" || word == "order") {
      step.kind = word == "find" ? Step::Kind::find : Step::Kind::order;
      if (!split_arrow(rest, left, right)) return fail("find QUERY => IDS");
      step.target = left;
      step.text = right == "-" ? "" : right;
      return kOk;
    }
    if (word == "include") {
      step.kind = Step::Kind::include;
      if (!split_arrow(rest, left, right) || right.find('+') == std::string_view::npos) {
        return fail("include QUERY => IDS + TYPE/IDS");
      }
      step.target = left;
      step.text = right;
      return kOk;
    }
    if (word == "reject") {
      step.kind = Step::Kind::reject;
      step.target = take_word(rest);
      if (!split_arrow(rest, left, right) || right.empty()) return fail("reject TYPE {…} => PATH");
      step.body = left;
      step.text = right;
      return kOk;
    }
    if (word == "accept") {
      step.kind = Step::Kind::accept;
      step.target = take_word(rest);
      step.body = rest;
      return kOk;
    }
    if (word == "refuse") {
      step.kind = Step::Kind::refuse;
      step.method = take_word(rest);
      if (!is_method(step.method) || !split_arrow(rest, left, right))
        return fail("refuse METHOD TARGET => STATUS [TEXT]");
      step.target = left;
      const auto status = to_number(take_word(right));
      if (!status) return fail("a status");
      step.status = *status;
      step.text = right;
      return kOk;
    }
    if (word == "advance") {
      step.kind = Step::Kind::advance;
      const auto seconds = to_number(rest);
      if (!seconds) return fail("advance SECONDS");
      step.status = *seconds;
      return kOk;
    }
    if (word == "index") {
      step.kind = Step::Kind::index;
      const auto steps = rest == "all" ? std::optional(0) : to_number(rest);
      if (!steps) return fail("index STEPS, or index all");
      step.status = *steps;
      return kOk;
    }
    if (word == "let") {
      step.kind = Step::Kind::let;
      const std::size_t equals = rest.find('=');
      if (equals == std::string_view::npos) return fail("let NAME = TEXT");
      step.target = trim(rest.substr(0, equals));
      step.body = trim(rest.substr(equals + 1));
      return kOk;
    }
    return fail("not a step: " + std::string(word));
  }

  Result<Step> read_exchange(Step step, std::string_view method, std::string_view target) {
    step.method = method;
    step.target = target;
    ++at_;
    while (at_ < lines_.size() && !trim(lines_[at_]).empty() && !lines_[at_].starts_with("=> ")) {
      const std::size_t colon = lines_[at_].find(':');
      if (colon == std::string_view::npos) return fail("a header needs a colon");
      step.headers.emplace_back(trim(lines_[at_].substr(0, colon)), trim(lines_[at_].substr(colon + 1)));
      ++at_;
    }
    if (at_ < lines_.size() && trim(lines_[at_]).empty()) ++at_;
    while (at_ < lines_.size() && !lines_[at_].starts_with("=> ")) {
      if (!step.body.empty()) step.body += '\n';
      step.body += lines_[at_++];
    }
    if (at_ >= lines_.size()) return fail("a request without '=> status'");
    while (step.body.ends_with('\n')) step.body.pop_back();
    const auto status = to_number(trim(lines_[at_].substr(3)));
    if (!status) return fail("=> STATUS");
    step.status = *status;
    ++at_;
    for (; at_ < lines_.size() && !trim(lines_[at_]).empty(); ++at_) {
      const std::string_view line = trim(lines_[at_]);
      if (line[0] == '#') continue;
      VESTA_TRY(Expectation expectation, read_expectation(line));
      step.expectations.push_back(std::move(expectation));
    }
    return step;
  }

  Result<Expectation> read_expectation(std::string_view line) {
    using Kind = Expectation::Kind;
    Expectation result;
    result.line = line_number();
    if (line[0] == '$') return read_path(line, result);
    std::string_view rest = line;
    const std::string_view word = take_word(rest);
    if (word == "unchanged") return result;
    if (word == "issue" || word == "ids" || word == "versions") {
      result.kind = word == "issue" ? Kind::issue : word == "ids" ? Kind::ids : Kind::versions;
      result.text = rest == "-" ? "" : rest;
      return result;
    }
    if (word == "body") {
      const std::string_view how = take_word(rest);
      if (how != "empty" && how != "=" && how != "~") return fail("body empty | = TEXT | ~ PATTERN");
      result.kind = how == "empty" ? Kind::body_empty : how == "=" ? Kind::body_equals : Kind::body_matches;
      result.text = rest;
      return result;
    }
    if (!word.ends_with(':')) return fail("not an expectation: " + std::string(line));
    result.subject = word.substr(0, word.size() - 1);
    if (rest == "absent") {
      result.kind = Kind::header_absent;
    } else if (rest.starts_with('~')) {
      result.kind = Kind::header_matches;
      split_variable(rest.substr(1), result.text, result.variable);
    } else if (rest.starts_with("->")) {
      result.kind = Kind::header_present;
      result.variable = trim(rest.substr(2));
    } else {
      result.kind = Kind::header_equals;
      result.text = rest;
    }
    return result;
  }

  Result<Expectation> read_path(std::string_view line, Expectation& result) {
    using Kind = Expectation::Kind;
    result.subject = take_word(line);
    const std::string_view how = take_word(line);
    if (how == "absent" || how == "present") {
      result.kind = how == "absent" ? Kind::path_absent : Kind::path_present;
    } else if (how == "=") {
      result.kind = Kind::path_equals;
      result.text = line;
    } else if (how == "size") {
      result.kind = Kind::path_size;
      result.text = line;
    } else if (how == "~") {
      result.kind = Kind::path_matches;
      split_variable(line, result.text, result.variable);
    } else if (how == "->") {
      result.kind = Kind::path_present;
      result.variable = line;
    } else {
      return fail("$path = | ~ | size | absent | present | ->");
    }
    return result;
  }

  std::vector<std::string_view> lines_;
  std::size_t at_ = 0;
  std::vector<Scenario> scenarios_;
};

}  // namespace

Result<std::vector<Scenario>> parse_scenarios(std::string_view text) {
  return FileReader(text).read();
}

}  // namespace vesta::tests
