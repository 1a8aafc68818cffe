// The scenario runner: sends the requests of the steps and judges the answers.
#include "tests/scenarios/runner/runner.h"

#include <algorithm>
#include <regex>
#include <set>
#include <sstream>

#include "fhir/json.h"

namespace vesta::tests {
namespace {

constexpr std::int64_t kStepMicroseconds = 1'000'000;  // the clock between two requests
constexpr int kMaxPages = 200;

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

std::string join(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : " ") + word;
  return out.empty() ? "-" : out;
}

std::string shortened(const std::string& text) {
  constexpr std::size_t kShown = 900;
  return text.size() <= kShown ? text : text.substr(0, kShown) + "…";
}

http::Method to_method(std::string_view name) {
  for (const http::Method method : {http::Method::get, http::Method::head, http::Method::post, http::Method::put,
                                    http::Method::delete_, http::Method::patch, http::Method::options}) {
    if (http::to_string(method) == name) return method;
  }
  return http::Method::other;
}

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// True if `text` holds `wanted` as a whole path or name, not as a part of a longer one.
bool names(std::string_view text, std::string_view wanted) {
  for (std::size_t at = text.find(wanted); at != std::string_view::npos; at = text.find(wanted, at + 1)) {
    const std::size_t end = at + wanted.size();
    const bool left = at == 0 || !is_word(text[at - 1]) || !is_word(wanted.front());
    const bool right = end == text.size() || !is_word(text[end]) || !is_word(wanted.back());
    if (left && right) return true;
  }
  return false;
}

std::vector<std::string> texts_at(const JsonValue& json, std::string_view path) {
  std::vector<std::string> out;
  for (const JsonValue* value : select(json, path).value_or(std::vector<const JsonValue*>{})) {
    out.push_back(value->as_text());
  }
  return out;
}

std::string next_link(const JsonValue& bundle) {
  const JsonValue* links = bundle.find("link");
  if (links == nullptr) return {};
  for (const JsonValue& link : links->items) {
    const JsonValue* relation = link.find("relation");
    const JsonValue* url = link.find("url");
    if (relation != nullptr && relation->text == "next" && url != nullptr) return url->text;
  }
  return {};
}

bool issue_names(const JsonValue& issue, std::string_view wanted) {
  for (const auto* path : {"$.diagnostics", "$.details.text"}) {
    for (const auto& text : texts_at(issue, path)) {
      if (names(text, wanted)) return true;
    }
  }
  return false;
}

// The outcome has an error whose expression is the path, or whose diagnostics name it. Of an element that is missing or
// unknown the expression may be the parent, if the diagnostics name the element. For an entry anything inside of it will do.
bool outcome_names(const JsonValue& outcome, std::string_view wanted) {
  const JsonValue* issues = outcome.find("issue");
  if (issues == nullptr) return false;
  const std::size_t dot = wanted.rfind('.');
  const bool is_entry = wanted.starts_with("Bundle.entry[") && wanted.ends_with("]");
  for (const JsonValue& issue : issues->items) {
    if (issue_names(issue, wanted)) return true;
    for (const auto& text : texts_at(issue, "$.expression[*]")) {
      if (text == wanted || (is_entry && text.starts_with(std::string(wanted) + "."))) return true;
      if (dot != std::string_view::npos && text == wanted.substr(0, dot) && issue_names(issue, wanted.substr(dot + 1))) {
        return true;
      }
    }
  }
  return false;
}

std::string with_type(std::string_view type, std::string_view id, std::string_view body) {
  std::string out = R"({"resourceType":")" + std::string(type) + "\"";
  if (!id.empty()) out += R"(,"id":")" + std::string(id) + "\"";
  std::string_view rest = body.substr(std::min<std::size_t>(1, body.size()));
  const std::size_t first = rest.find_first_not_of(" \t\n");
  if (first != std::string_view::npos && rest[first] != '}') out += ',';
  return out.append(rest);
}

