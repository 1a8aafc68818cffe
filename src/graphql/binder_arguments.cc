// Arguments: of lists of elements, of references, of reads and searches. https://hl7.org/fhir/R4/graphql.html#arguments
#include <algorithm>
#include <charconv>
#include <iterator>

#include "graphql/binder.h"
#include "graphql/limits.h"
#include "graphql/meta_types.h"
#include "graphql/variable_usage.h"

namespace vesta::graphql {

const Value* Binder::resolve(const Value& value) const {
  if (value.kind != Value::Kind::variable) return &value;
  const auto found = variables_.find(value.text);
  return found == variables_.end() ? nullptr : &found->second;
}

bool Binder::take_number(const Argument& argument, const Value& value, std::size_t& number) {
  const auto [end, error] = std::from_chars(value.text.data(), value.text.data() + value.text.size(), number);
  const bool is_number = value.kind == Value::Kind::integer && error == std::errc() &&
                         end == value.text.data() + value.text.size() && number <= INT32_MAX;
  if (!is_number) report(argument.offset, "'" + argument.name + "' must be a whole number of 0 or more.", "value");
  return is_number;
}

bool Binder::take_text(const Argument& argument, const Value& value, std::string& text) {
  using Kind = Value::Kind;
  const bool is_text = value.kind == Kind::string || value.kind == Kind::name || value.kind == Kind::integer;
  if (!is_text) report(argument.offset, "'" + argument.name + "' must be a string.", "value");
  if (is_text) text = value.text;
  return is_text;
}

// The values that are asked for: one, or those of a list. FHIR's page gives names and numbers where strings are meant.
std::vector<std::string> Binder::texts(const Argument& argument, const Value& value, bool& has_null) {
  std::vector<std::string> texts;
  const auto take = [&](const Value& given) {
    const Value* const item = resolve(given);
    if (item == nullptr) return;
    if (item->kind == Value::Kind::null) {
      has_null = true;
    } else if (item->kind == Value::Kind::list || item->kind == Value::Kind::object) {
      report(argument.offset, "'" + argument.name + "' takes a value, or a list of values.", "value");
    } else {
      texts.push_back(item->text);
    }
  };
  if (value.kind != Value::Kind::list) {
    take(value);
  } else {
    for (const Value& item : value.items) take(item);
  }
  if (texts.size() > kMaxArgumentValues) {
    problems_->add(argument.offset, over_limit("kMaxArgumentValues", kMaxArgumentValues, "values of one argument"));
  }
  return texts;
}

void Binder::bind_arguments(const Selection& selection, const Shape& owner, PlannedField& planned) {
  planned.search.type = planned.field.shape.type;
  planned.search.form = planned.field.kind == Field::Kind::list ? Search::Form::list : Search::Form::connection;
  if (!check_usages(selection, owner, planned.field)) return;
  for (const Argument& argument : selection.arguments) {
    const Value* const value = resolve(argument.value);
    if (value != nullptr) bind_argument(argument, *value, owner, planned);
  }
  using Kind = Field::Kind;
  if (planned.field.kind == Kind::read && planned.id.empty()) {
    report(selection.offset, "'" + selection.name + "' needs the argument 'id'.", "required");
  }
  if (planned.field.kind == Kind::named && planned.id.empty()) {
    report(selection.offset, "'__type' needs the argument 'name'.", "required");
  }
  if (planned.field.kind == Kind::list || planned.field.kind == Kind::connection) {
    check_search(selection, owner, planned);
  }
}

// https://spec.graphql.org/October2021/#sec-All-Variable-Usages-are-Allowed
// Of fields that are asked of any resource the types of arguments are not known: elements of one name differ.
bool Binder::check_usages(const Selection& selection, const Shape& owner, const Field& field) {
  bool is_ok = true;
  for (const Argument& argument : selection.arguments) {
    if (argument.value.kind != Value::Kind::variable && argument.value.kind != Value::Kind::list) continue;
    const auto taken = schema_.find_argument(owner, field, argument.name);
    if (!taken) continue;
    is_ok = check_usages(argument.name, argument.value, taken->type, !taken->default_value.empty()) && is_ok;
  }
  return is_ok;
}

// `name`: of the argument that takes `type`.
bool Binder::check_usages(std::string_view name, const Value& value, std::string_view type, bool has_default) {
  if (value.kind == Value::Kind::list && type.starts_with('[')) {
    const std::string_view item_type = type.substr(1, type.rfind(']') - 1);
    bool is_ok = true;
    for (const Value& item : value.items) is_ok = check_usages(name, item, item_type, false) && is_ok;
    return is_ok;
  }
  if (value.kind != Value::Kind::variable) return true;
  const auto variable = std::ranges::find(operation_->variables, value.text, &VariableDefinition::name);
  if (is_usage_allowed(*variable, type, has_default)) return true;
  if (misused_.insert(value.offset).second) {
    report(value.offset, "Variable '$" + value.text + "' is of the type " + variable->type + ", and '" +
                             std::string(name) + "' takes " + std::string(type) + " here.");
  }
  return false;
}

void Binder::bind_argument(const Argument& argument, const Value& value, const Shape& owner, PlannedField& planned) {
  using Kind = Field::Kind;
  const Kind kind = planned.field.kind;
  bool is_known = false;
  if (kind == Kind::element && !planned.field.shape.is_leaf()) {
    is_known = bind_list_argument(argument, value, planned) || bind_element_argument(argument, value, planned);
  } else if (kind == Kind::resolved) {
    is_known = bind_resolved_argument(argument, value, planned);
  } else if ((kind == Kind::read && argument.name == "id") || (kind == Kind::named && argument.name == "name")) {
    take_text(argument, value, planned.id);
    is_known = true;
  } else if (kind == Kind::list || kind == Kind::connection) {
    is_known = bind_search_argument(argument, value, owner, planned);
  } else if (kind == Kind::meta && argument.name == "includeDeprecated") {
    is_known = !schema_.arguments_of(owner, planned.field).empty();
  }
  if (is_known) return;
  const bool is_primitive = planned.field.shape.is_leaf();
  report(argument.offset, "'" + planned.field.name + "' of " + schema_.name_of(owner) + " has no argument '" +
                              argument.name + "'" + (is_primitive ? ": primitive fields have none." : "."));
}

bool Binder::bind_list_argument(const Argument& argument, const Value& value, PlannedField& planned) {
  const bool is_given = value.kind != Value::Kind::null;
  if (argument.name == "fhirpath") {
    if (is_given) planned.fhirpath = compile(value, planned.field.shape, argument.value.offset);
  } else if (argument.name == "_offset") {
    if (is_given) take_number(argument, value, planned.skip);
  } else if (argument.name == "_count") {
    if (is_given) take_number(argument, value, planned.limit);
  } else {
    return false;
  }
  return true;
}

// The name of a primitive child. https://hl7.org/fhir/R4/graphql.html#list
bool Binder::bind_element_argument(const Argument& argument, const Value& value, PlannedField& planned) {
  const fhir::Definitions& definitions = schema_.definitions();
  ElementFilter filter;
  if (planned.field.shape.kind == Shape::Kind::any_resource) {
    const auto name = definitions.find_name(argument.name);
    if (!name || !schema_.is_field_of_resources(argument.name)) return false;
    filter.name = *name;
  } else {
    const fhir::Element* const element = definitions.find_element(planned.field.shape.type, argument.name);
    const bool is_primitive = element != nullptr && element->type != fhir::kNoType &&
                              definitions.type(element->type).kind == fhir::TypeKind::primitive;
    if (!is_primitive) return false;
    filter.name = element->name;
    filter.type = element->type;
  }
  filter.values = texts(argument, value, filter.takes_absent);
  planned.filters.push_back(std::move(filter));
  return true;
}

// https://hl7.org/fhir/R4/graphql.html#references
bool Binder::bind_resolved_argument(const Argument& argument, const Value& value, PlannedField& planned) {
  if (argument.name != "optional" && argument.name != "type") return false;
  if (value.kind == Value::Kind::null) return true;
  if (argument.name == "optional") {
    if (value.kind != Value::Kind::boolean) {
      report(argument.offset, "'optional' must be true or false.", "value");
    }
    planned.is_optional = value.text == "true";
    return true;
  }
  std::string name;
  if (!take_text(argument, value, name)) return true;
  const auto type = schema_.definitions().find_resource_type(name);
  if (!type) report(argument.offset, "'" + name + "' is no resource type.", "value");
  planned.wanted = type.value_or(fhir::kNoType);
  return true;
}

// https://hl7.org/fhir/R4/graphql.html#searching
bool Binder::bind_search_argument(const Argument& argument, const Value& value, const Shape& owner,
                                  PlannedField& planned) {
  Search& search = planned.search;
  const bool is_list = search.form == Search::Form::list;
  const bool is_given = value.kind != Value::Kind::null;
  std::size_t number = 0;
  bool has_null = false;
  if (argument.name == "fhirpath") {
    if (is_given) planned.fhirpath = compile(value, {Shape::Kind::object, search.type}, argument.value.offset);
  } else if (argument.name == "_count") {
    if (is_given && take_number(argument, value, number)) search.count = number;
  } else if (argument.name == "_offset" && is_list) {
    if (is_given) take_number(argument, value, search.offset);
  } else if (argument.name == "_reference" && owner.kind != Shape::Kind::query) {
    bind_reference(argument, value, owner, planned);
  } else if (argument.name == "_cursor" && owner.kind == Shape::Kind::query && !is_list) {
    if (is_given) take_text(argument, value, search.cursor);
  } else if (argument.name == "_sort") {
    search.parameters.push_back({"_sort", texts(argument, value, has_null)});
  } else {
    const std::vector<SearchArgument>& known = schema_.search_arguments(search.type);
    const auto found = std::ranges::find(known, argument.name, &SearchArgument::name);
    if (found == known.end()) return false;
    search.parameters.push_back({found->code, texts(argument, value, has_null)});
  }
  // null asks for nothing, as if the argument were not there. An empty list would then find everything.
  if (!search.parameters.empty() && search.parameters.back().values.empty()) {
    if (value.kind == Value::Kind::list) report(argument.offset, "'" + argument.name + "' needs a value.", "value");
    search.parameters.pop_back();
  }
  return true;
}

// https://hl7.org/fhir/R4/graphql.html#reverse
void Binder::bind_reference(const Argument& argument, const Value& value, const Shape& owner, PlannedField& planned) {
  std::string name;
  if (!take_text(argument, value, name)) return;
  for (const SearchArgument* const each : schema_.references(planned.search.type, owner.type)) {
    if (each->name == name || each->code == name) {
      planned.reference = each->code;
      return;
    }
  }
  report(argument.offset,
         "'" + name + "' is no search parameter by which " +
             std::string(schema_.definitions().type(planned.search.type).name) + " refers to " +
             schema_.name_of(owner) + ".",
         "value");
}

// By the search itself, so that its rules and messages are those of every search.
void Binder::check_search(const Selection& selection, const Shape& owner, PlannedField& planned) {
  const bool is_reverse = owner.kind != Shape::Kind::query;
  const bool has_reference = std::ranges::any_of(selection.arguments, [&](const Argument& argument) {
    return argument.name == "_reference" && resolve(argument.value) != nullptr;
  });
  if (is_reverse && !has_reference) {
    report(selection.offset, "'" + selection.name + "' needs the argument '_reference'.", "required");
    return;
  }
  const bool has_more = !planned.search.parameters.empty() || planned.search.count.has_value();
  if (!planned.search.cursor.empty() && has_more) {
    report(selection.offset, "'_cursor' stands alone: it holds the arguments of its search.");
    return;
  }
  if (!check_search_arguments(selection, planned.search)) return;
  const Status checked = source_.check(planned.search);
  if (!checked.ok()) problems_->add(selection.offset, problem_of(checked.error()));
}

// Each by itself, so that what is wrong with one has its place.
bool Binder::check_search_arguments(const Selection& selection, const Search& search) {
  bool is_ok = true;
  const std::vector<SearchArgument>& known = schema_.search_arguments(search.type);
  for (const Argument& argument : selection.arguments) {
    Search alone{.type = search.type, .form = search.form};
    if (argument.name == "_count") alone.count = search.count;
    if (argument.name == "_cursor") alone.cursor = search.cursor;
    const auto found = std::ranges::find(known, argument.name, &SearchArgument::name);
    const std::string& code = found == known.end() ? argument.name : found->code;
    std::ranges::copy_if(search.parameters, std::back_inserter(alone.parameters),
                         [&](const SearchParameter& each) { return each.code == code; });
    if (alone.parameters.empty() && !alone.count && alone.cursor.empty()) continue;
    const Status checked = source_.check(alone);
    if (!checked.ok()) problems_->add(argument.offset, problem_of(checked.error()));
    is_ok = is_ok && checked.ok();
  }
  return is_ok;
}

}  // namespace vesta::graphql
