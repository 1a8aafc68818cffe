// Collecting fields, merging them, and resolving them against the schema.
// https://spec.graphql.org/October2021/#sec-Field-Collection
#include "graphql/binder.h"

#include <algorithm>

#include "graphql/directives.h"
#include "graphql/limits.h"

namespace vesta::graphql {
namespace {

const Argument* find_argument(const std::vector<Argument>& arguments, std::string_view name) {
  const auto found = std::ranges::find(arguments, name, &Argument::name);
  return found == arguments.end() ? nullptr : &*found;
}

}  // namespace

Binder::Binder(Schema& schema, Source& source, const Document& document, const Variables& variables,
               std::string_view text)
    : schema_(schema), source_(source), document_(document), variables_(variables), text_(text) {}

std::unique_ptr<Plan> Binder::bind(const Operation& operation, Problems& problems) {
  problems_ = &problems;
  operation_ = &operation;
  return make_plan({{&operation.selections, false}}, schema_.root());
}

const Plan::OfType& Binder::of_type(Plan& plan, fhir::TypeId type) {
  const auto [found, is_new] = plan.by_type.try_emplace(type);
  if (!is_new) return found->second;
  Problems problems(text_);
  Problems* const outer = std::exchange(problems_, &problems);
  found->second.plan = make_plan(plan.sources, {Shape::Kind::object, type});
  problems_ = outer;
  found->second.problems = problems.take();
  return found->second;
}

void Binder::report(std::uint32_t offset, std::string message, std::string code) {
  problems_->add(offset, {std::move(message), Category::invalid, std::move(code)});
}

std::unique_ptr<Plan> Binder::make_plan(std::vector<SelectionSource> sources, Shape shape) {
  auto plan = std::make_unique<Plan>();
  plan->shape = shape;
  if (shape.kind == Shape::Kind::any_resource) {
    // The types that fragments name are planned now, so that what is wrong in them is found before anything runs.
    std::set<fhir::TypeId> named;
    std::set<std::string_view> spreads;
    for (SelectionSource& source : sources) {
      source.is_loose = true;
      check_any(*source.selections, named, spreads);
    }
    plan->sources = std::move(sources);
    for (const fhir::TypeId type : named) {
      for (const Problem& problem : of_type(*plan, type).problems) problems_->add(problem);
    }
    return plan;
  }
  Collected collected;
  for (const SelectionSource& source : sources) collect(*source.selections, source.is_loose, shape, collected);
  for (const Group& group : collected.groups) plan_group(group, *plan);
  return plan;
}

// https://spec.graphql.org/October2021/#CollectFields()
void Binder::collect(const std::vector<Selection>& selections, bool is_loose, const Shape& shape,
                     Collected& collected) {
  for (const Selection& selection : selections) {
    if (!visit(selection)) return;
    if (is_included(selection.directives)) {
      collect_one(selection, is_loose, shape, collected);
    } else {
      check_only(selection, is_loose, shape);
    }
  }
}

void Binder::collect_one(const Selection& selection, bool is_loose, const Shape& shape, Collected& collected) {
  if (selection.kind == Selection::Kind::field) {
    const auto [found, is_new] = collected.index.try_emplace(selection.alias, collected.groups.size());
    if (is_new) collected.groups.push_back({selection.alias, {}});
    collected.groups[found->second].fields.push_back({&selection, is_loose});
    return;
  }
  std::string_view condition = selection.name;
  const std::vector<Selection>* inner = &selection.selections;
  if (selection.kind == Selection::Kind::spread) {
    const Fragment& fragment = *document_.find_fragment(selection.name);
    condition = fragment.type_condition;
    inner = &fragment.selections;
  }
  bool is_inner_loose = is_loose;
  if (!condition.empty() && !applies(selection, condition, shape, is_inner_loose)) return;
  const bool is_repeated =
      selection.kind == Selection::Kind::spread && !collected.spreads.emplace(selection.name, is_inner_loose).second;
  if (!is_repeated) collect(*inner, is_inner_loose, shape, collected);
}

void Binder::check_only(const Selection& selection, bool is_loose, const Shape& shape) {
  Collected collected;
  collect_one(selection, is_loose, shape, collected);
  Plan unused;
  unused.shape = shape;
  for (const Group& group : collected.groups) plan_group(group, unused);
}

// https://spec.graphql.org/October2021/#DoesFragmentTypeApply()
bool Binder::applies(const Selection& selection, std::string_view condition, const Shape& shape, bool& is_loose) {
  const auto wanted = schema_.find(condition);
  if (!wanted || wanted->is_leaf()) {
    report(selection.offset, "'" + std::string(condition) + "' is no type that fragments can be on.");
    return false;
  }
  if (schema_.name_of(shape) == condition) {
    is_loose = false;
    return true;
  }
  const bool is_resource = shape.kind == Shape::Kind::object && schema_.is_resource(shape.type);
  if (is_resource && wanted->kind == Shape::Kind::any_resource) return true;
  // Of what a reference leads to fragments on other types do not count; elsewhere they never can.
  if (!is_loose) {
    report(selection.offset,
           "'" + std::string(condition) + "' can never be the type here, which is " + schema_.name_of(shape) + ".");
  }
  return false;
}

// Of what any resource may be asked: fields that some type has; which types fragments name.
void Binder::check_any(const std::vector<Selection>& selections, std::set<fhir::TypeId>& named,
                       std::set<std::string_view>& spreads) {
  for (const Selection& selection : selections) {
    if (!visit(selection)) return;
    is_included(selection.directives);
    if (selection.kind == Selection::Kind::inline_fragment) {
      check_any_fragment(selection.name, selection.selections, selection.offset, named, spreads);
    } else if (selection.kind == Selection::Kind::spread) {
      if (!spreads.insert(selection.name).second) continue;
      const Fragment& fragment = *document_.find_fragment(selection.name);
      check_any_fragment(fragment.type_condition, fragment.selections, selection.offset, named, spreads);
    } else if (selection.name != "__typename" && !schema_.is_field_of_resources(selection.name)) {
      report(selection.offset, "No resource type has a field '" + selection.name + "'.");
    }
  }
}

void Binder::check_any_fragment(std::string_view condition, const std::vector<Selection>& inner, std::uint32_t offset,
                                std::set<fhir::TypeId>& named, std::set<std::string_view>& spreads) {
  const auto wanted = condition.empty() ? Shape{Shape::Kind::any_resource} : schema_.find(condition);
  if (wanted && wanted->kind == Shape::Kind::any_resource) {
    check_any(inner, named, spreads);
  } else if (wanted && wanted->kind == Shape::Kind::object && schema_.is_resource(wanted->type)) {
    named.insert(wanted->type);
  } else {
    report(offset, "'" + std::string(condition) + "' is no resource type.");
  }
}

bool Binder::visit(const Selection& selection) {
  if (++planned_ <= kMaxPlannedSelections) return true;
  if (problems_->empty()) {
    problems_->add(selection.offset, over_limit("kMaxPlannedSelections", kMaxPlannedSelections,
                                                "selections, counted once for each type that they are asked of"));
  }
  return false;
}

// https://spec.graphql.org/October2021/#sec--skip
bool Binder::is_included(const std::vector<Directive>& directives) {
  bool is_included = true;
  for (const Directive& directive : directives) {
    if ((directive.name != "skip" && directive.name != "include") || directive.arguments.empty()) continue;
    const Argument& argument = directive.arguments.front();
    if (!check_directive_usages(directive)) continue;
    const Value* const value = resolve(argument.value);
    if (value == nullptr || value->kind != Value::Kind::boolean) {
      report(argument.offset, "'" + argument.name + "' of '@" + directive.name + "' must be true or false.", "value");
      continue;
    }
    if ((value->text == "true") == (directive.name == "skip")) is_included = false;
  }
  return is_included;
}

bool Binder::check_directive_usages(const Directive& directive) {
  const DirectiveDefinition& known = *find_directive(directive.name);  // by the rules of documents
  const Argument& argument = directive.arguments.front();
  const auto taken = std::ranges::find(known.arguments, argument.name, &DirectiveArgument::name);
  return check_usages(argument.name, argument.value, taken->type, false);
}

// Their order does not count, and whether a selection is there has been decided before.
bool Binder::is_same(const Selection& one, const Selection& other) {
  const auto reshapes = [](const Directive& each) { return each.name != "skip" && each.name != "include"; };
  const auto has_all = [&](const Selection& from, const Selection& in) {
    return std::ranges::all_of(from.directives, [&](const Directive& each) {
      return !reshapes(each) || std::ranges::find(in.directives, each) != in.directives.end();
    });
  };
  return one.name == other.name && std::ranges::is_permutation(one.arguments, other.arguments) && has_all(one, other) &&
         has_all(other, one);
}

// Fields of one response key are one field: https://spec.graphql.org/October2021/#sec-Field-Selection-Merging
// But for the `resource` of a reference with different types, of which one can be there at most, as FHIR's page has it.
void Binder::plan_group(const Group& group, Plan& plan) {
  std::vector<std::vector<Selected>> fields;
  for (const Selected& selected : group.fields) {
    const Selection& selection = *selected.selection;
    const auto same = std::ranges::find_if(
        fields, [&](const std::vector<Selected>& each) { return is_same(*each.front().selection, selection); });
    if (same != fields.end()) {
      same->push_back(selected);
      continue;
    }
    const bool is_apart = std::ranges::all_of(fields, [&](const std::vector<Selected>& each) {
      const Selection& other = *each.front().selection;
      const Argument* const type = find_argument(selection.arguments, "type");
      const Argument* const other_type = find_argument(other.arguments, "type");
      return selection.name == "resource" && other.name == "resource" && type != nullptr && other_type != nullptr &&
             type->value.kind != Value::Kind::variable && other_type->value.kind != Value::Kind::variable &&
             type->value.text != other_type->value.text;
    });
    if (!is_apart) {
      report(selection.offset,
             "'" + group.key + "' stands for different fields, arguments or directives: use other aliases.");
      return;
    }
    fields.push_back({selected});
  }
  for (const std::vector<Selected>& each : fields) plan_field(each, plan);
}

void Binder::plan_field(const std::vector<Selected>& fields, Plan& plan) {
  const Selection& selection = *fields.front().selection;
  const bool is_loose = std::ranges::all_of(fields, &Selected::is_loose);
  auto field = schema_.find_field(plan.shape, selection.name);
  if (!field) {
    if (!is_loose) {
      report(selection.offset, schema_.name_of(plan.shape) + " has no field '" + selection.name + "'.");
    }
    return;
  }
  const bool is_leaf = field->shape.is_leaf();
  const auto wrong =
      std::ranges::find_if(fields, [&](const Selected& each) { return is_leaf != each.selection->selections.empty(); });
  if (wrong != fields.end()) {
    if (is_loose) return;
    report(wrong->selection->offset,
           "'" + selection.name + "' is of the type " + schema_.type_of(*field) +
               (is_leaf ? ", which has no fields to select." : ", of which fields must be selected."));
    return;
  }
  PlannedField planned;
  planned.field = std::move(*field);
  planned.key = selection.alias;
  planned.offset = selection.offset;
  const bool is_name = planned.field.kind == Field::Kind::type_name || planned.field.kind == Field::Kind::resource_type;
  if (is_name) planned.text = "\"" + schema_.name_of(plan.shape) + "\"";
  bind_arguments(selection, plan.shape, planned);
  bind_directives(selection, plan.shape, planned);
  if (!is_leaf) {
    std::vector<SelectionSource> sources;
    for (const Selected& each : fields) sources.push_back({&each.selection->selections, false});
    const bool is_narrowed = planned.field.kind == Field::Kind::resolved && planned.wanted != fhir::kNoType;
    if (is_narrowed) planned.field.shape = {Shape::Kind::object, planned.wanted};
    planned.plan = make_plan(std::move(sources), planned.field.shape);
    using Kind = Field::Kind;
    if (planned.field.kind == Kind::connection) {
      planned.search.wants_total = std::ranges::any_of(
          planned.plan->fields, [](const PlannedField& each) { return each.field.kind == Kind::count; });
    }
  }
  plan.reshapes = plan.reshapes || planned.flattens || planned.slicing != Slicing::none || planned.is_singleton;
  plan.fields.push_back(std::move(planned));
}

void Binder::bind_directives(const Selection& selection, const Shape& owner, PlannedField& planned) {
  for (const Directive& directive : selection.directives) {
    const bool is_reshaping = directive.name != "skip" && directive.name != "include";
    if (!is_reshaping) continue;
    if (planned.field.kind == Field::Kind::schema || planned.field.kind == Field::Kind::named ||
        owner.kind == Shape::Kind::meta) {
      report(directive.offset, "'@" + directive.name + "' is for what FHIR defines.");
    } else if (directive.name == "flatten") {
      planned.flattens = true;
      if (planned.field.shape.is_leaf()) {
        report(directive.offset, "'@flatten' is for fields that have fields; '" + selection.name + "' has none.");
      }
    } else if (directive.name == "first") {
      planned.takes_first = true;
    } else if (directive.name == "singleton") {
      planned.is_singleton = true;
    } else if (directive.name == "slice" && !directive.arguments.empty()) {
      if (!check_directive_usages(directive)) continue;
      const Argument& argument = directive.arguments.front();
      const Value* const value = resolve(argument.value);
      const bool is_index = value != nullptr && value->kind == Value::Kind::string && value->text == "$index";
      planned.slicing = is_index ? Slicing::by_index : Slicing::by_path;
      if (!is_index) planned.slice = compile(argument.value, planned.field.shape, argument.value.offset);
    }
  }
}

// Once for each text and type. null: a problem was reported.
const fhirpath::Program* Binder::compile(const Value& value, const Shape& shape, std::uint32_t offset) {
  const Value* const resolved = resolve(value);
  if (resolved == nullptr || resolved->kind != Value::Kind::string) {
    report(offset, "A FHIRPath expression is a string.", "value");
    return nullptr;
  }
  const bool is_node = shape.kind == Shape::Kind::object || shape.kind == Shape::Kind::scalar;
  const fhir::TypeId type = is_node ? shape.type : fhir::kNoType;
  if (!is_node && shape.kind != Shape::Kind::any_resource) {
    report(offset, "There is nothing here that FHIRPath is about.");
    return nullptr;
  }
  std::unique_ptr<fhirpath::Program>& program = programs_[{type, resolved->text}];
  if (program != nullptr) return program.get();
  auto compiled = type == fhir::kNoType ? fhirpath::compile(schema_.definitions(), std::nullopt, resolved->text)
                                        : fhirpath::compile(schema_.definitions(), type, resolved->text);
  if (!compiled.ok()) {
    Problem problem = problem_of(compiled.error());
    problem.message = "FHIRPath '" + resolved->text.substr(0, 200) + "': " + problem.message;
    problems_->add(offset, std::move(problem));
    return nullptr;
  }
  program = std::move(*compiled);
  return program.get();
}

}  // namespace vesta::graphql