bool wants_no_body(const http::Request& request, const http::Response& response) {
  return request.method == http::Method::head || response.status == 304 || response.status == 204;
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
    case Step::Kind::exchange: return run_exchange(step);
    case Step::Kind::given: return run_given(step);
    case Step::Kind::find:
    case Step::Kind::order: return run_search(step);
    case Step::Kind::reject: return run_reject(step);
    case Step::Kind::accept: return run_accept(step);
    case Step::Kind::refuse: return run_refuse(step);
    case Step::Kind::advance: world_.advance(step.status * std::int64_t{1'000'000}); return true;
    case Step::Kind::let: variables_[step.target] = expand(step.body); return true;
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
  if (!out.response.body.empty()) out.json = parse_json(out.response.body);
  return check_always(step, sent, out);
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
  if (response.status >= 400) {
    const auto severities = exchange.json ? texts_at(*exchange.json, "$.issue[*].severity") : std::vector<std::string>{};
    const auto codes = exchange.json ? texts_at(*exchange.json, "$.issue[*].code") : std::vector<std::string>{};
    if (severities.empty() || codes.empty() || texts_at(*exchange.json, "$.resourceType")[0] != "OperationOutcome") {
      fail(step, "an error without an OperationOutcome: " + shown);
      return false;
    }
  }
  if (!response.body.empty()) {
    const std::string_view media_type = response.headers.get("Content-Type");
    if (!media_type.starts_with("application/fhir+json") && !media_type.starts_with("application/json")) {
      fail(step, "Content-Type is " + std::string(media_type));
      return false;
    }
    std::string padded = response.body;
    padded.reserve(padded.size() + fhir::kJsonPadding);
    if (const auto error = world_.resource_error(padded)) {
      fail(step, "the answer is no FHIR resource: " + *error + ": " + shown);
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
      fail(step, "given " + path + ": " + std::to_string(exchange.response.status) + " " +
                     shortened(exchange.response.body));
      return false;
    }
  }
  return true;
}

// All ids of a search, page after page, by the links alone.
bool Runner::follow_pages(const Step& step, const std::string& target, std::vector<std::string>& ids) {
  std::string url = target;
  for (int page = 0; page < kMaxPages && !url.empty(); ++page) {
    Exchange exchange;
    if (!send(step, make_request("GET", url), exchange)) return false;
    if (exchange.response.status != 200 || !exchange.json) {
      fail(step, "GET " + url + ": " + std::to_string(exchange.response.status) + " " +
                     shortened(exchange.response.body));
      return false;
    }
    for (auto& id : texts_at(*exchange.json, "$.entry[*].resource.id")) ids.push_back(std::move(id));
    url = next_link(*exchange.json);
  }
  if (!url.empty()) fail(step, "more than " + std::to_string(kMaxPages) + " pages");
  return url.empty();
}

// The same question four ways: as it is, in pages of two, by POST, and counted.
bool Runner::run_search(const Step& step) {
  const std::string target = expand(step.target);
  const std::string more = target.find('?') == std::string::npos ? "?" : "&";
  const bool counted = target.find("_count=") != std::string::npos;
  std::vector<std::string> wanted = words_of(expand(step.text));
  const bool ordered = step.kind == Step::Kind::order;
  const auto check_ids = [&](std::vector<std::string> ids, const char* how) {
    if (!ordered) {
      std::sort(wanted.begin(), wanted.end());
      std::sort(ids.begin(), ids.end());
    }
    if (ids == wanted) return true;
    fail(step, target + " (" + how + "): " + join(ids) + " in place of " + join(wanted));
    return false;
  };

  std::vector<std::string> ids;
  if (!follow_pages(step, target, ids) || !check_ids(ids, "GET")) return false;
  ids.clear();
  if (!counted && (!follow_pages(step, target + more + "_count=2", ids) || !check_ids(ids, "pages of two"))) return false;

  Exchange total;
  if (!send(step, make_request("GET", target + more + "_summary=count"), total)) return false;
  const auto totals = total.json ? texts_at(*total.json, "$.total") : std::vector<std::string>{};
  if (totals != std::vector<std::string>{std::to_string(wanted.size())}) {
    fail(step, target + " (_summary=count): total " + join(totals) + " in place of " + std::to_string(wanted.size()));
    return false;
  }

  const std::size_t question = target.find('?');
  http::Request post = make_request("POST", target.substr(0, question) + "/_search");
  post.headers.add("Content-Type", "application/x-www-form-urlencoded");
  post.body = question == std::string::npos ? "" : target.substr(question + 1);
  post.body += post.body.empty() ? "_total=accurate" : "&_total=accurate";
  if (!counted) post.body += "&_count=1000";
  Exchange posted;
  if (!send(step, std::move(post), posted)) return false;
  if (posted.response.status != 200 || !posted.json) {
    fail(step, "POST _search: " + std::to_string(posted.response.status) + " " + shortened(posted.response.body));
    return false;
  }
  if (texts_at(*posted.json, "$.total") != totals) {
    fail(step, target + " (POST, _total=accurate): " + join(texts_at(*posted.json, "$.total")));
    return false;
  }
  return counted || check_ids(texts_at(*posted.json, "$.entry[*].resource.id"), "POST");
}

