// GraphQL over FHIR: a document and where resources come from → the JSON of an answer.
// https://hl7.org/fhir/R4/graphql.html and https://spec.graphql.org/October2021/
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "fhir/definitions.h"
#include "fhir/node.h"
#include "graphql/ast.h"
#include "graphql/problem.h"
#include "graphql/source.h"

namespace vesta::graphql {

// A document that keeps all rules that need no schema. Any number of requests may run it at the same time.
struct ReadDocument {
  std::string text;  // for the places of what is found later
  Document document;
};

// 1. Parse. 2. Check. Or what is wrong.
std::variant<std::unique_ptr<ReadDocument>, std::vector<Problem>> read_document(std::string_view text);

struct Request {
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

// 1. Choose the operation, take the variables. 2. Bind it to the schema. 3. Run it. What is wrong in 1 and 2 is found
// before anything runs. https://spec.graphql.org/October2021/#ExecuteRequest()
Answer run(const fhir::Definitions& definitions, const ReadDocument& read, const Request& request, Source& source);

}  // namespace vesta::graphql
