// The CapabilityStatement: generated from the Definitions and the Registry, so that it says what is built.
// https://hl7.org/fhir/R4/capabilitystatement.html
#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir/json.h"
#include "fhir/search_param_type.h"
#include "fhir/structure_url.h"
#include "json/tokens.h"
#include "ops/interactions.h"
#include "ops/operations.h"
#include "ops/outcome.h"
#include "ops/representation.h"
#include "ops/searchable.h"
#include "ops/writes.h"
#include "search/chains.h"

namespace vesta::ops {
namespace {

// The values that _include and _revinclude take, by the type that is searched.
struct Includes {
  explicit Includes(const Context& context) : forward(context.definitions.types().size()), reverse(forward.size()) {
    for (std::size_t id = 0; id < forward.size(); ++id) {
      const auto type = static_cast<fhir::TypeId>(id);
      for (const search::Parameter* parameter : context.registry.parameters_of(type)) add(context, *parameter);
    }
  }
  void add(const Context& context, const search::Parameter& parameter) {
    const bool is_reference = parameter.kind == fhir::SearchParamType::reference;
    if (!is_reference || !is_searchable(context, parameter)) return;
    if (!search::reason_not_to_follow(context.registry, parameter).empty()) return;
    const std::string name =
        std::string(context.definitions.type(parameter.type).name) + ":" + std::string(parameter.code);
    forward[parameter.type].push_back(name);
    for (const fhir::TypeId target : search::targets_of(context.registry, parameter)) reverse[target].push_back(name);
  }
  std::vector<std::vector<std::string>> forward, reverse;
};

// Names of types and parameters need no escapes.
void append_includes(std::string_view element, const std::vector<std::string>& values, std::string& out) {
  if (values.empty()) return;
  out += ",\"";
  out += element;
  out += R"(":["*")";
  for (const std::string& value : values) out.append(",\"").append(value).append("\"");
  out += ']';
}

void append_parameter(std::string_view name, std::string_view url, std::string_view type, bool& first,
                      std::string& out) {
  if (!std::exchange(first, false)) out += ',';
  out += R"({"name":")";
  out += name;
  out += R"(","definition":)";
  json::append_string(url, out);
  out += R"(,"type":")";
  out += type;
  out += R"("})";
}

void append_codes(std::span<const std::string_view> codes, std::string& out) {
  bool first = true;
  out += R"("interaction":[)";
  for (std::string_view code : codes) {
    if (!std::exchange(first, false)) out += ',';
    out += R"({"code":")";
    out += code;
    out += R"("})";
  }
  out += ']';
}

constexpr std::string_view kTypeInteractions[] = {
    "read", "vread", "update", "patch", "delete", "history-instance", "history-type", "create", "search-type"};
constexpr std::string_view kInteractionsOfKept[] = {"read",         "vread",  "history-instance",
                                                    "history-type", "create", "search-type"};
constexpr std::string_view kSystemInteractions[] = {"transaction", "batch", "search-system", "history-system"};

// Of a type, or of the system, where `type` is empty. An operation of every type stands at each of them and, if it is
// one of the system too, there.
void append_operations(std::string_view type, std::string& out) {
  bool first = true;
  for (const Operation& operation : offered_operations()) {
    const bool is_of_all = operation.type.empty();
    const unsigned levels = type.empty() ? Operation::system : Operation::on_type | Operation::instance;
    if (is_of_all ? (operation.levels & levels) == 0 : operation.type != type) continue;
    out += std::exchange(first, false) ? R"(,"operation":[)" : ",";
    out += R"({"name":")";
    out += operation.name;
    out += R"(","definition":")";
    out += operation.definition;
    out += '"';
    if (!operation.documentation.empty() && (type.empty() || !is_of_all)) {
      out += R"(,"documentation":)";
      json::append_string(operation.documentation, out);
    }
    out += '}';
  }
  if (!first) out += ']';
}

using Mode = StatementMode;

void append_type(const Context& context, fhir::TypeId id, const Includes& includes, Mode mode, std::string& out) {
  const std::string_view name = context.definitions.type(id).name;
  out += R"({"type":")";
  out += name;
  out += R"(","profile":")";
  out += fhir::r4_structure_url(id);
  out += R"(",)";
  const bool is_kept = is_kept_as_made(context, id);
  append_codes(is_kept ? std::span<const std::string_view>(kInteractionsOfKept) : kTypeInteractions, out);
  // Elements that the definition marks as trial use.
  if (mode == Mode::full) {
    out += R"(,"versioning":"versioned-update","readHistory":true,"updateCreate":)";
    out += is_kept ? "false" : "true";
    out += R"(,"conditionalCreate":true,"conditionalRead":"full-support",)";
    out += is_kept ? R"("conditionalUpdate":false,"conditionalDelete":"not-supported")"
                   : R"("conditionalUpdate":true,"conditionalDelete":"single")";
    out += R"(,"referencePolicy":["literal","logical"])";
    append_includes("searchInclude", includes.forward[id], out);
    append_includes("searchRevInclude", includes.reverse[id], out);
  }
  out += R"(,"searchParam":[)";
  bool first = true;
  for (const search::Parameter* parameter : context.registry.parameters_of(id)) {
    if (!is_searchable(context, *parameter)) continue;
    append_parameter(parameter->code, parameter->definition->url, fhir::code_of(parameter->kind), first, out);
  }
  out += ']';
  append_operations(name, out);
  out += '}';
}

// Those that can be searched: `/Patient/1/Observation`.
void append_compartments(const Context& context, std::string& out) {
  bool first = true;
  for (const fhir::Compartment& compartment : context.definitions.compartments()) {
    out += std::exchange(first, false) ? R"(,"compartment":[)" : ",";
    json::append_string(compartment.url, out);
  }
  if (!first) out += ']';
}

