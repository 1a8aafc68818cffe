// The compiler of views: expressions bound to the types of their elements, columns numbered and compared.
#include <algorithm>
#include <utility>

#include "views/column_type.h"
#include "views/object_reader.h"
#include "views/plan.h"
#include "views/view.h"

namespace vesta::views {
namespace {

using fhirpath::Program;

constexpr std::string_view kRowIndex = "%rowIndex";

// "a, b": for messages.
std::string names_of(std::span<const OutputColumn> columns) {
  std::string text;
  for (const OutputColumn& column : columns) text += (text.empty() ? "" : ", ") + column.name;
  return text.empty() ? "none" : text;
}

bool are_same(const OutputColumn& left, const OutputColumn& right) {
  const bool has_types = !left.type.empty() && !right.type.empty();
  return left.name == right.name && left.is_collection == right.is_collection &&
         (!has_types || left.type == right.type);
}

class Compiler {
 public:
  Compiler(const fhir::Definitions& definitions, const ViewDefinition& definition)
      : definitions_(definitions), definition_(definition) {
    for (const Constant& constant : definition.constants)
      constants_.push_back({constant.name, constant.kind, constant.text});
  }

  Result<std::unique_ptr<View>> run() {
    const std::optional<fhir::TypeId> type = definitions_.find_resource_type(definition_.resource);
    if (!type) {
      return view_error("ViewDefinition.resource", "'" + definition_.resource + "' is no resource type", "value");
    }
    auto plan = std::make_unique<Plan>(Plan{definitions_, definition_.name, *type, {}, {}, {}});
    const ElementTypes root = std::vector{*type};
    for (const Expression& condition : definition_.conditions) {
      VESTA_TRY(PathPlan path, compile_path(condition, root));
      VESTA_CHECK_OK(check_condition(definitions_, condition, *path.program));
      plan->conditions.push_back(std::move(path));
    }
    plan->root.place = "ViewDefinition";
    for (const Select& select : definition_.selects) {
      VESTA_TRY(SelectPlan part, compile_select(select, root));
      plan->root.selects.push_back(std::move(part));
    }
    if (columns_.empty()) return view_error("ViewDefinition.select", "there is no column", "required");
    plan->root.width = columns_.size();
    VESTA_CHECK_OK(settle_types(plan->root));
    plan->columns = std::move(columns_);
    return std::make_unique<View>(std::move(plan));
  }

 private:
  Result<PathPlan> compile_path(const Expression& path, const ElementTypes& types,
                                fhirpath::UnknownElements unknown = fhirpath::UnknownElements::error) {
    fhirpath::CompileOptions options;
    options.dialect = fhirpath::Dialect::view;
    options.unknown_elements = unknown;
    options.constants = constants_;
    options.kept_patterns = fhirpath::kMaxKeptPatterns - patterns_;
    std::optional<std::span<const fhir::TypeId>> roots;
    if (types) roots = *types;
    auto program = fhirpath::compile(definitions_, roots, path.text, options);
    if (program.ok()) {
      patterns_ += (*program)->kept_patterns();
      return PathPlan{std::move(*program), path.place};
    }
    const Error& error = program.error();
    return view_error(path.place, error.message, error.issues.empty() ? "invalid" : error.issues.front().code);
  }

  Result<SelectPlan> compile_select(const Select& select, const ElementTypes& outer) {
    SelectPlan plan;
    plan.iteration = select.iteration;
    plan.place = select.place;
    plan.first = columns_.size();
    ElementTypes types = outer;
    if (select.iteration == Iteration::repeat) {
      VESTA_TRY(types, compile_repeat(select, outer, plan.paths));
    } else if (select.iteration != Iteration::none) {
      VESTA_TRY(PathPlan path, compile_path(select.paths.front(), outer));
      types = element_types(definitions_, *path.program);
      plan.paths.push_back(std::move(path));
    }
    for (const Column& column : select.columns) {
      VESTA_TRY(ColumnPlan part, compile_column(column, types));
      plan.columns.push_back(std::move(part));
    }
    for (const Select& nested : select.selects) {
      VESTA_TRY(SelectPlan part, compile_select(nested, types));
      plan.selects.push_back(std::move(part));
    }
    VESTA_CHECK_OK(compile_union(select, types, plan));
    plan.width = columns_.size() - plan.first;
    return plan;
  }

