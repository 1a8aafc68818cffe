// The scenario runner: sends the requests of the steps, and judges what holds for every answer.
#include "tests/scenarios/runner/runner.h"

#include <regex>

#include "base/reason.h"
#include "fhir/json.h"
#include "tests/scenarios/runner/answers.h"

namespace vesta::tests {
namespace {

constexpr std::int64_t kStepMicroseconds = 1'000'000;  // the clock between two requests

constexpr std::string_view kResourceStart = R"({"resourceType")";

http::Method to_method(std::string_view name) {
  for (const http::Method method : {http::Method::get, http::Method::head, http::Method::post, http::Method::put,
                                    http::Method::delete_, http::Method::patch, http::Method::options}) {
    if (http::to_string(method) == name) return method;
  }
  return http::Method::other;
}

bool wants_no_body(const http::Request& request, const http::Response& response) {
  return request.method == http::Method::head || response.status == 304 || response.status == 204;
}

// Tables, which are no resources:
// https://build.fhir.org/ig/FHIR/sql-on-fhir-v2/OperationDefinition-ViewDefinitionRun.html
bool holds_rows(std::string_view media_type, std::string_view body) {
  return media_type == "application/x-ndjson" || media_type == "text/csv;charset=utf-8" ||
         (media_type == "application/json;charset=utf-8" && body.starts_with('['));
}

}  // namespace

std::vector<Failure> Runner::run(const Scenario& scenario) {
  for (const Step& step : scenario.steps) {
    if (!run_step(step) && step.kind == Step::Kind::exchange) break;
  }
  return std::move(failures_);
}

bool Runner::run_step(const Step& step) {
  switch (step.kind) {
    case Step::Kind::exchange:
      return run_exchange(step);
    case Step::Kind::given:
      return run_given(step);
    case Step::Kind::find:
    case Step::Kind::order:
      return run_search(step);
    case Step::Kind::include:
      return run_include(step);
    case Step::Kind::reject:
      return run_reject(step);
    case Step::Kind::accept:
      return run_accept(step);
    case Step::Kind::refuse:
      return run_refuse(step);
    case Step::Kind::advance:
      world_.advance(step.status * std::int64_t{1'000'000});
      return true;
    case Step::Kind::index:
      if (const Status indexed = world_.index(step.status); !indexed.ok()) {
        fail(step, "background indexing: " + indexed.error().message);
        return false;
      }
      return true;
    case Step::Kind::let:
      variables_[step.target] = expand(step.body);
      return true;
  }
  return false;
}

// ${name} is a variable; ${repeat N TEXT} and ${hex FF FE} are for what a text file holds badly.
std::string Runner::expand(std::string_view text) const {
  std::string out;
  while (true) {
    const std::size_t begin = text.find("${");
    out += text.substr(0, begin);
    if (begin == std::string_view::npos) return out;
    std::size_t end = begin + 2;
    while (end < text.size() && (text[end] != '}' || text[end - 1] == '\\')) ++end;
    out += expand_call(text.substr(begin + 2, end - begin - 2));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::string Runner::expand_call(std::string_view call) const {
  std::string out;
  if (call.starts_with("hex ")) {
    for (const auto& byte : words_of(std::string(call.substr(4)))) {
      out += static_cast<char>(std::stoi(byte, nullptr, 16));
    }
    return out;
  }
  if (call.starts_with("repeat ")) {
    call.remove_prefix(7);
    const std::size_t space = std::min(call.find(' '), call.size() - 1);
    const int count = std::stoi(std::string(call.substr(0, space)));
    std::string unit(call.substr(space + 1));
    std::erase(unit, '\\');
    for (int i = 0; i < count; ++i) out += unit;
    return out;
  }
  const auto found = variables_.find(call);
  return found == variables_.end() ? "${" + std::string(call) + " is not set}" : found->second;
}

http::Request Runner::make_request(std::string_view method, std::string_view target) const {
  if (target.starts_with(kBaseUrl)) target.remove_prefix(kBaseUrl.size());
  http::Request request;
  request.method = to_method(method);
  const std::size_t question = target.find('?');
  request.path = "/fhir";
  if (!target.empty() && target[0] != '/' && target[0] != '?') request.path += '/';
  request.path += target.substr(0, question);
  if (question != std::string_view::npos) request.query = target.substr(question + 1);
  request.headers.add("Host", "localhost:8080");
  request.id = "scenario";
  request.remote_address = "127.0.0.1";
  request.received = std::chrono::steady_clock::now();
  request.deadline = request.received + std::chrono::minutes(1);
  return request;
}

bool Runner::send(const Step& step, http::Request request, Exchange& out) {
  world_.advance(kStepMicroseconds);
  auto before = world_.state();
  if (!before.ok()) {
    fail(step, "the store's state: " + before.error().message);
    return false;
  }
  request.body.reserve(request.body.size() + fhir::kJsonPadding);
  const http::Request sent = request;
  out.response = world_.answer(std::move(request));
  auto after = world_.state();
  if (!after.ok()) {
    fail(step, "the store's state: " + after.error().message);
    return false;
  }
  out.before = std::move(before).value();
  out.after = std::move(after).value();
  if (!out.response.body.empty()) read_answer(out);
  return check_always(step, sent, out);
}

// Of XML, the JSON that it stands for.
void Runner::read_answer(Exchange& exchange) {
  std::string text = exchange.response.body;
  text.reserve(text.size() + fhir::kJsonPadding);
  auto resource = world_.resource_json(text);
  if (!resource.ok()) exchange.defect = reason_of(resource.error());
  exchange.json = parse_json(resource.ok() ? *resource : text);
}

// An answer of GraphQL: data, or errors that have a message and an OperationOutcome each. Empty: it is one.
// https://hl7.org/fhir/R4/graphql.html#errors
std::string Runner::graphql_defect(const Exchange& exchange) {
  if (exchange.response.headers.get("Content-Type") != "application/json;charset=utf-8") return "its Content-Type";
  if (!exchange.json) return "no JSON";
  const JsonValue* const errors = exchange.json->find("errors");
  if (errors == nullptr) return exchange.response.status == 200 && exchange.json->find("data") ? "" : "no data";
  const std::size_t count = errors->items.size();
  const auto outcomes = texts_at(*exchange.json, "$.errors[*].extensions.resource.resourceType");
  const bool is_whole = count > 0 && texts_at(*exchange.json, "$.errors[*].message").size() == count &&
                        outcomes == std::vector<std::string>(count, "OperationOutcome");
  return is_whole ? "" : "errors without a message or an OperationOutcome";
}

// What holds for every answer, whatever a scenario is about.
bool Runner::check_always(const Step& step, const http::Request& request, const Exchange& exchange) {
  const http::Response& response = exchange.response;
  const std::string shown = std::to_string(response.status) + " " + shortened(response.body);
  if (response.status >= 400 && exchange.before != exchange.after) {
    fail(step, "the store changed although the answer is " + shown);
    return false;
  }
  if (request.method == http::Method::get && exchange.before != exchange.after) {
    fail(step, "the store changed by a GET: " + shown);
    return false;
  }
  if (wants_no_body(request, response)) {
    if (response.status == 304 && !response.body.empty()) {
      fail(step, "304 with a body");
      return false;
    }
    return true;
  }
  const bool is_graphql = request.path.ends_with("/$graphql") && !exchange.response.body.starts_with(kResourceStart);
  if (is_graphql) {
    const std::string defect = graphql_defect(exchange);
    if (!defect.empty()) fail(step, "no answer of GraphQL, by " + defect + ": " + shown);
    return defect.empty();
  }
  if (response.status >= 400) {
    const auto severities =
        exchange.json ? texts_at(*exchange.json, "$.issue[*].severity") : std::vector<std::string>{};
    const auto codes = exchange.json ? texts_at(*exchange.json, "$.issue[*].code") : std::vector<std::string>{};
    if (severities.empty() || codes.empty() || texts_at(*exchange.json, "$.resourceType")[0] != "OperationOutcome") {
      fail(step, "an error without an OperationOutcome: " + shown);
      return false;
    }
  }
  const std::string media_type(response.headers.get("Content-Type"));
  if (!response.body.empty() && !holds_rows(media_type, response.body)) {
    static const std::regex json_types("(application/(fhir\\+)?|text/)json;charset=utf-8");
    static const std::regex xml_types("(application/(fhir\\+)?|text/)xml;charset=utf-8");
    if (!std::regex_match(media_type, response.body.starts_with('<') ? xml_types : json_types)) {
      fail(step, "Content-Type is " + media_type + " of " + shown);
      return false;
    }
    if (!exchange.defect.empty()) {
      fail(step, "the answer is no FHIR resource: " + exchange.defect + ": " + shown);
      return false;
    }
  }
  return true;
}

bool Runner::run_exchange(const Step& step) {
  http::Request request = make_request(step.method, expand(step.target));
  bool has_type = false;
  for (const auto& [name, value] : step.headers) {
    request.headers.add(name, expand(value));
    has_type = has_type || name == "Content-Type";
  }
  request.body = expand(step.body);
  if (!has_type && !request.body.empty()) request.headers.add("Content-Type", "application/fhir+json");
  Exchange exchange;
  const std::string url = step.method + " " + request.path + (request.query.empty() ? "" : "?" + request.query);
  if (!send(step, std::move(request), exchange)) return false;
  if (exchange.response.status != step.status) {
    fail(step, shortened(url) + ": " + std::to_string(exchange.response.status) + " in place of " +
                   std::to_string(step.status) + ": " + shortened(exchange.response.body));
    return false;
  }
  bool fine = true;
  for (const Expectation& expectation : step.expectations) {
    if (!check(step, expectation, exchange)) fine = false;
  }
  return fine;
}

// "given Patient/p{1..9} {…}" puts nine; {i} in the body is the number.
bool Runner::run_given(const Step& step) {
  std::string target = expand(step.target);
  int first = 0, last = 0;
  const std::size_t brace = target.find('{');
  if (brace != std::string::npos && std::sscanf(target.c_str() + brace, "{%d..%d}", &first, &last) == 2) {
    target.resize(brace);
  }
  const bool is_range = brace != std::string::npos;
  for (int i = first; i <= last; ++i) {
    const std::string number = std::to_string(i);
    const std::string path = is_range ? target + number : target;
    std::string body = expand(step.body);
    for (std::size_t at = body.find("{i}"); is_range && at != std::string::npos; at = body.find("{i}", at)) {
      body.replace(at, 3, number);
    }
    const std::size_t slash = path.find('/');
    http::Request request = make_request("PUT", path);
    request.headers.add("Content-Type", "application/fhir+json");
    request.body = with_type(path.substr(0, slash), path.substr(slash + 1), body);
    Exchange exchange;
    if (!send(step, std::move(request), exchange)) return false;
    if (exchange.response.status != 201 && exchange.response.status != 200) {
      fail(step,
           "given " + path + ": " + std::to_string(exchange.response.status) + " " + shortened(exchange.response.body));
      return false;
    }
  }
  return true;
}

}  // namespace vesta::tests