// The same wrong resource by POST, by PUT, and in a transaction.
bool Runner::run_reject(const Step& step) {
  const std::string type = expand(step.target);
  const std::string body = expand(step.body);
  const std::string wanted = expand(step.text);
  const std::string bundle = R"({"resourceType":"Bundle","type":"transaction","entry":[)"
                             R"({"request":{"method":"POST","url":"Basic"},"resource":{"resourceType":"Basic",)"
                             R"("code":{"text":"fine"}}},{"request":{"method":"POST","url":")" +
                             type + R"("},"resource":)" + with_type(type, "", body) + "}]}";
  struct Way {
    const char* method;
    std::string target;
    std::string body;
  };
  const std::vector<Way> ways = {{"POST", type, with_type(type, "", body)},
                                 {"PUT", type + "/wrong", with_type(type, "wrong", body)},
                                 {"POST", "", bundle}};
  for (const Way& way : ways) {
    http::Request request = make_request(way.method, way.target);
    request.headers.add("Content-Type", "application/fhir+json");
    request.body = way.body;
    Exchange exchange;
    if (!send(step, std::move(request), exchange)) return false;
    const std::string shown = std::string(way.method) + " " + shortened(way.target + " " + body) + ": " +
                              std::to_string(exchange.response.status) + " " + shortened(exchange.response.body);
    if (exchange.response.status != 400 && exchange.response.status != 422) {
      fail(step, "not refused: " + shown);
      return false;
    }
    // In a Bundle the path may begin at the entry.
    std::string in_bundle = wanted;
    if (wanted == type || wanted.starts_with(type + ".")) {
      in_bundle = "Bundle.entry[1].resource" + wanted.substr(type.size());
    }
    if (!exchange.json || (!outcome_names(*exchange.json, wanted) && !outcome_names(*exchange.json, in_bundle))) {
      fail(step, "does not name " + wanted + ": " + shown);
      return false;
    }
  }
  return true;
}

bool Runner::run_accept(const Step& step) {
  const std::string type = expand(step.target);
  http::Request request = make_request("POST", type);
  request.headers.add("Content-Type", "application/fhir+json");
  request.body = with_type(type, "", expand(step.body));
  auto sent = parse_json(request.body);
  Exchange created;
  if (!send(step, std::move(request), created)) return false;
  if (created.response.status != 201 || !sent) {
    fail(step, "not accepted: " + std::to_string(created.response.status) + " " + shortened(created.response.body));
    return false;
  }
  std::string location(created.response.headers.get("Location"));
  location = location.substr(0, location.find("/_history"));
  Exchange read;
  if (!send(step, make_request("GET", location), read)) return false;
  if (read.response.status != 200 || !read.json) {
    fail(step, "not read back: " + location + ": " + std::to_string(read.response.status));
    return false;
  }
  for (JsonValue* side : {&*sent, &*read.json}) {
    side->erase("id");
    if (JsonValue* meta = side->find("meta")) {
      meta->erase("versionId");
      meta->erase("lastUpdated");
      if (meta->members.empty()) side->erase("meta");
    }
  }
  if (const auto difference = first_difference(*sent, *read.json)) {
    fail(step, "read back otherwise than sent: " + *difference);
    return false;
  }
  return true;
}

bool Runner::run_refuse(const Step& step) {
  Exchange exchange;
  if (!send(step, make_request(step.method, expand(step.target)), exchange)) return false;
  const std::string shown = step.method + " " + expand(step.target) + ": " + std::to_string(exchange.response.status) +
                            " " + shortened(exchange.response.body);
  if (exchange.response.status != step.status) {
    fail(step, shown + " in place of " + std::to_string(step.status));
    return false;
  }
  const std::string wanted = expand(step.text);
  if (!wanted.empty() && (!exchange.json || !outcome_names(*exchange.json, wanted))) {
    fail(step, "does not name " + wanted + ": " + shown);
    return false;
  }
  return true;
}

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
    case Kind::path_absent: fine = found.empty(); break;
    case Kind::path_present: fine = !found.empty(); break;
    case Kind::path_size: {
      std::size_t size = found.size();
      if (path.find("[*]") == std::string::npos) size = found.empty() ? 0 : found[0]->items.size();
      fine = std::to_string(size) == expand(expectation.text);
      break;
    }
    case Kind::path_matches: return found.empty() ? (fail(step, shown), false) : match(step, expectation, found[0]->as_text());
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
    case Kind::header_equals: case Kind::header_matches: case Kind::header_absent: case Kind::header_present:
      return check_header(step, expectation, exchange);
    case Kind::path_equals: case Kind::path_matches: case Kind::path_absent: case Kind::path_present: case Kind::path_size:
      return check_path(step, expectation, exchange);
    case Kind::body_matches: return match(step, expectation, body);
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
