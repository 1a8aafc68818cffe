// Call: one interaction as it was asked for, by HTTP or by an entry of a batch.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fhir/json.h"
#include "fhir/node.h"
#include "http/message.h"
#include "ops/context.h"
#include "ops/idempotency.h"
#include "ops/request_budget.h"
#include "ops/route.h"
#include "search/query_text.h"
#include "store/scratch.h"

namespace vesta::ops {

// Prefer: return=. https://hl7.org/fhir/R4/http.html#ops
enum class ReturnPreference { unspecified, minimal, representation, operation_outcome };

// Lives for the duration of its request.
struct Call {
  const http::Request& request;
  Route route;
  std::vector<http::Parameter> parameters{};  // of the query and of a form, without _format and _pretty
  std::vector<http::Parameter> format{};      // _format and _pretty as given, for links
  bool explain = false;                       // Prefer: explain
  bool goes_out_as_written = false;           // the answer is read by nobody on its way: it may come in pieces
  ReturnPreference return_preference = ReturnPreference::unspecified;
  search::Handling handling = search::Handling::strict;
  fhir::Node* resource = nullptr;   // the body, where it has been read already: an entry of a batch
  RequestBudget* budget = nullptr;  // of an entry: that of the batch
  KeyedRequest* keyed = nullptr;    // of a write with an idempotency key
  Interaction interaction = Interaction::other;
};

// Which part of a resource is asked for. https://hl7.org/fhir/R4/search.html#elements
struct View {
  fhir::Summary summary = fhir::Summary::none;
  std::optional<std::vector<std::string>> elements;
  bool is_whole() const { return summary == fhir::Summary::none && !elements; }
};

// The view of a call that takes no parameters but _summary and _elements, of resources of `type` (kNoType: of any).
// Errors (invalid): another parameter or the name of no element (unless the client asked for lenient handling, which
// leaves both out), an unknown value.
Result<View> take_view(const Context& context, const Call& call, fhir::TypeId type);
// Removes _summary and _elements from `parameters`.
Result<View> extract_view(const Context& context, const Call& call, fhir::TypeId type,
                          std::vector<http::Parameter>& parameters);
// For interactions that take no parameters. Errors (invalid): there is one, and handling is strict.
Status refuse_parameters(const Call& call);
// An error that names a parameter which nothing took.
Error unknown_parameter(std::string_view name, std::string_view where);
// An error that names a parameter whose value is not what is wanted.
Error bad_value(const http::Parameter& parameter, std::string_view wanted);

// The resource in the body, in the format of its Content-Type; an entry of a batch is read already. Errors (invalid):
// none, not readable.
Result<fhir::Node*> read_any_body(const Call& call, store::Scratch& scratch);
// It must be of the type in the path. Errors (invalid): as above, another type.
Result<fhir::Node*> read_body(const Context& context, const Call& call, store::Scratch& scratch);

// Does the value of If-Match or If-None-Match name this version, or say `*`? Errors (invalid): it is no list of tags.
Result<bool> names_version(std::string_view header, VersionId version);
// Does `If-Match`'s value name this version (0: there is none)? Empty: no condition.
Status check_if_match(std::string_view if_match, VersionId current, bool exists);

}  // namespace vesta::ops
