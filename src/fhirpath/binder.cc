// The binder: gives names, types, functions and constants their meaning, and prunes what cannot match.
#include "fhirpath/binder.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "fhirpath/criteria.h"
#include "fhirpath/diagnostics.h"
#include "fhirpath/folding.h"
#include "fhirpath/functions/functions.h"
#include "fhirpath/names.h"
#include "fhirpath/result_types.h"
#include "fhirpath/static_type.h"
#include "fhirpath/typed.h"
#include "fhirpath/value.h"

namespace vesta::fhirpath {
namespace {

// https://hl7.org/fhirpath/N1/#subsetting, where an order matters
constexpr std::array<std::string_view, 5> kOrderedFunctions = {"first", "last", "skip", "tail", "take"};
constexpr std::string_view kRowIndex = "rowIndex";

class Binder {
 public:
  Binder(const fhir::Definitions& definitions, const StaticType& root_type, std::string_view expression,
         const CompileOptions& options)
      : definitions_(definitions),
        names_(definitions),
        root_type_(root_type),
        expression_(expression),
        options_(options),
        folder_(definitions, names_, expression, options.kept_patterns) {}

  Status declare() {
    for (const std::string& name : options_.variables) {
      if (is_taken(name)) return error(0, "the name %" + name + " is taken: a variable cannot have it");
      variables_.push_back({name, StaticType::anything()});
    }
    return kOk;
  }

  Result<BoundExpression> run(const Syntax& syntax) {
    VESTA_TRY(Typed result, bind(syntax, root_type_));
    if (result.bound->op == Op::empty) result.type = {};
    VESTA_CHECK_OK(check_reach(syntax.offset, result.type));
    return BoundExpression{std::move(result.bound), std::move(result.type), folder_.kept_patterns()};
  }

 private:
  struct Variable {
    std::string name;
    StaticType type;
  };

  Error error(std::uint32_t offset, std::string_view message, std::string_view code = kCodeInvalid) const {
    return expression_error(expression_, offset, message, code);
  }

  // `self` is the type of $this.
  Result<Typed> bind(const Syntax& syntax, const StaticType& self) {
    VESTA_TRY(Typed part, bind_part(syntax, self));
    part.bound = folder_.fold(std::move(part.bound));
    return part;
  }

  Result<Typed> bind_part(const Syntax& syntax, const StaticType& self) {
    if (++binds_ > kMaxBinds)
      return error(syntax.offset, "the expression has more than kMaxBinds parts to bind", kCodeTooCostly);
    switch (syntax.kind) {
      case SyntaxKind::empty:
        return Typed{make_bound(Op::empty, syntax.offset), {}};
      case SyntaxKind::variable:
        return bind_variable(syntax, self);
      case SyntaxKind::constant:
        return bind_constant(syntax);
      case SyntaxKind::member:
        return bind_member(syntax, self);
      case SyntaxKind::function:
        return bind_function(syntax, self);
      case SyntaxKind::indexer:
        return bind_indexer(syntax, self);
      case SyntaxKind::polarity:
        return bind_polarity(syntax, self);
      case SyntaxKind::binary:
        return bind_binary(syntax, self);
      case SyntaxKind::unite:
        return bind_union(syntax, self);
      case SyntaxKind::type:
        return bind_type_operator(syntax, self);
      case SyntaxKind::quantity:
        return make_literal(Item::Kind::quantity, syntax.offset, syntax.text + " " + syntax.unit);
      default:
        return make_literal(literal_kind(syntax.kind), syntax.offset, syntax.text);
    }
  }

  static Typed this_path(std::uint32_t offset, const StaticType& self) { return {make_bound(Op::path, offset), self}; }

  Result<Typed> bind_focus(const Syntax& syntax, const StaticType& self) {
    if (syntax.focus) return bind(*syntax.focus, self);
    return this_path(syntax.offset, self);
  }

