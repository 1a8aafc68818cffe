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

Answer run(const fhir::Definitions& definitions, const Request& request, Source& source) {
  auto parsed = parse(request.document);
  if (auto* const problem = std::get_if<Problem>(&parsed)) return {{}, {std::move(*problem)}};
  const Document& document = std::get<Document>(parsed);
  Problems problems(request.document);
  check_document(document, problems);
  if (!problems.empty()) return {{}, problems.take()};
  const Operation* const operation = choose_operation(document, request.operation_name, problems);
  if (operation == nullptr) return {{}, problems.take()};
  const Variables variables = read_variables(definitions, *operation, request.variables, problems);
  if (!problems.empty()) return {{}, problems.take()};

  Schema schema(definitions, request.root == nullptr ? fhir::kNoType : request.root->type, source);
  Binder binder(schema, source, document, variables, request.document);
  const std::unique_ptr<Plan> plan = binder.bind(*operation, problems);
  if (!problems.empty()) return {{}, problems.take()};
  Executor executor(schema, binder, source, request.host, problems);
  std::string data = executor.run(*plan, request.root);
  return {std::move(data), problems.take(), true};
}

}  // namespace vesta::graphql
