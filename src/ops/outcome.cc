// Rendering of errors. https://hl7.org/fhir/R4/http.html#Status-Codes
#include "ops/outcome.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "json/tokens.h"

namespace vesta::ops {
namespace {

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::fatal:
      return "fatal";
    case Severity::error:
      return "error";
    case Severity::warning:
      return "warning";
    case Severity::information:
      return "information";
  }
  return "error";
}

// FHIR's strings have no control characters but tabs and line ends. https://hl7.org/fhir/R4/datatypes.html#string
bool is_forbidden(char c) {
  return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
}

// Messages may quote what a client sent, whatever bytes it was made of.
void append_text(std::string_view text, std::string& out) {
  const bool is_utf8 = valid_utf8(text);
  if (is_utf8 && std::none_of(text.begin(), text.end(), is_forbidden)) {
    json::append_string(text, out);
    return;
  }
  std::string clean(text);
  for (char& c : clean) {
    if (is_forbidden(c) || (!is_utf8 && static_cast<unsigned char>(c) >= 0x80)) c = '?';
  }
  json::append_string(clean, out);
}

}  // namespace

OutcomeRule outcome_rule(Category category) {
  switch (category) {
    case Category::invalid:
      return {400, "invalid"};
    case Category::unprocessable:
      return {422, "business-rule"};
    case Category::unauthenticated:
      return {401, "login"};
    case Category::forbidden:
      return {403, "forbidden"};
    case Category::not_found:
      return {404, "not-found"};
    case Category::gone:
      return {410, "deleted"};
    case Category::conflict:
      return {409, "conflict"};
    case Category::precondition:
      return {412, "conflict"};
    case Category::unsupported:
      return {400, "not-supported"};
    case Category::too_large:
      return {413, "too-long"};
    case Category::throttled:
      return {429, "throttled"};
    case Category::busy:
      return {503, "throttled"};
    case Category::unavailable:
      return {503, "transient"};
    case Category::internal:
      break;
  }
  return {500, "exception"};
}

void append_outcome(std::span<const Issue> issues, std::string& out) {
  out += R"({"resourceType":"OperationOutcome","issue":[)";
  bool first = true;
  for (const Issue& issue : issues) {
    if (!std::exchange(first, false)) out += ',';
    out += R"({"severity":")";
    out += to_string(issue.severity);
    out += R"(","code":")";
    out += issue.code.empty() ? "invalid" : issue.code;
    out += '"';
    if (!issue.diagnostics.empty()) {
      out += R"(,"diagnostics":)";
      append_text(issue.diagnostics, out);
    }
    if (!issue.expression.empty()) {
      out += R"(,"expression":[)";
      append_text(issue.expression, out);
      out += ']';
    }
    out += '}';
  }
  out += "]}";
}

std::vector<Issue> issues_of(const Error& error) {
  if (!error.issues.empty()) return error.issues;
  return {Issue{Severity::error, std::string(outcome_rule(error.category).code), error.message, {}}};
}

http::Response outcome_response(int status, std::span<const Issue> issues) {
  http::Response response;
  response.status = status;
  response.headers.add("Content-Type", std::string(kFhirJson));
  append_outcome(issues, response.body);
  return response;
}

http::Response error_response(const Error& error) {
  http::Response response = outcome_response(outcome_rule(error.category).status, issues_of(error));
  const bool may_pass = error.category == Category::throttled || error.category == Category::busy ||
                        error.category == Category::unavailable;
  if (may_pass) {
    response.headers.add("Retry-After", "1");
  }
  return response;
}

http::Response refusal(int status, std::string_view code, std::string message) {
  const Issue issue{Severity::error, std::string(code), std::move(message), {}};
  return outcome_response(status, {&issue, 1});
}

std::string status_line(int status) {
  switch (status) {
    case 200:
      return "200 OK";
    case 201:
      return "201 Created";
    case 204:
      return "204 No Content";
    case 304:
      return "304 Not Modified";
    case 400:
      return "400 Bad Request";
    case 404:
      return "404 Not Found";
    case 405:
      return "405 Method Not Allowed";
    case 406:
      return "406 Not Acceptable";
    case 409:
      return "409 Conflict";
    case 410:
      return "410 Gone";
    case 412:
      return "412 Precondition Failed";
    case 413:
      return "413 Content Too Large";
    case 415:
      return "415 Unsupported Media Type";
    case 422:
      return "422 Unprocessable Entity";
    case 500:
      return "500 Internal Server Error";
    case 503:
      return "503 Service Unavailable";
    default:
      return std::to_string(status);
  }
}

}  // namespace vesta::ops
