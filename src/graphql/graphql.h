// GraphQL over FHIR: a document and where resources come from → the JSON of an answer.
// https://hl7.org/fhir/R4/graphql.html and https://spec.graphql.org/October2021/
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fhir/definitions.h"
#include "fhir/node.h"
#include "graphql/problem.h"
#include "graphql/source.h"

namespace vesta::graphql {

struct Request {
  std::string_view document;
  std::string_view operation_name = {};
  std::string_view variables = {};   // a JSON object, or empty
  const fhir::Node* root = nullptr;  // the resource that it is about; null: the system
  Host host = {};
};

// https://spec.graphql.org/October2021/#sec-Response-Format
struct Answer {
  std::string data;  // JSON; empty: nothing ran, or not to its end
  std::vector<Problem> problems = {};
  bool has_run = false;
};

// 1. Parse. 2. Check the document, choose the operation, take the variables. 3. Bind it to the schema. 4. Run it. What
// is wrong in 1 to 3 is found before anything runs. https://spec.graphql.org/October2021/#ExecuteRequest()
Answer run(const fhir::Definitions& definitions, const Request& request, Source& source);

}  // namespace vesta::graphql
