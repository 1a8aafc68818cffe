// The table of operations, and the way of their parameters from a query or a Parameters resource.
#include "ops/operations.h"

#include <utility>

#include "ops/graphql.h"
#include "ops/outcome.h"
#include "ops/representation.h"
#include "views/view.h"

namespace vesta::ops {
namespace {

constexpr std::string_view kRunView = "http://sql-on-fhir.org/OperationDefinition/$viewdefinition-run";
constexpr std::string_view kRunViewDocumentation =
    "_format: ndjson (default), csv, json. viewReference: relative (ViewDefinition/1), absolute on this server, "
    "canonical with |version or without. No Binary resource, no source.";

constexpr Operation kOperations[] = {
    {.name = "deidentify",
     .levels = Operation::system | Operation::instance,
     .definition = "urn:vesta:operation:deidentify",
     .run = deidentify_resource,
     .reads_body = true,
     .takes_any_resource = true,
     .documentation = "The body is the resource, or a Bundle of several. Not for those who are shown de-identified "
                      "resources only."},
    {.name = "everything",
     .type = "Encounter",
     .levels = Operation::instance,
     .definition = "http://hl7.org/fhir/OperationDefinition/Encounter-everything",
     .run = everything},
    {.name = "everything",
     .type = "Patient",
     .levels = Operation::on_type | Operation::instance,
     .definition = "http://hl7.org/fhir/OperationDefinition/Patient-everything",
     .run = everything},
    {.name = "fhirpath",
     .levels = Operation::system,
     .definition = "urn:vesta:operation:fhirpath",
     .run = evaluate_fhirpath,
     .reads_body = true},
    {.name = "graphql",
     .levels = Operation::system | Operation::instance,
     .definition = "http://hl7.org/fhir/OperationDefinition/Resource-graphql",
     .run = run_graphql,
     .has_own_formats = true,
     .body = BodyKind::graphql},
    {.name = "lastn",
     .type = "Observation",
     .levels = Operation::on_type,
     .definition = "http://hl7.org/fhir/OperationDefinition/Observation-lastn",
     .run = lastn},
    {.name = "index-status",
     .levels = Operation::system,
     .definition = "urn:vesta:operation:index-status",
     .run = index_status},
    {.name = "reindex",
     .levels = Operation::system | Operation::on_type | Operation::instance,
     .definition = "urn:vesta:operation:reindex",
     .run = reindex,
     .affects_state = true},
    {.name = "viewdefinition-run",
     .levels = Operation::system,
     .definition = kRunView,
     .run = run_view_definition,
     .reads_body = true,
     .has_own_formats = true,
     .documentation = kRunViewDocumentation},
    {.name = "viewdefinition-run",
     .type = views::kViewDefinition,
     .levels = Operation::on_type | Operation::instance,
     .definition = kRunView,
     .run = run_view_definition,
     .reads_body = true,
     .has_own_formats = true,
     .documentation = kRunViewDocumentation},
};

Error bad_parameter(std::string_view name, std::string message) {
  return Error{Category::invalid,
               {},
               {Issue{Severity::error, "value", "Parameter '" + std::string(name) + "' " + std::move(message),
                      std::string(name)}}};
}

// One Parameters.parameter. https://hl7.org/fhir/R4/parameters.html
Result<http::Parameter> read_parameter(const Context& context, const fhir::Node& node) {
  http::Parameter parameter;
  const fhir::Node* value = nullptr;
  std::string_view other;
  for (const fhir::Node& child : node.children()) {
    const std::string_view name = context.definitions.name(child.name);
    if (name == "name") {
      parameter.name = child.value;
    } else if (name == "value") {
      value = &child;
    } else if (name == "resource" || name == "part") {
      other = name;
    }
  }
  if (!other.empty()) return bad_parameter(parameter.name, "must be a simple value, but has a " + std::string(other));
  if (value == nullptr || !value->has_value) return bad_parameter(parameter.name, "has no simple value");
  parameter.value = value->value;
  return parameter;
}

Status read_parameters(const Context& context, const fhir::Node& body, std::vector<http::Parameter>& parameters) {
  for (const fhir::Node& child : body.children()) {
    if (context.definitions.name(child.name) != "parameter") continue;
    VESTA_TRY(http::Parameter parameter, read_parameter(context, child));
    parameters.push_back(std::move(parameter));
    if (parameters.size() > http::kMaxQueryParameters) return make_error(Category::invalid, "Too many parameters.");
  }
  return kOk;
}

}  // namespace

std::span<const Operation> offered_operations() {
  return kOperations;
}

const Operation* find_operation(const Context& context, const Route& route) {
  if (route.kind != Route::Kind::operation) return nullptr;
  const bool is_system = route.type == fhir::kNoType;
  const std::string_view type = is_system ? std::string_view() : context.definitions.type(route.type).name;
  const auto level = is_system ? Operation::system : route.id.empty() ? Operation::on_type : Operation::instance;
  const std::string_view name = std::string_view(route.operation).substr(1);
  for (const Operation& operation : kOperations) {
    const bool is_of_type = operation.type.empty() || operation.type == type;
    if (operation.name == name && is_of_type && (operation.levels & level) != 0) return &operation;
  }
  return nullptr;
}

Result<http::Response> run_operation(Context& context, Call& call) {
  const Operation& operation = *find_operation(context, call.route);
  const bool has_body = call.resource != nullptr || !call.request.body.empty();
  if (operation.body == BodyKind::graphql && is_graphql_body(call.request)) return operation.run(context, call);
  if (call.request.method == http::Method::post && has_body) {
    store::ScratchLease scratch(context.definitions);
    fhir::Node* body = call.resource;
    if (body == nullptr) {
      VESTA_TRY(body, read_any_body(call, *scratch));
    }
    if (!operation.takes_any_resource && context.definitions.type(body->type).name != "Parameters") {
      return make_error(Category::invalid, "The body of an operation is a Parameters resource.");
    }
    if (operation.reads_body) {
      call.resource = body;
      return operation.run(context, call);
    }
    VESTA_CHECK_OK(read_parameters(context, *body, call.parameters));
  }
  return operation.run(context, call);
}

std::string operation_scope(const Context& context, const Route& route) {
  std::string scope(context.definitions.type(route.type).name);
  if (!route.id.empty()) scope += "/" + route.id;
  return scope + "/" + route.operation;
}

Status append_found(const Context& context, const store::Version& version, const View& view, std::string_view mode,
                    store::Scratch& scratch, BundleWriter& writer, std::string& out) {
  writer.begin_entry();
  writer.text("fullUrl", resource_url(context, version.type, version.id));
  writer.key("resource");
  VESTA_CHECK_OK(append_resource(context, version, view, scratch, out));
  writer.begin_object("search");
  writer.text("mode", mode);
  writer.end_object();
  writer.end_entry();
  if (!view.is_whole()) scratch.reset();
  return kOk;
}

}  // namespace vesta::ops