  Result<Typed> bind_variable(const Syntax& syntax, const StaticType& self) {
    if (syntax.text == "$this") return this_path(syntax.offset, self);
    if (syntax.text == "$index") {
      return Typed{make_bound(Op::index, syntax.offset), StaticType::of(Item::Kind::integer)};
    }
    return Typed{make_bound(Op::total, syntax.offset), StaticType::anything()};
  }

  Result<Typed> bind_constant(const Syntax& syntax) {
    const std::string& name = syntax.text;
    if (name == "context") return Typed{make_bound(Op::context, syntax.offset), root_type_};
    if (name == "resource" || name == "rootResource") {
      const bool is_root =
          root_type_.fhir.size() == 1 && definitions_.type(root_type_.fhir.front()).kind == fhir::TypeKind::resource;
      return Typed{make_bound(Op::resource, syntax.offset), is_root ? root_type_ : StaticType::anything()};
    }
    if (name == kRowIndex && options_.dialect == Dialect::view)
      return Typed{make_bound(Op::row_index, syntax.offset), StaticType::of(Item::Kind::integer)};
    if (const ExternalConstant* constant = external_constant(name))
      return make_literal(constant->kind, syntax.offset, std::string(constant->text));
    if (std::optional<std::string> text = find_constant(name)) {
      return make_literal(Item::Kind::string, syntax.offset, std::move(*text));
    }
    for (std::size_t slot = 0; slot < variables_.size(); ++slot) {
      if (variables_[slot].name != name) continue;
      BoundPtr bound = make_bound(Op::variable, syntax.offset);
      bound->slot = slot;
      return Typed{std::move(bound), variables_[slot].type};
    }
    return error(syntax.offset, "unknown constant %" + name);
  }

  const ExternalConstant* external_constant(std::string_view name) const {
    const auto found = std::ranges::find(options_.constants, name, &ExternalConstant::name);
    return found == options_.constants.end() ? nullptr : &*found;
  }

  // Adds a step to the path of `focus`, or begins a path at it.
  static void append_step(Typed& focus, std::uint32_t offset, Step step) {
    if (focus.bound->op == Op::empty) return;
    if (focus.bound->op != Op::path) {
      BoundPtr path = make_bound(Op::path, offset);
      path->operands.push_back(std::move(focus.bound));
      focus.bound = std::move(path);
    }
    focus.bound->steps.push_back(std::move(step));
  }

  // The values of a search parameter come from its resource alone: of what a reference leads to only the type is known.
  // https://hl7.org/fhir/R4/searchparameter.html#introduction
  Status check_reach(std::uint32_t offset, const StaticType& type) const {
    if (options_.dialect != Dialect::search || !type.is_elsewhere) return kOk;
    return error(offset, "what stands behind resolve() is of another resource: search it by a chain",
                 kCodeNotSupported);
  }

  // A member: an element; or, at the beginning, a type's name, which selects $this if it is of that type.
  // https://hl7.org/fhirpath/N1/#path-selection
  Result<Typed> bind_member(const Syntax& syntax, const StaticType& self) {
    VESTA_TRY(Typed focus, bind_focus(syntax, self));
    VESTA_CHECK_OK(check_reach(syntax.offset, focus.type));
    if (std::find(focus.type.system.begin(), focus.type.system.end(), Item::Kind::type_info) !=
        focus.type.system.end()) {
      return bind_type_part(syntax, std::move(focus));
    }
    std::optional<fhir::NameId> name = definitions_.find_name(syntax.text);
    StaticType types = name ? element_types(definitions_, names_, focus.type, *name) : StaticType{};
    if (types.is_empty() && !syntax.focus) {
      std::optional<TypeSpecifier> type = find_type_specifier(definitions_, {syntax.text});
      // Primitive types are left out: their names (code, date, time) are the names of elements too.
      if (type && type->fhir != fhir::kNoType && definitions_.type(type->fhir).kind != fhir::TypeKind::primitive) {
        type->system.reset();
        keep_type(focus, syntax.offset, *type);
        return focus;
      }
    }
    if (types.is_empty() && options_.choice_names == ChoiceNames::element_or_json && bind_choice(syntax, focus))
      return focus;
    // DEVIATION: below a nested resource nothing is known of the types, so any name that some type has is accepted.
    if (types.is_empty() && name && (focus.type.any || focus.type.is_empty()))
      types.any = focus.type.any;
    else if (types.is_empty() && options_.unknown_elements == UnknownElements::empty)
      return Typed{make_bound(Op::empty, syntax.offset), {}};
    else if (types.is_empty())
      return unknown_element(syntax, focus.type);
    else if (focus.type.any)
      types.any = true;
    focus.type = std::move(types);
    append_step(focus, syntax.offset, {Step::Kind::child, *name, {}, {}});
    return focus;
  }