// Interactions of the whole system, and the parameters that every type has.
// https://hl7.org/fhir/smart-app-launch/STU2.2/conformance.html#declaring-support-for-oauth2-endpoints
void append_security(const std::string& token_endpoint, std::string& out) {
  if (token_endpoint.empty()) {
    out += R"("security":{"description":"Nobody is asked who they are (--open)."},)";
    return;
  }
  out += R"("security":{"extension":[{"url":"http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris",)"
         R"("extension":[{"url":"token","valueUri":)";
  json::append_string(token_endpoint, out);
  out += R"(}]}],"service":[{"coding":[{"system":)"
         R"("http://terminology.hl7.org/CodeSystem/restful-security-service","code":"SMART-on-FHIR"}]}]},)";
}

void append_rest(const Context& context, Mode mode, std::string& out) {
  out += R"("rest":[{"mode":"server","documentation":"All resource types of FHIR R4. )"
         R"(Writes with an Idempotency-Key are made once, however often they are sent within 24 hours.",)";
  append_security(context.service.token_endpoint, out);
  out += R"("resource":[)";
  const Includes includes(context);
  bool first = true;
  for (fhir::TypeId id = 0; id < context.definitions.types().size(); ++id) {
    const fhir::Type& type = context.definitions.type(id);
    if (type.kind != fhir::TypeKind::resource || type.is_abstract) continue;
    if (!std::exchange(first, false)) out += ',';
    append_type(context, id, includes, mode, out);
  }
  out += "],";
  append_codes(kSystemInteractions, out);
  const auto resource = context.definitions.find_type("Resource");
  bool first_parameter = true;
  std::string parameters;
  for (const search::Parameter* parameter : context.registry.parameters_of(context.vocabulary.bundle)) {
    const auto& base = parameter->definition->base;
    if (!is_searchable(context, *parameter) || !resource ||
        std::find(base.begin(), base.end(), *resource) == base.end())
      continue;
    append_parameter(parameter->code, parameter->definition->url, fhir::code_of(parameter->kind), first_parameter,
                     parameters);
  }
  if (!parameters.empty()) out += R"(,"searchParam":[)" + parameters + "]";
  append_operations({}, out);
  append_compartments(context, out);
  out += "}]";
}

Result<Mode> take_mode(Call& call) {
  Mode mode = Mode::full;
  for (const http::Parameter& parameter : call.parameters) {
    if (parameter.name != "mode") continue;
    if (parameter.value == "full") {
      mode = Mode::full;
    } else if (parameter.value == "normative") {
      mode = Mode::normative;
    } else if (parameter.value == "terminology") {
      mode = Mode::terminology;
    } else {
      return Error{Category::invalid,
                   {},
                   {Issue{Severity::error, "value",
                          "'" + parameter.value + "' is no mode; there are full, normative and terminology.", "mode"}}};
    }
  }
  std::erase_if(call.parameters, [](const auto& each) { return each.name == "mode"; });
  return mode;
}

// What both kinds of statement begin with.
void append_head(const Context& context, Mode mode, std::string& out) {
  out += R"({"resourceType":")";
  out += mode == Mode::terminology ? "TerminologyCapabilities" : "CapabilityStatement";
  out += R"(","status":"active","date":")";
  out += instant_text(context.service.started);
  out += R"(","kind":"instance","software":{"name":"Vesta","version":)";
  json::append_string(context.service.software_version, out);
  out += R"(},"implementation":{"description":"Vesta, a FHIR server","url":)";
  json::append_string(context.base_url, out);
  out += '}';
}

// The same for everybody, and changes with SearchParameters of the store alone: for a minute a cache may be behind.
constexpr const char* kForCaches = "public, max-age=60";

std::string make_statement(const Context& context, Mode mode) {
  std::string out;
  append_head(context, mode, out);
  if (mode != Mode::terminology) {
    out += R"(,"fhirVersion":")";
    out += context.definitions.fhir_version();
    out += R"(","format":["application/fhir+json","json","application/fhir+xml","xml"],)"
           R"("patchFormat":["application/json-patch+json","application/xml-patch+xml","application/fhir+json",)"
           R"("application/fhir+xml"],)";
    append_rest(context, mode, out);
  }
  out += '}';
  return out;
}

Result<std::string> part_of(const Context& context, const std::string& statement, const View& view) {
  store::ScratchLease scratch(context.definitions);
  VESTA_TRY(const fhir::Node* const tree, scratch->read_json(statement, statement.capacity()));
  std::string part;
  fhir::JsonWriteOptions options;
  options.summary = view.summary;
  options.elements = view.elements ? &*view.elements : nullptr;
  fhir::write_json(context.definitions, *tree, options, part);
  return part;
}

}  // namespace

// A statement is some 300 kB and takes milliseconds: it is made once for each state of the Registry. That of
// terminology names no code system and no operation, as there are none.
Result<http::Response> capabilities(Context& context, Call& call) {
  VESTA_TRY(const Mode mode, take_mode(call));
  const auto statement =
      context.service.statements.get(mode, context.registry.edition(), [&] { return make_statement(context, mode); });
  http::Response response;
  const auto type = context.definitions.find_resource_type(mode == Mode::terminology ? "TerminologyCapabilities"
                                                                                     : "CapabilityStatement");
  VESTA_TRY(const View view, take_view(context, call, type.value_or(fhir::kNoType)));
  if (view.is_whole()) {
    response.body = *statement;
  } else {
    VESTA_TRY(response.body, part_of(context, *statement, view));
  }
  response.headers.add("Content-Type", std::string(kFhirJson));
  response.headers.add("Cache-Control", kForCaches);
  return response;
}

}  // namespace vesta::ops
