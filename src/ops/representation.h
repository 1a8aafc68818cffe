// Representations: a stored version as text and as a response with its headers.
#pragma once

#include <string>
#include <string_view>

#include "ops/call.h"
#include "ops/context.h"
#include "store/scratch.h"
#include "store/store.h"

namespace vesta::ops {

// Appends the JSON of `version`. A whole one is copied; a part of one is parsed and written anew.
Status append_resource(const Context& context, const store::Version& version, const View& view, store::Scratch& scratch,
                       std::string& out);
void append_node(const Context& context, const fhir::Node& node, const View& view, std::string& out);
// The contained resource that Version::contained names, out of what contains it.
Result<const fhir::Node*> read_contained(const Context& context, const store::Version& version,
                                         store::Scratch& scratch);

std::string entity_tag(VersionId version);                                                 // W/"3"
std::string resource_url(const Context& context, fhir::TypeId type, std::string_view id);  // [base]/Patient/1
std::string version_url(const Context& context, const store::Version& version);            // …/_history/3
std::string instant_text(Instant instant);

// ETag and Last-Modified.
void add_version_headers(const store::Version& version, http::Response& response);
void add_location(const Context& context, const store::Version& version, http::Headers& headers);

Error not_known(const Context& context, const Route& route);
// The answer to a GET or HEAD of a version (a deletion: 410), by the call's conditions and view.
Result<http::Response> respond_with(const Context& context, const Call& call, const store::Version& version);

// The answer to a write: status, ETag, Last-Modified, Location if `status` is 201, and what Prefer asks for.
// https://hl7.org/fhir/R4/http.html#ops
Result<http::Response> written_response(const Context& context, const Call& call, int status,
                                        const store::Version& version);

}  // namespace vesta::ops