  // The members of what type() yields. https://hl7.org/fhirpath/N1/#reflection
  Result<Typed> bind_type_part(const Syntax& syntax, Typed focus) const {
    bool is_name = syntax.text == "name";
    if (!is_name && syntax.text != "namespace") return unknown_element(syntax, focus.type);
    Step::Kind kind = is_name ? Step::Kind::type_name : Step::Kind::type_namespace;
    append_step(focus, syntax.offset, {kind, fhir::kNoName, {}, {}});
    focus.type = StaticType::of(Item::Kind::string);
    return focus;
  }

  // `valueDateTime` as `value.ofType(dateTime)`. False: no parent has a choice of this name in JSON.
  bool bind_choice(const Syntax& syntax, Typed& focus) const {
    for (const fhir::TypeId parent : focus.type.fhir) {
      const fhir::Element* element = definitions_.find_element(parent, syntax.text);
      if (element == nullptr || !element->is_choice) continue;
      const auto type = find_type_specifier(definitions_, {std::string(definitions_.type(element->type).name)});
      if (!type) continue;
      focus.type = element_types(definitions_, names_, focus.type, element->name);
      append_step(focus, syntax.offset, {Step::Kind::child, element->name, {}, {}});
      keep_type(focus, syntax.offset, *type);
      return true;
    }
    return false;
  }

  Error unknown_element(const Syntax& syntax, const StaticType& parents) const {
    std::string message = "unknown element '" + syntax.text + "'";
    std::string of = parents.describe(definitions_);
    if (!of.empty()) message += " of " + of;
    for (fhir::TypeId parent : parents.fhir) {
      const fhir::Element* element = definitions_.find_element(parent, syntax.text);
      if (element == nullptr || !element->is_choice) continue;
      std::string choice(definitions_.name(element->name));
      message += "; a choice is named " + choice + ", its type is chosen by " + choice + ".ofType(" +
                 std::string(definitions_.type(element->type).name) + ")";
      break;
    }
    return error(syntax.offset, message);
  }

  // Keeps the items of `type`; a focus that can have none becomes empty.
  void keep_type(Typed& focus, std::uint32_t offset, const TypeSpecifier& type) const {
    if (focus.type.always(definitions_, type) && !focus.type.is_empty()) return;
    StaticType narrowed = focus.type.narrowed(definitions_, type);
    if (narrowed.is_empty()) {
      focus.bound = make_bound(Op::empty, offset);
      if (type.fhir != fhir::kNoType) narrowed.add(type.fhir);
      if (type.system) narrowed.system.push_back(*type.system);
    }
    append_step(focus, offset, {Step::Kind::of_type, fhir::kNoName, type, {}});
    focus.type = std::move(narrowed);
  }

