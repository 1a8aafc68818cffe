// Negotiation: which formats a request asks for and brings. https://hl7.org/fhir/R4/http.html#mime-type
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "ops/format.h"
#include "ops/outcome.h"

namespace vesta::ops {

// What an answer is to look like. It is known before the path is looked at, so that errors of every kind have it.
struct AnswerForm {
  Format format = Format::json;
  std::string_view content_type = kFhirJson;
  bool is_pretty = false;
};

// What a request's parameters and headers say of its answer.
struct Negotiation {
  AnswerForm form{};
  std::vector<http::Parameter> parameters{};         // of the query and of a form, without _format and _pretty
  std::vector<http::Parameter> format_parameters{};  // _format and _pretty as given, for links
  // Whether the answer goes out as it is written, so that it may come in pieces: not where it is written anew, and not
  // where it becomes a part of another.
  bool goes_out_as_written = false;
  // The answer where these cannot be had: 400 for a query that cannot be read.
  std::optional<http::Response> refused{};
  // 406 for a format that is not one of FHIR's: the answer, but of an operation that has formats of its own.
  std::optional<http::Response> refused_format{};
};

// _format before Accept, as https://hl7.org/fhir/R4/http.html#parameters says.
Negotiation negotiate(const http::Request& request);

// A form: of a search. GraphQL: a document, or JSON around one.
enum class BodyKind { resource, form, patch, graphql };
// A body of another media type than these have: the 415 to answer with.
std::optional<http::Response> check_content_type(const http::Request& request, BodyKind kind);
// Whether a body is FHIR by its media type; `application/json` is, where nothing else has that name.
bool has_fhir_body(const http::Request& request);
// The format of a body that was checked to be a resource.
Format body_format(const http::Request& request);

}  // namespace vesta::ops
