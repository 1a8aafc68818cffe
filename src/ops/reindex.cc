// $reindex and $index-status: operations of this server's own about its index.
//
// The index follows each write by itself. $reindex is for what was written before: it makes the index values of
// resources anew, by the search parameters of now.
#include <algorithm>
#include <string>
#include <utility>

#include "json/tokens.h"
#include "ops/index_jobs.h"
#include "ops/operations.h"
#include "ops/outcome.h"
#include "ops/writes.h"
#include "search/extract.h"
#include "search/visibility.h"

namespace vesta::ops {
namespace {

Error not_here() {
  return make_error(Category::unsupported, "Nothing is indexed in the background here.");
}

// The index is of all resources: it is for those who may change everything that defines what is indexed.
bool may_index(const Context& context) {
  const CustomParameters* const parameters = context.service.parameters;
  const access::Grant& grant = context.store.grant();
  return grant.is_everything() ||
         (parameters != nullptr && grant.of(access::Action::update).sees_all(parameters->type()));
}

std::string status_url(const Context& context, std::string_view job) {
  return context.base_url + "/$index-status?job=" + std::string(job);
}

// [base]/Patient/1/$reindex: at once.
Result<http::Response> reindex_one(Context& context, const Call& call) {
  const std::string name = std::string(context.definitions.type(call.route.type).name) + "/" + call.route.id;
  store::ScratchLease scratch(context.definitions);
  return with_retries([&]() -> Result<http::Response> {
    VESTA_TRY(const Current current, context.store.read(call.route.type, call.route.id));
    if (!current) return make_error(Category::not_found, "There is no " + name + ".");
    if (current->deleted) return make_error(Category::gone, name + " was deleted.");
    store::WriteSet writes;
    writes.generation = context.registry.generation();
    VESTA_TRY(const fhir::Node* const tree, scratch->read(*current));
    store::Write write;
    write.kind = store::Write::Kind::index;
    write.type = current->type;
    write.id = current->id;
    write.expected = current->version;
    VESTA_TRY(write.added, search::extract(context.registry, *tree, scratch->arena));
    writes.writes.push_back(std::move(write));
    VESTA_TRY(const std::vector<store::Written> written, context.store.commit(writes));
    const std::string done = written.front().changed ? "The index values of " + name + " were made anew."
                                                     : "The index values of " + name + " are as they should be.";
    const Issue issue{Severity::information, "informational", done, {}};
    return outcome_response(200, {&issue, 1});
  });
}

void append_part(std::string_view name, std::string_view type, std::string_view value, std::string& out) {
  if (out.back() != '[') out += ',';
  out.append(R"({"name":")").append(name).append(R"(","value)").append(type).append("\":");
  if (type == "String") {
    json::append_string(value, out);
  } else {
    out += value;
  }
  out += '}';
}

// What a job finds is for those who see all of its types: how many resources there are, of which types those are that
// contain others, and that a pass had something to change, which answers a question that a SearchParameter can ask.
bool shows_findings(const Context& context, const IndexJob& job) {
  const search::Visibility& counted = context.store.grant().of(access::Action::count);
  return std::ranges::all_of(job.types, [&](fhir::TypeId type) { return counted.sees_all(type); });
}

void append_job(const Context& context, const IndexJob& job, std::string& out) {
  append_part("job", "String", job.id, out);
  append_part("kind", "String", to_string(job.kind), out);
  append_part("status", "String", to_string(job.state), out);
  if (!shows_findings(context, job)) return;
  std::string types;
  for (const fhir::TypeId type : job.types) {
    if (types.size() > 500) {
      types += ", …";
      break;
    }
    types += (types.empty() ? "" : ", ") + std::string(context.definitions.type(type).name);
  }
  append_part("types", "String", types, out);
  append_part("pass", "Integer", std::to_string(job.pass), out);
  append_part("looked-at", "Integer", std::to_string(job.done), out);
  append_part("total", "Integer", std::to_string(job.total), out);
  append_part("indexed", "Integer", std::to_string(job.indexed), out);
  append_part("failed", "Integer", std::to_string(job.failed), out);
}

http::Response parameters_response(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.headers.add("Content-Type", std::string(kFhirJson));
  response.body = std::move(body);
  return response;
}

constexpr std::string_view kParametersHead = R"({"resourceType":"Parameters","parameter":[)";

http::Response all_jobs(const Context& context, const std::vector<IndexJob>& jobs) {
  std::string body(kParametersHead);
  for (const IndexJob& job : jobs) {
    if (body.back() != '[') body += ',';
    body += R"({"name":"job","part":[)";
    append_job(context, job, body);
    body += "]}";
  }
  if (!jobs.empty()) return parameters_response(200, body + "]}");
  return parameters_response(200, R"({"resourceType":"Parameters"})");
}

}  // namespace

// For one resource at once; for a type or the whole store as a job, by https://hl7.org/fhir/R4/async.html.
Result<http::Response> reindex(Context& context, Call& call) {
  VESTA_CHECK_OK(refuse_parameters(call));
  if (!call.route.id.empty()) return reindex_one(context, call);
  if (!may_index(context)) {
    return make_error(Category::forbidden, "Only those who may change any SearchParameter may index anew.");
  }
  if (context.service.index_jobs == nullptr) return not_here();
  std::vector<fhir::TypeId> types;
  for (fhir::TypeId id = 0; id < context.definitions.types().size(); ++id) {
    const fhir::Type& type = context.definitions.type(id);
    const bool is_resource = type.kind == fhir::TypeKind::resource && !type.is_abstract;
    if (is_resource && (call.route.type == fhir::kNoType || call.route.type == id)) types.push_back(id);
  }
  VESTA_TRY(const std::string job, context.service.index_jobs->reindex(std::move(types)));
  const Issue issue{
      Severity::information, "informational", "Indexing goes on in the background as job " + job + ".", {}};
  http::Response response = outcome_response(202, {&issue, 1});
  response.headers.add("Content-Location", status_url(context, job));
  return response;
}

// Without `job`: all that are remembered. With it: 202 while it runs, with X-Progress, 200 once it has ended. There are
// none for those who may not index.
Result<http::Response> index_status(Context& context, Call& call) {
  if (context.service.index_jobs == nullptr) return not_here();
  std::string wanted;
  for (const http::Parameter& parameter : call.parameters) {
    if (parameter.name == "job") {
      wanted = parameter.value;
    } else if (call.handling == search::Handling::strict) {
      return unknown_parameter(parameter.name, "$index-status");
    }
  }
  const std::vector<IndexJob> jobs = may_index(context) ? context.service.index_jobs->jobs() : std::vector<IndexJob>();
  if (wanted.empty()) return all_jobs(context, jobs);
  const auto job = std::ranges::find(jobs, wanted, &IndexJob::id);
  if (job == jobs.end()) return make_error(Category::not_found, "There is no index job '" + wanted + "'.");
  std::string body(kParametersHead);
  append_job(context, *job, body);
  const bool is_running = job->state == IndexJob::State::running;
  http::Response response = parameters_response(is_running ? 202 : 200, body + "]}");
  if (is_running) {
    if (shows_findings(context, *job)) {
      response.headers.add("X-Progress", "pass " + std::to_string(job->pass) + ": " + std::to_string(job->done) +
                                             " of " + std::to_string(job->total) + " resources");
    }
    response.headers.add("Retry-After", "1");
  }
  return response;
}

}  // namespace vesta::ops