  // The operators and functions `is`, `as` and the function `ofType`. https://hl7.org/fhirpath/N1/#types
  Result<Typed> bind_type(Typed focus, std::string_view word, const std::vector<std::string>& name,
                          std::uint32_t offset) {
    std::optional<TypeSpecifier> type = find_type_specifier(definitions_, name);
    // Nothing is of a type that System does not have.
    if (!type && word == "is" && name.size() > 1 && name[0] == "System") type = TypeSpecifier{};
    if (!type) {
      std::string spelling;
      for (const std::string& part : name) spelling += (spelling.empty() ? "" : ".") + part;
      return error(offset, "unknown type '" + spelling + "'");
    }
    if (word == "is") {
      BoundPtr test = make_bound(Op::type_test, offset);
      test->operands.push_back(std::move(focus.bound));
      test->type = *type;
      return Typed{std::move(test), StaticType::of(Item::Kind::boolean)};
    }
    if (options_.dialect == Dialect::search && name.size() == 1 && name[0] == "DateTime") {
      type->fhir = definitions_.find_type("dateTime").value_or(fhir::kNoType);
    }
    const bool filters = options_.dialect == Dialect::search || options_.dialect == Dialect::invariant;
    if (word == "as" && !filters && focus.bound->op != Op::empty) {
      StaticType narrowed = focus.type.narrowed(definitions_, *type);
      if (!narrowed.is_empty()) {
        BoundPtr cast = make_bound(Op::type_cast, offset);
        cast->operands.push_back(std::move(focus.bound));
        cast->type = *type;
        return Typed{std::move(cast), std::move(narrowed)};
      }
    }
    keep_type(focus, offset, *type);
    return focus;
  }

  Result<Typed> bind_type_operator(const Syntax& syntax, const StaticType& self) {
    VESTA_TRY(Typed focus, bind(*syntax.operands[0], self));
    return bind_type(std::move(focus), syntax.text, syntax.type_name, syntax.offset);
  }

  // is(T), as(T), ofType(T): the argument is a type's name, not an expression.
  Result<Typed> bind_type_function(const Syntax& syntax, const StaticType& self) {
    VESTA_TRY(Typed focus, bind_focus(syntax, self));
    if (syntax.operands.size() != 1) return error(syntax.offset, syntax.text + "() needs one type");
    const std::vector<std::string> name = type_name_of(*syntax.operands[0]);
    if (name.empty()) return error(syntax.offset, syntax.text + "() needs the name of a type");
    return bind_type(std::move(focus), syntax.text, name, syntax.operands[0]->offset);
  }

  // A function whose only argument, which may be missing, is the type of a resource: getReferenceKey(Patient).
  Result<Typed> bind_resource_type_call(const Syntax& syntax, const Function& function, const StaticType& self) {
    VESTA_TRY(Typed focus, bind_focus(syntax, self));
    BoundPtr call = make_bound(Op::call, syntax.offset);
    call->function = function.body;
    if (!syntax.operands.empty()) {
      const std::vector<std::string> name = type_name_of(*syntax.operands[0]);
      const auto type = name.empty() ? std::nullopt : find_type_specifier(definitions_, name);
      if (!type || type->fhir == fhir::kNoType || definitions_.type(type->fhir).kind != fhir::TypeKind::resource)
        return error(syntax.operands[0]->offset, syntax.text + "() needs the type of a resource");
      call->type = *type;
    }
    call->operands.push_back(std::move(focus.bound));
    return Typed{std::move(call), result_type(names_, function.result, focus.type, {})};
  }

