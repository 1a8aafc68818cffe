// The $graphql operation: GraphQL over HTTP. https://hl7.org/fhir/R4/resource-operation-graphql.html and
// https://graphql.org/learn/serving-over-http/
#include "ops/graphql.h"

#include <set>
#include <utility>

#include "graphql/graphql.h"
#include "http/media_type.h"
#include "json/document.h"
#include "json/tokens.h"
#include "ops/graphql_source.h"
#include "ops/operations.h"
#include "ops/outcome.h"
#include "ops/representation.h"
#include "ops/store_services.h"
#include "store/scratch.h"

namespace vesta::ops {
namespace {

constexpr std::string_view kPlainJson = "application/json;charset=utf-8";

struct GraphqlQuestion {
  std::string document;
  std::string variables;  // JSON, or empty
  std::string operation_name;
};

std::string essence_of(const http::Request& request) {
  const auto type = http::parse_media_type(request.headers.get("Content-Type"));
  return type ? type->essence() : std::string();
}

Status take_parameter(std::string_view name, std::string value, GraphqlQuestion& question) {
  if (name == "query") {
    question.document = std::move(value);
  } else if (name == "variables") {
    question.variables = std::move(value);
  } else if (name == "operationName") {
    question.operation_name = std::move(value);
  } else if (name != "extensions") {  // of which there are none
    return unknown_parameter(name, "$graphql");
  }
  return kOk;
}

// https://graphql.github.io/graphql-over-http/draft/#sec-Request-Parameters
Status take_json(const http::Request& request, GraphqlQuestion& question) {
  VESTA_TRY(const json::Value body, json::parse_value(request.body));
  if (body.kind != json::Value::Kind::object) {
    return make_error(Category::invalid, "The body must be a JSON object with a 'query'.");
  }
  for (const json::Member& member : body.members) {
    const bool is_null = member.value.kind == json::Value::Kind::literal && member.value.text == "null";
    if (is_null) continue;
    std::string text = member.value.text;
    if (member.name == "variables") {
      text.clear();
      json::append_value(member.value, text);
    } else if (member.name != "extensions" && member.value.kind != json::Value::Kind::string) {
      return make_error(Category::invalid, "'" + member.name + "' must be a string.");
    }
    VESTA_CHECK_OK(take_parameter(member.name, std::move(text), question));
  }
  return kOk;
}

// What the URL has, and before it what the body has.
Result<GraphqlQuestion> read_question(const Call& call) {
  GraphqlQuestion question;
  std::set<std::string_view> seen;
  for (const http::Parameter& parameter : call.parameters) {
    if (!seen.insert(parameter.name).second) return bad_value(parameter, "it may be given once");
    VESTA_CHECK_OK(take_parameter(parameter.name, parameter.value, question));
  }
  if (is_graphql_body(call.request)) {
    if (essence_of(call.request) == kGraphqlDocument) {
      question.document = call.request.body;
    } else {
      VESTA_CHECK_OK(take_json(call.request, question));
    }
  }
  if (question.document.empty()) {
    return make_error(Category::invalid, "$graphql needs a 'query': a parameter of the URL, or the body.");
  }
  return question;
}

void append_places(const graphql::Problem& problem, std::string& out) {
  if (!problem.locations.empty()) {
    out += R"(,"locations":[)";
    for (const graphql::Location& location : problem.locations) {
      if (out.back() != '[') out += ',';
      out += R"({"line":)" + std::to_string(location.line) + R"(,"column":)" + std::to_string(location.column) + "}";
    }
    out += ']';
  }
  if (problem.path.empty()) return;
  out += R"(,"path":[)";
  for (const graphql::PathStep& step : problem.path) {
    if (out.back() != '[') out += ',';
    if (const auto* const key = std::get_if<std::string>(&step)) {
      json::append_string(*key, out);
    } else {
      out += std::to_string(std::get<std::size_t>(step));
    }
  }
  out += ']';
}

// "Each error SHOULD include an OperationOutcome in the `resource` property in the graphQL `extensions` element."
// https://hl7.org/fhir/R4/graphql.html#errors
void append_problem(const graphql::Problem& problem, std::string& out) {
  out += R"({"message":)";
  json::append_string(problem.message, out);
  append_places(problem, out);
  out += R"(,"extensions":{"resource":)";
  const Issue issue{Severity::error, problem.code, problem.message, {}};
  append_outcome({&issue, 1}, out);
  out += "}}";
}

// "SHALL return a 200 ok with a "data" field, or a 3xx, 4xx or 5xx response with a graphQL error".
http::Response response_of(const graphql::Answer& answer) {
  http::Response response;
  std::string& out = response.body;
  out = '{';
  if (!answer.problems.empty()) {
    out += R"("errors":[)";
    for (const graphql::Problem& problem : answer.problems) {
      if (out.back() != '[') out += ',';
      append_problem(problem, out);
    }
    out += ']';
  }
  if (answer.has_run) {
    if (out.back() != '{') out += ',';
    out += R"("data":)";
    out += answer.data.empty() ? "null" : answer.data;
  }
  if (answer.data.empty()) response.status = outcome_rule(answer.problems.front().category).status;
  out += '}';
  if (response.status == 503) response.headers.add("Retry-After", "1");
  response.headers.add("Content-Type", std::string(kPlainJson));
  return response;
}

Result<graphql::Answer> ask(Context& context, Call& call) {
  VESTA_TRY(const GraphqlQuestion question, read_question(call));
  GraphqlSource source(context);
  auto document = context.service.compiled.document(question.document);
  if (auto* const problems = std::get_if<std::vector<graphql::Problem>>(&document)) {
    return graphql::Answer{{}, std::move(*problems)};
  }
  graphql::Request request{question.operation_name, question.variables};
  if (call.route.type != fhir::kNoType) {
    VESTA_TRY(request.root, source.read(call.route.type, call.route.id));
  }
  store::ScratchLease scratch(context.definitions);
  StoreServices services(context, *scratch);
  request.host = {&context.clock, &services};
  return graphql::run(context.definitions, *std::get<Compiled::SharedDocument>(document), request, source);
}

}  // namespace

bool is_graphql_body(const http::Request& request) {
  if (request.method != http::Method::post || request.body.empty()) return false;
  const std::string essence = essence_of(request);
  return essence == kGraphqlJson || essence == kGraphqlDocument;
}

// What is wrong is told in GraphQL's form too, whatever it is: its clients look for `errors`.
Result<http::Response> run_graphql(Context& context, Call& call) {
  auto answer = ask(context, call);
  if (answer.ok()) return response_of(*answer);
  graphql::Problem problem = graphql::problem_of(answer.error());
  const std::vector<Issue> issues = issues_of(answer.error());
  problem.code = issues.front().code;
  return response_of({{}, {std::move(problem)}});
}

}  // namespace vesta::ops
