// $graphql: which bodies are its own, and the form of its answers. https://hl7.org/fhir/R4/graphql.html
#pragma once

#include <string_view>

#include "http/message.h"

namespace vesta::ops {

inline constexpr std::string_view kGraphqlJson = "application/json";
inline constexpr std::string_view kGraphqlDocument = "application/graphql";

// A document, or the JSON of GraphQL over HTTP; every other body is a resource.
bool is_graphql_body(const http::Request& request);

}  // namespace vesta::ops
