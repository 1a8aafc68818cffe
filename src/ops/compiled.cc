// Compiling, and asking what is kept first.
#include "ops/compiled.h"

#include <utility>

#include "fhir/json.h"

namespace vesta::ops {

Result<Compiled::SharedProgram> Compiled::program(fhir::TypeId type, std::span<const std::string> variables,
                                                  std::string_view expression) {
  // With the lengths of the names, as there may be anything in them.
  std::string key = std::to_string(type);
  for (const std::string& name : variables) key.append(" ").append(std::to_string(name.size())).append(name);
  key.append("\n").append(expression);
  return programs_.get(key, [&] {
    fhirpath::CompileOptions options;
    options.variables = variables;
    return fhirpath::compile(definitions_, type, expression, options);
  });
}

Result<Compiled::SharedView> Compiled::view(std::string_view json) {
  auto view = views_.get(json, [&] { return views::compile(definitions_, json); });
  if (view.ok() || view.error().category != Category::invalid) return view;
  Error error = view.take_error();
  error.category = Category::unprocessable;
  return error;
}

std::variant<Compiled::SharedDocument, std::vector<graphql::Problem>> Compiled::document(std::string_view text) {
  std::vector<graphql::Problem> problems;
  auto document = documents_.get(text, [&]() -> Result<std::unique_ptr<graphql::ReadDocument>> {
    auto read = graphql::read_document(text);
    if (auto* const good = std::get_if<std::unique_ptr<graphql::ReadDocument>>(&read)) return std::move(*good);
    problems = std::move(std::get<std::vector<graphql::Problem>>(read));
    return make_error(Category::invalid, problems.front().message);
  });
  if (!document.ok()) return problems;
  return std::move(*document);
}

Status Compiled::check(const fhir::Node& resource) {
  if (definitions_.type(resource.type).name != views::kViewDefinition) return kOk;
  std::string json;
  fhir::write_json(definitions_, resource, {}, json);
  VESTA_TRY(const SharedView compiled, view(json));
  return kOk;
}

}  // namespace vesta::ops
