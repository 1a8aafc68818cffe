// Program: the stages put together.
#include "fhirpath/program.h"

#include <algorithm>
#include <utility>

#include "fhirpath/binder.h"
#include "fhirpath/evaluator.h"
#include "fhirpath/parser.h"
#include "fhirpath/path_walk.h"

namespace vesta::fhirpath {

struct Program::Impl {
  const fhir::Definitions& definitions;
  Names names;
  std::string expression;
  std::unique_ptr<Bound> root;
  StaticType type;
  Dialect dialect;
  std::optional<std::vector<fhir::NameId>> first_names;
  std::size_t kept_patterns;
};

namespace {

bool is_path_alone(const Bound& bound) {
  return bound.op == Op::path && bound.operands.empty();
}

// What first_names() says of this part of an expression.
std::optional<std::vector<fhir::NameId>> first_names_of(const Bound& bound) {
  std::vector<fhir::NameId> names;
  if (bound.op == Op::empty) return names;
  if (bound.op == Op::unite) {
    for (const auto& operand : bound.operands) {
      const auto more = first_names_of(*operand);
      if (!more) return std::nullopt;
      names.insert(names.end(), more->begin(), more->end());
    }
    return names;
  }
  if (bound.op == Op::type_cast) return first_names_of(*bound.operands[0]);
  if (bound.op != Op::path) return std::nullopt;
  if (!bound.operands.empty()) return first_names_of(*bound.operands[0]);
  const auto first = std::ranges::find(bound.steps, Step::Kind::child, &Step::kind);
  if (first == bound.steps.end()) return std::nullopt;
  names.push_back(first->name);
  return names;
}

// OPTIMIZATION: most expressions of search parameters and columns are a path from the root, which needs no evaluator.
Status walk_path(const Environment& environment, const Bound& path, Collection& out, std::size_t* steps) {
  Budget budget;
  const bool is_done =
      budget.spend() &&
      PathWalk(environment, budget, out.size() + kMaxOutput, out).from(node_item(environment.context), path.steps);
  if (steps != nullptr) *steps += budget.used();
  if (!is_done) return limit_error(environment, budget, path);
  return kOk;
}

}  // namespace

Program::Program(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Program::~Program() = default;

bool Program::always_empty() const {
  return impl_->root->op == Op::empty;
}

bool Program::may_yield(fhir::TypeId type) const {
  const fhir::Definitions& definitions = impl_->definitions;
  // A node is never of an abstract type, but of one that derives from it.
  const auto is_of_type = [&](fhir::TypeId found) {
    return definitions.is_a(found, type) || (definitions.type(found).is_abstract && definitions.is_a(type, found));
  };
  return impl_->type.any || std::any_of(impl_->type.fhir.begin(), impl_->type.fhir.end(), is_of_type);
}

std::optional<std::span<const fhir::TypeId>> Program::node_types() const {
  if (impl_->type.any) return std::nullopt;
  return impl_->type.fhir;
}

std::optional<std::span<const fhir::NameId>> Program::first_names() const {
  if (!impl_->first_names) return std::nullopt;
  return *impl_->first_names;
}

std::span<const Item::Kind> Program::value_kinds() const {
  return impl_->type.system;
}

std::size_t Program::kept_patterns() const {
  return impl_->kept_patterns;
}

Status Program::evaluate(const fhir::Node& root, fhir::Arena& arena, Collection& out,
                         const Surroundings& surroundings) const {
  const fhir::Node& resource = surroundings.resource == nullptr ? root : *surroundings.resource;
  const Environment environment{
      impl_->definitions, impl_->names,          impl_->expression,      root,          resource, arena,
      surroundings.clock, surroundings.services, surroundings.row_index, impl_->dialect};
  if (is_path_alone(*impl_->root)) return walk_path(environment, *impl_->root, out, surroundings.steps);
  Evaluator evaluator(environment, out);
  for (std::size_t slot = 0; slot < surroundings.variables.size(); ++slot)
    evaluator.set_variable(slot, surroundings.variables[slot]);
  Status status = evaluator.run(*impl_->root, {node_item(root)}, out);
  if (surroundings.steps != nullptr) *surroundings.steps += evaluator.budget().used();
  return status;
}

Result<std::unique_ptr<Program>> compile(const fhir::Definitions& definitions, fhir::TypeId root_type,
                                         std::string_view expression, const CompileOptions& options) {
  return compile(definitions, std::span<const fhir::TypeId>(&root_type, 1), expression, options);
}

Result<std::unique_ptr<Program>> compile(const fhir::Definitions& definitions,
                                         std::optional<std::span<const fhir::TypeId>> root_types,
                                         std::string_view expression, const CompileOptions& options) {
  VESTA_TRY(std::unique_ptr<Syntax> syntax, parse(expression));
  StaticType root;
  root.any = !root_types.has_value();
  if (root_types) root.fhir.assign(root_types->begin(), root_types->end());
  VESTA_TRY(BoundExpression bound, bind_syntax(definitions, root, expression, *syntax, options));
  auto first_names = first_names_of(*bound.root);
  return std::make_unique<Program>(std::make_unique<Program::Impl>(
      Program::Impl{definitions, Names(definitions), std::string(expression), std::move(bound.root),
                    std::move(bound.type), options.dialect, std::move(first_names), bound.kept_patterns}));
}

}  // namespace vesta::fhirpath
