// The stages of a request, one after the other.
#include "graphql/graphql.h"

#include <utility>
#include <variant>

#include "graphql/binder.h"
#include "graphql/document_rules.h"
#include "graphql/executor.h"
#include "graphql/parser.h"
#include "graphql/schema.h"
#include "graphql/variables.h"

namespace vesta::graphql {

std::variant<std::unique_ptr<ReadDocument>, std::vector<Problem>> read_document(std::string_view text) {
  auto parsed = parse(text);
  if (auto* const problem = std::get_if<Problem>(&parsed)) return std::vector<Problem>{std::move(*problem)};
  Problems problems(text);
  check_document(std::get<Document>(parsed), problems);
  if (!problems.empty()) return problems.take();
  return std::make_unique<ReadDocument>(ReadDocument{std::string(text), std::move(std::get<Document>(parsed))});
}

Answer run(const fhir::Definitions& definitions, const ReadDocument& read, const Request& request, Source& source) {
  const Document& document = read.document;
  Problems problems(read.text);
  const Operation* const operation = choose_operation(document, request.operation_name, problems);
  if (operation == nullptr) return {{}, problems.take()};
  const Variables variables = read_variables(definitions, *operation, request.variables, problems);
  if (!problems.empty()) return {{}, problems.take()};

  Schema schema(definitions, request.root == nullptr ? fhir::kNoType : request.root->type, source);
  Binder binder(schema, source, document, variables, read.text);
  const std::unique_ptr<Plan> plan = binder.bind(*operation, problems);
  if (!problems.empty()) return {{}, problems.take()};
  Executor executor(schema, binder, source, request.host, problems);
  std::string data = executor.run(*plan, request.root);
  return {std::move(data), problems.take(), true};
}

}  // namespace vesta::graphql