  Result<Typed> bind_function(const Syntax& syntax, const StaticType& self) {
    if (syntax.text == "is" || syntax.text == "as" || syntax.text == "ofType") return bind_type_function(syntax, self);
    const Function* function = find_function(syntax.text);
    if (function == nullptr) return error(syntax.offset, "unknown function " + syntax.text + "()");
    std::size_t count = syntax.operands.size();
    if (count < function->min_arguments || count > function->max_arguments) {
      return error(syntax.offset, "wrong number of arguments for " + syntax.text + "()");
    }
    if (function->scope == ArgumentScope::resource_type) return bind_resource_type_call(syntax, *function, self);
    VESTA_TRY(Typed focus, bind_focus(syntax, self));
    VESTA_CHECK_OK(check_reach(syntax.offset, focus.type));
    VESTA_CHECK_OK(check_order(syntax, focus));
    const StaticType input = focus.type;
    BoundPtr call = make_bound(Op::call, syntax.offset);
    call->function = function->body;
    call->operands.push_back(nullptr);  // the focus, below
    std::vector<StaticType> arguments;
    for (const auto& operand : syntax.operands) {
      VESTA_TRY(Typed argument, bind_argument(syntax, *function, *operand, self, input));
      call->operands.push_back(std::move(argument.bound));
      arguments.push_back(std::move(argument.type));
    }
    if (syntax.text == "defineVariable") VESTA_CHECK_OK(define_variable(syntax, input, arguments, *call));
    if (syntax.text == "where") {
      if (focus.bound->op == Op::empty) return focus;
      if (std::optional<Step> step = criteria_step(*call->operands[1])) {
        append_step(focus, syntax.offset, std::move(*step));
        return focus;
      }
    }
    if (function->purity == Purity::pattern) VESTA_CHECK_OK(folder_.keep_pattern(*call));
    call->is_pure = function->purity != Purity::world;
    call->operands[0] = std::move(focus.bound);
    bool loses_order = syntax.text == "children" || syntax.text == "descendants";
    bool is_ordered = syntax.text == "sort" || (focus.is_ordered && !loses_order);
    return Typed{std::move(call), result_type(names_, function->result, input, arguments), is_ordered};
  }

  Status check_order(const Syntax& syntax, const Typed& focus) const {
    if (options_.order_check == OrderCheck::off || focus.is_ordered) return kOk;
    bool needs_order =
        syntax.kind == SyntaxKind::indexer ||
        std::find(kOrderedFunctions.begin(), kOrderedFunctions.end(), syntax.text) != kOrderedFunctions.end();
    if (needs_order) return error(syntax.offset, "a position in a collection that has no order");
    return kOk;
  }

  // What is defined in an argument or operand is not seen outside of it.
  Result<Typed> bind_scoped(const Syntax& syntax, const StaticType& self) {
    std::size_t outer = variables_.size();
    Result<Typed> result = bind(syntax, self);
    variables_.resize(outer);
    return result;
  }

  // A sign before an argument of sort() is its direction.
  Result<Typed> bind_argument(const Syntax& call, const Function& function, const Syntax& argument,
                              const StaticType& self, const StaticType& input) {
    if (call.text == "sort" && argument.kind == SyntaxKind::polarity && argument.text == "-") {
      VESTA_TRY(Typed key, bind_scoped(*argument.operands[0], input));
      BoundPtr descending = make_bound(Op::descending, argument.offset);
      descending->operands.push_back(std::move(key.bound));
      return Typed{std::move(descending), std::move(key.type)};
    }
    if (function.scope == ArgumentScope::outer) return bind_scoped(argument, self);
    if (function.scope != ArgumentScope::yielded) return bind_scoped(argument, input);
    // The types become more in each round, of which there are so many; kMaxBinds ends it before.
    StaticType types = input;
    while (true) {
      VESTA_TRY(Typed projection, bind_scoped(argument, types));
      StaticType all = types;
      all.add(projection.type);
      if (all.any == types.any && all.fhir.size() == types.fhir.size() && all.system.size() == types.system.size()) {
        return projection;
      }
      types = std::move(all);
    }
  }

  bool is_taken(std::string_view name) const {
    static constexpr std::array<std::string_view, 3> kTaken = {"context", "resource", "rootResource"};
    return std::find(kTaken.begin(), kTaken.end(), name) != kTaken.end() || find_constant(name) ||
           external_constant(name) != nullptr || (name == kRowIndex && options_.dialect == Dialect::view) ||
           std::any_of(variables_.begin(), variables_.end(),
                       [&](const Variable& variable) { return variable.name == name; });
  }

