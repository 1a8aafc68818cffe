// Operations ($name): which are offered where, and what their implementations share.
// https://hl7.org/fhir/R4/operations.html
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"
#include "ops/bundle_writer.h"
#include "ops/call.h"
#include "ops/context.h"
#include "ops/negotiation.h"
#include "store/scratch.h"
#include "store/store.h"

namespace vesta::ops {

struct Operation {
  enum Level : std::uint8_t { system = 1, on_type = 2, instance = 4 };

  std::string_view name;         // without its '$'
  std::string_view type = {};    // empty: of any type, or of the system
  std::uint8_t levels = system;  // of Level, one or several
  std::string_view definition;   // canonical of the OperationDefinition
  Result<http::Response> (*run)(Context&, Call&) = nullptr;
  // https://hl7.org/fhir/R4/operations.html#request: "if the operation affects the state of the server, POST".
  bool affects_state = false;
  bool reads_body = false;       // it is given the Parameters resource as Call::resource; else its values as parameters
  bool has_own_formats = false;  // its answer is no FHIR resource; errors are
  BodyKind body = BodyKind::resource;   // what it reads
  bool takes_any_resource = false;      // of a body: not of Parameters alone
  std::string_view documentation = {};  // what a client must know of it beyond the definition; plain text
};

// What is offered; the CapabilityStatement lists it.
std::span<const Operation> offered_operations();
// The operation that a route of Kind::operation names there; null: it is not offered there.
const Operation* find_operation(const Context& context, const Route& route);

// By GET or POST: the parameters of the query and those of a Parameters resource in the body become one list, then the
// operation of the route runs. Parameters that are not simple values are refused (invalid), unless it reads the body
// itself.
Result<http::Response> run_operation(Context& context, Call& call);

// "Patient/1/$everything": the path that an operation's pages have.
std::string operation_scope(const Context& context, const Route& route);

// One entry of a searchset. `mode`: "match" or "include".
Status append_found(const Context& context, const store::Version& version, const View& view, std::string_view mode,
                    store::Scratch& scratch, BundleWriter& writer, std::string& out);

Result<http::Response> evaluate_fhirpath(Context& context, Call& call);
Result<http::Response> run_graphql(Context& context, Call& call);
Result<http::Response> deidentify_resource(Context& context, Call& call);
Result<http::Response> everything(Context& context, Call& call);  // of a resource that has a compartment
Result<http::Response> lastn(Context& context, Call& call);
Result<http::Response> reindex(Context& context, Call& call);
Result<http::Response> index_status(Context& context, Call& call);
Result<http::Response> run_view_definition(Context& context, Call& call);

}  // namespace vesta::ops