  // The types of the elements that the paths lead to, from the outer elements and from one another.
  //
  // An element that none of the types has is nothing here, not an error: the same paths are for elements of several
  // types, and the official suite repeats over one that the resource lacks.
  Result<ElementTypes> compile_repeat(const Select& select, const ElementTypes& outer, std::vector<PathPlan>& paths) {
    ElementTypes from = outer;  // what the paths start at
    ElementTypes found = std::vector<fhir::TypeId>();
    for (;;) {  // ends: each round adds one of the definitions' types
      paths.clear();
      for (const Expression& path : select.paths) {
        VESTA_TRY(PathPlan part, compile_path(path, from, fhirpath::UnknownElements::empty));
        add_types(element_types(definitions_, *part.program), found);
        paths.push_back(std::move(part));
      }
      const ElementTypes before = from;
      add_types(found, from);
      if (from == before) return found;
    }
  }

  static void add_types(const ElementTypes& more, ElementTypes& types) {
    if (!more) types.reset();
    if (!types) return;
    for (const fhir::TypeId type : *more) {
      if (std::find(types->begin(), types->end(), type) == types->end()) types->push_back(type);
    }
  }

  Result<ColumnPlan> compile_column(const Column& column, const ElementTypes& types) {
    ColumnPlan plan;
    VESTA_TRY(plan.path, compile_path(column.path, types));
    VESTA_TRY(std::string type, check_column_type(definitions_, column, *plan.path.program));
    plan.is_collection = column.is_collection;
    plan.name = column.name;
    plan.is_row_index = column.path.text == kRowIndex;
    const auto is_same = [&](const OutputColumn& other) { return other.name == column.name; };
    if (std::any_of(columns_.begin(), columns_.end(), is_same)) {
      return view_error(column.place + ".name", "there is a column '" + column.name + "' already", "duplicate");
    }
    columns_.push_back({column.name, std::move(type), column.is_collection});
    return plan;
  }

  // The type of a column may be declared by another branch than its own.
  Status settle_types(SelectPlan& select) const {
    for (std::size_t i = 0; i < select.columns.size(); ++i) {
      ColumnPlan& column = select.columns[i];
      const std::string& type = columns_[select.first + i].type;
      column.may_be_element = !type.empty();
      VESTA_TRY(column.checked, check_of_values(definitions_, column, type));
    }
    for (SelectPlan& nested : select.selects) VESTA_CHECK_OK(settle_types(nested));
    for (SelectPlan& branch : select.union_all) VESTA_CHECK_OK(settle_types(branch));
    return kOk;
  }

  Status compile_union(const Select& select, const ElementTypes& types, SelectPlan& plan) {
    const std::size_t first = columns_.size();
    std::vector<OutputColumn> wanted;
    for (const Select& branch : select.union_all) {
      columns_.resize(first);
      VESTA_TRY(SelectPlan part, compile_select(branch, types));
      const std::span<const OutputColumn> found = std::span(columns_).subspan(first);
      if (plan.union_all.empty()) wanted.assign(found.begin(), found.end());
      if (!std::equal(found.begin(), found.end(), wanted.begin(), wanted.end(), are_same)) {
        return view_error(branch.place,
                          "its columns (" + names_of(found) + ") are not those of the branches before it (" +
                              names_of(wanted) + "), in name, type, collection and order",
                          "structure");
      }
      for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (wanted[i].type.empty()) wanted[i].type = found[i].type;
      }
      plan.union_all.push_back(std::move(part));
    }
    std::move(wanted.begin(), wanted.end(), columns_.begin() + static_cast<std::ptrdiff_t>(first));
    return kOk;
  }

  const fhir::Definitions& definitions_;
  const ViewDefinition& definition_;
  std::vector<fhirpath::ExternalConstant> constants_;
  std::size_t patterns_ = 0;  // that its programs keep: a view keeps as many as one program may
  // In their order; at a branch, without those of the branches before it. The type is the one that any branch declares.
  std::vector<OutputColumn> columns_;
};

}  // namespace

Result<std::unique_ptr<View>> compile(const fhir::Definitions& definitions, const ViewDefinition& definition) {
  return Compiler(definitions, definition).run();
}

Result<std::unique_ptr<View>> compile(const fhir::Definitions& definitions, std::string_view json) {
  VESTA_TRY(const ViewDefinition definition, read_view_definition(json));
  return compile(definitions, definition);
}

}  // namespace vesta::views
