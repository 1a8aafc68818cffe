// The expectations below a request: status lines, headers, paths, bodies.
#include <regex>

#include "tests/scenarios/runner/answers.h"
#include "tests/scenarios/runner/runner.h"

namespace vesta::tests {

bool Runner::match(const Step& step, const Expectation& expectation, const std::string& value) {
  std::smatch found;
  if (!std::regex_search(value, found, std::regex(expand(expectation.text)))) {
    fail(step, "line " + std::to_string(expectation.line) + ": " + expectation.subject + " is " + shortened(value));
    return false;
  }
  if (!expectation.variable.empty()) variables_[expectation.variable] = found[found.size() > 1 ? 1 : 0];
  return true;
}

bool Runner::check_header(const Step& step, const Expectation& expectation, const Exchange& exchange) {
  using Kind = Expectation::Kind;
  const std::string* value = exchange.response.headers.find(expectation.subject);
  const std::string shown = "line " + std::to_string(expectation.line) + ": " + expectation.subject +
                            (value == nullptr ? " is absent" : " is " + *value);
  if (expectation.kind == Kind::header_absent) {
    if (value != nullptr) fail(step, shown);
    return value == nullptr;
  }
  if (value == nullptr) {
    fail(step, shown);
    return false;
  }
  if (expectation.kind == Kind::header_matches) return match(step, expectation, *value);
  if (expectation.kind == Kind::header_present) {
    variables_[expectation.variable] = *value;
    return true;
  }
  const bool equal = *value == expand(expectation.text);
  if (!equal) fail(step, shown + " in place of " + expand(expectation.text));
  return equal;
}

bool Runner::check_path(const Step& step, const Expectation& expectation, const Exchange& exchange) {
  using Kind = Expectation::Kind;
  const std::string path = expand(expectation.subject);
  const std::string where = "line " + std::to_string(expectation.line) + ": " + path;
  std::vector<const JsonValue*> found;
  if (exchange.json) {
    auto selected = select(*exchange.json, path);
    if (!selected) {
      fail(step, where + " is no path");
      return false;
    }
    found = *selected;
  }
  std::string shown = where + " is";
  for (const JsonValue* value : found) shown += " " + shortened(to_text(*value));
  if (found.empty()) shown += " absent in " + shortened(exchange.response.body);

  bool fine = false;
  switch (expectation.kind) {
    case Kind::path_absent:
      fine = found.empty();
      break;
    case Kind::path_present:
      fine = !found.empty();
      break;
    case Kind::path_size: {
      std::size_t size = found.size();
      if (path.find("[*]") == std::string::npos) size = found.empty() ? 0 : found[0]->items.size();
      fine = std::to_string(size) == expand(expectation.text);
      break;
    }
    case Kind::path_matches:
      return found.empty() ? (fail(step, shown), false) : match(step, expectation, found[0]->as_text());
    default: {
      const auto wanted = parse_json(expand(expectation.text));
      JsonValue list;
      list.kind = JsonValue::Kind::array;
      const bool is_list = path.find("[*]") != std::string::npos;
      if (is_list) {
        for (const JsonValue* value : found) list.items.push_back(*value);
      }
      const JsonValue* actual = is_list ? &list : found.empty() ? nullptr : found[0];
      fine = wanted && actual != nullptr && !first_difference(*actual, *wanted);
      if (!fine) shown += " in place of " + expectation.text;
      break;
    }
  }
  if (fine && !expectation.variable.empty()) variables_[expectation.variable] = found[0]->as_text();
  if (!fine) fail(step, shown);
  return fine;
}

bool Runner::check(const Step& step, const Expectation& expectation, const Exchange& exchange) {
  using Kind = Expectation::Kind;
  const std::string& body = exchange.response.body;
  const std::string where = "line " + std::to_string(expectation.line) + ": ";
  std::string problem;
  switch (expectation.kind) {
    case Kind::header_equals:
    case Kind::header_matches:
    case Kind::header_absent:
    case Kind::header_present:
      return check_header(step, expectation, exchange);
    case Kind::path_equals:
    case Kind::path_matches:
    case Kind::path_absent:
    case Kind::path_present:
    case Kind::path_size:
      return check_path(step, expectation, exchange);
    case Kind::body_matches:
      return match(step, expectation, body);
    case Kind::body_equals:
      if (body != expand(expectation.text)) problem = "body is " + shortened(body);
      break;
    case Kind::body_empty:
      if (!body.empty()) problem = "body is " + shortened(body);
      break;
    case Kind::unchanged:
      if (exchange.before != exchange.after) problem = "the store changed";
      break;
    case Kind::versions: {
      const std::uint64_t added = exchange.after.versions - exchange.before.versions;
      if ("+" + std::to_string(added) != expectation.text) problem = "versions +" + std::to_string(added);
      break;
    }
    case Kind::issue:
      if (!exchange.json || !outcome_names(*exchange.json, expand(expectation.text))) {
        problem = "no issue names " + expand(expectation.text) + ": " + shortened(body);
      }
      break;
    case Kind::ids: {
      const auto ids = exchange.json ? texts_at(*exchange.json, "$.entry[*].resource.id") : std::vector<std::string>{};
      if (ids != words_of(expand(expectation.text))) problem = "ids " + join(ids);
      break;
    }
  }
  if (!problem.empty()) fail(step, where + problem);
  return problem.empty();
}

}  // namespace vesta::tests
