// Negotiation: which formats a request asks for and brings. https://hl7.org/fhir/R4/http.html#mime-type
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "http/message.h"
#include "ops/call.h"

namespace vesta::ops {

// Takes _format and _pretty out of the call's parameters. A value that is not offered: the 406 to answer with.
std::optional<http::Response> negotiate_response(Call& call, std::string& content_type);
enum class BodyKind { resource, form, patch };  // a form: of a search
// A body of another media type than these have: the 415 to answer with.
std::optional<http::Response> check_content_type(const http::Request& request, BodyKind kind);

}  // namespace vesta::ops