  // https://hl7.org/fhirpath/#definevariablename-string-expr-expression
  Status define_variable(const Syntax& syntax, const StaticType& input, const std::vector<StaticType>& arguments,
                         Bound& call) {
    const Syntax& name = *syntax.operands[0];
    if (name.kind != SyntaxKind::string) return error(name.offset, "the name of a variable is a text");
    if (is_taken(name.text)) return error(name.offset, "%" + name.text + " is defined already");
    call.slot = variables_.size();
    variables_.push_back({name.text, arguments.size() > 1 ? arguments[1] : input});
    return kOk;
  }

  Result<Typed> bind_indexer(const Syntax& syntax, const StaticType& self) {
    VESTA_TRY(Typed focus, bind_focus(syntax, self));
    VESTA_CHECK_OK(check_order(syntax, focus));
    VESTA_TRY(Typed index, bind_scoped(*syntax.operands[0], self));
    if (focus.bound->op == Op::empty) return focus;
    BoundPtr bound = make_bound(Op::indexer, syntax.offset);
    bound->operands.push_back(std::move(focus.bound));
    bound->operands.push_back(std::move(index.bound));
    return Typed{std::move(bound), std::move(focus.type)};
  }

  // A sign is part of a literal; on anything else it is arithmetic.
  Result<Typed> bind_polarity(const Syntax& syntax, const StaticType& self) {
    const Syntax& operand = *syntax.operands[0];
    bool is_number = operand.kind == SyntaxKind::integer || operand.kind == SyntaxKind::decimal ||
                     operand.kind == SyntaxKind::quantity;
    if (!is_number) {
      VESTA_TRY(Typed inner, bind(operand, self));
      BoundPtr bound = make_bound(Op::polarity, syntax.offset);
      bound->is_plus = syntax.text == "+";
      bound->operands.push_back(std::move(inner.bound));
      return Typed{std::move(bound), result_type(names_, ResultType::value, {}, {})};
    }
    std::string text = (syntax.text == "-" ? "-" : "") + operand.text;
    if (operand.kind == SyntaxKind::quantity) text += " " + operand.unit;
    return make_literal(literal_kind(operand.kind), syntax.offset, std::move(text));
  }

  Result<Typed> bind_binary(const Syntax& syntax, const StaticType& self) {
    VESTA_TRY(Typed left, bind_scoped(*syntax.operands[0], self));
    VESTA_TRY(Typed right, bind_scoped(*syntax.operands[1], self));
    const std::optional<BinaryOp> operation = find_binary_operator(syntax.text);
    if (!operation) return error(syntax.offset, "unknown operator " + syntax.text);
    BoundPtr bound = make_bound(Op::binary, syntax.offset);
    bound->operation = *operation;
    bound->operands.push_back(std::move(left.bound));
    bound->operands.push_back(std::move(right.bound));
    return Typed{std::move(bound), result_type(names_, result_of(*operation), {}, {})};
  }

  Result<Typed> bind_union(const Syntax& syntax, const StaticType& self) {
    Typed result{make_bound(Op::unite, syntax.offset), {}};
    StaticType pruned;
    for (const auto& operand : syntax.operands) {
      VESTA_TRY(Typed branch, bind_scoped(*operand, self));
      if (branch.bound->op == Op::empty) {
        pruned.add(branch.type);
        continue;
      }
      result.type.add(branch.type);
      result.bound->operands.push_back(std::move(branch.bound));
    }
    if (result.bound->operands.empty()) return Typed{make_bound(Op::empty, syntax.offset), std::move(pruned)};
    return result;
  }

  const fhir::Definitions& definitions_;
  const Names names_;
  const StaticType root_type_;
  const std::string_view expression_;
  const CompileOptions options_;
  Folder folder_;
  std::vector<Variable> variables_;  // that are in scope, by slot
  std::size_t binds_ = 0;
};

}  // namespace

Result<BoundExpression> bind_syntax(const fhir::Definitions& definitions, const StaticType& root_type,
                                    std::string_view expression, const Syntax& syntax, const CompileOptions& options) {
  Binder binder(definitions, root_type, expression, options);
  VESTA_CHECK_OK(binder.declare());
  return binder.run(syntax);
}

}  // namespace vesta::fhirpath
