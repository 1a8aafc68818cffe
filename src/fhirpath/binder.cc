// The binder: gives names, types, functions and constants their meaning, and prunes what cannot match.
#include "fhirpath/binder.h"

#include <array>
#include <optional>
#include <utility>

#include "fhirpath/diagnostics.h"
#include "fhirpath/functions/functions.h"
#include "fhirpath/names.h"
#include "fhirpath/static_type.h"
#include "fhirpath/value.h"

namespace vesta::fhirpath {
namespace {

using BoundPtr = std::unique_ptr<Bound>;

// A bound tree and what it can yield. Of an `empty` tree the type is what it would yield if it could match: so the rest
// of a pruned branch is still checked.
struct Typed {
  BoundPtr bound;
  StaticType type;
};

struct BinaryOperator {
  std::string_view spelling;
  BinaryOp operation;
};
constexpr std::array<BinaryOperator, 13> kBinaryOperators = {{{"=", BinaryOp::equal},
                                                              {"!=", BinaryOp::not_equal},
                                                              {"<", BinaryOp::less},
                                                              {"<=", BinaryOp::less_or_equal},
                                                              {">", BinaryOp::greater},
                                                              {">=", BinaryOp::greater_or_equal},
                                                              {"in", BinaryOp::in},
                                                              {"contains", BinaryOp::contains},
                                                              {"and", BinaryOp::conjunction},
                                                              {"or", BinaryOp::disjunction},
                                                              {"xor", BinaryOp::exclusive_disjunction},
                                                              {"implies", BinaryOp::implication},
                                                              {"&", BinaryOp::concatenation}}};

// https://hl7.org/fhir/R4/fhirpath.html#vars
struct Constant {
  std::string_view name;
  std::string_view text;
};
constexpr std::array<Constant, 3> kConstants = {
    {{"sct", "http://snomed.info/sct"}, {"loinc", "http://loinc.org"}, {"ucum", "http://unitsofmeasure.org"}}};

Item::Kind literal_kind(SyntaxKind kind) {
  switch (kind) {
    case SyntaxKind::boolean:
      return Item::Kind::boolean;
    case SyntaxKind::integer:
      return Item::Kind::integer;
    case SyntaxKind::decimal:
      return Item::Kind::decimal;
    case SyntaxKind::date:
      return Item::Kind::date;
    case SyntaxKind::date_time:
      return Item::Kind::date_time;
    case SyntaxKind::time:
      return Item::Kind::time;
    case SyntaxKind::quantity:
      return Item::Kind::quantity;
    default:
      return Item::Kind::string;
  }
}

BoundPtr make_bound(Op op, std::uint32_t offset) {
  auto bound = std::make_unique<Bound>();
  bound->op = op;
  bound->offset = offset;
  return bound;
}

Typed make_literal(Item::Kind kind, std::uint32_t offset, std::string text) {
  BoundPtr bound = make_bound(Op::literal, offset);
  bound->text = std::move(text);
  bound->literal.kind = kind;
  bound->literal.text = bound->text;
  bound->literal.boolean_value = bound->text == "true";
  return {std::move(bound), StaticType::of(kind)};
}

// A tree that only looks at $this: no operands and so many steps.
bool is_path_of_this(const Bound& bound, std::size_t steps) {
  return bound.op == Op::path && bound.operands.empty() && bound.steps.size() == steps;
}

// OPTIMIZATION: the criteria that search parameters use become steps of the path itself:
// where(resolve() is Patient) and where(type = 'composed-of').
std::optional<Step> criteria_step(const Bound& criteria) {
  if (criteria.op == Op::type_test && criteria.type.fhir != fhir::kNoType) {
    const Bound& call = *criteria.operands[0];
    bool is_resolve = call.op == Op::call && call.function == find_function("resolve")->body;
    if (is_resolve && is_path_of_this(*call.operands[0], 0)) {
      return Step{Step::Kind::refers_to, fhir::kNoName, criteria.type, {}};
    }
  }
  if (criteria.op == Op::binary && criteria.operation == BinaryOp::equal) {
    const Bound& left = *criteria.operands[0];
    const Bound& right = *criteria.operands[1];
    bool is_string = right.op == Op::literal && right.literal.kind == Item::Kind::string;
    if (is_string && is_path_of_this(left, 1) && left.steps[0].kind == Step::Kind::child) {
      return Step{Step::Kind::with_text, left.steps[0].name, {}, right.text};
    }
  }
  return std::nullopt;
}

class Binder {
 public:
  Binder(const fhir::Definitions& definitions, fhir::TypeId root_type, std::string_view expression,
         ChoiceNames choice_names)
      : definitions_(definitions),
        names_(definitions),
        root_type_(root_type),
        expression_(expression),
        choice_names_(choice_names) {}

  Result<BoundExpression> run(const Syntax& syntax) {
    VESTA_TRY(Typed result, bind(syntax, StaticType::of(root_type_)));
    if (result.bound->op == Op::empty) result.type = {};
    return BoundExpression{std::move(result.bound), std::move(result.type)};
  }

 private:
  Error error(std::uint32_t offset, std::string_view message, std::string_view code = kCodeInvalid) const {
    return expression_error(expression_, offset, message, code);
  }

  // `self` is the type of $this.
  Result<Typed> bind(const Syntax& syntax, const StaticType& self) {
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
        return bind_polarity(syntax);
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
    return error(syntax.offset, "$total is not built yet", kCodeNotSupported);
  }

  Result<Typed> bind_constant(const Syntax& syntax) {
    const std::string& name = syntax.text;
    if (name == "context") return Typed{make_bound(Op::context, syntax.offset), StaticType::of(root_type_)};
    if (name == "resource" || name == "rootResource") {
      bool is_root = definitions_.type(root_type_).kind == fhir::TypeKind::resource;
      return Typed{make_bound(Op::resource, syntax.offset),
                   is_root ? StaticType::of(root_type_) : StaticType::anything()};
    }
    for (const Constant& constant : kConstants) {
      if (constant.name == name) {
        return make_literal(Item::Kind::string, syntax.offset, std::string(constant.text));
      }
    }
    if (name.starts_with("vs-")) {
      return make_literal(Item::Kind::string, syntax.offset, "http://hl7.org/fhir/ValueSet/" + name.substr(3));
    }
    if (name.starts_with("ext-")) {
      return make_literal(Item::Kind::string, syntax.offset,
                          "http://hl7.org/fhir/StructureDefinition/" + name.substr(4));
    }
    return error(syntax.offset, "unknown constant %" + name);
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

  // The types of the elements with this name; empty if there are none.
  StaticType element_types(const StaticType& parents, fhir::NameId name) const {
    StaticType found;
    for (fhir::TypeId parent : parents.fhir) {
      const fhir::Type& type = definitions_.type(parent);
      bool here = false;
      for (const fhir::Element& element : type.elements) {
        if (element.name != name) continue;
        found.add(element.type);
        here = true;
      }
      if (here || type.kind != fhir::TypeKind::primitive) continue;
      if (name == names_.extension) found.add(names_.extension_type);
      if (name == names_.id) found.add(names_.string_type);
    }
    return found;
  }

  // A member: an element; or, at the beginning, a type's name, which selects $this if it is of that type.
  // https://hl7.org/fhirpath/N1/#path-selection
  Result<Typed> bind_member(const Syntax& syntax, const StaticType& self) {
    VESTA_TRY(Typed focus, bind_focus(syntax, self));
    std::optional<fhir::NameId> name = definitions_.find_name(syntax.text);
    StaticType types = name ? element_types(focus.type, *name) : StaticType{};
    if (types.is_empty() && !syntax.focus) {
      std::optional<TypeSpecifier> type = find_type_specifier(definitions_, {syntax.text});
      // Primitive types are left out: their names (code, date, time) are the names of elements too.
      if (type && type->fhir != fhir::kNoType && definitions_.type(type->fhir).kind != fhir::TypeKind::primitive) {
        type->system.reset();
        keep_type(focus, syntax.offset, *type);
        return focus;
      }
    }
    if (types.is_empty() && choice_names_ == ChoiceNames::element_or_json && bind_choice(syntax, focus)) return focus;
    // DEVIATION: below a nested resource nothing is known of the types, so any name that some type has is accepted.
    if (types.is_empty() && name && (focus.type.any || focus.type.is_empty()))
      types.any = focus.type.any;
    else if (types.is_empty())
      return unknown_element(syntax, focus.type);
    else if (focus.type.any)
      types.any = true;
    focus.type = std::move(types);
    append_step(focus, syntax.offset, {Step::Kind::child, *name, {}, {}});
    return focus;
  }

  // `valueDateTime` as `value.ofType(dateTime)`. False: no parent has a choice of this name in JSON.
  bool bind_choice(const Syntax& syntax, Typed& focus) const {
    for (const fhir::TypeId parent : focus.type.fhir) {
      const fhir::Element* element = definitions_.find_element(parent, syntax.text);
      if (element == nullptr || !element->is_choice) continue;
      const auto type = find_type_specifier(definitions_, {std::string(definitions_.type(element->type).name)});
      if (!type) continue;
      focus.type = element_types(focus.type, element->name);
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
  //
  // DEVIATION: `as` keeps the items of the type, like ofType, where the language calls more than one item an error:
  // R4's own search parameters apply it to lists, for instance (Group.characteristic.value as CodeableConcept).
  Result<Typed> bind_type(Typed focus, std::string_view word, const std::vector<std::string>& name,
                          std::uint32_t offset) {
    std::optional<TypeSpecifier> type = find_type_specifier(definitions_, name);
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
    // DEVIATION: R4's composite search parameters spell the FHIR type dateTime as value.as(DateTime).
    if (name.size() == 1 && name[0] == "DateTime") {
      type->fhir = definitions_.find_type("dateTime").value_or(fhir::kNoType);
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
    std::vector<std::string> name;
    const Syntax* part = syntax.operands[0].get();
    for (; part != nullptr && part->kind == SyntaxKind::member; part = part->focus.get()) {
      name.insert(name.begin(), part->text);
    }
    if (part != nullptr) return error(syntax.offset, syntax.text + "() needs the name of a type");
    return bind_type(std::move(focus), syntax.text, name, syntax.operands[0]->offset);
  }

  Result<Typed> bind_function(const Syntax& syntax, const StaticType& self) {
    if (syntax.text == "is" || syntax.text == "as" || syntax.text == "ofType") return bind_type_function(syntax, self);
    const Function* function = find_function(syntax.text);
    if (function == nullptr) {
      if (!is_known_function(syntax.text)) return error(syntax.offset, "unknown function " + syntax.text + "()");
      return error(syntax.offset, "the function " + syntax.text + "() is not built yet", kCodeNotSupported);
    }
    std::size_t count = syntax.operands.size();
    if (count < function->min_arguments || count > function->max_arguments) {
      return error(syntax.offset, "wrong number of arguments for " + syntax.text + "()");
    }
    VESTA_TRY(Typed focus, bind_focus(syntax, self));
    const StaticType input = focus.type;
    BoundPtr call = make_bound(Op::call, syntax.offset);
    call->function = function->body;
    call->operands.push_back(nullptr);  // the focus, below
    std::vector<StaticType> arguments;
    for (const auto& operand : syntax.operands) {
      VESTA_TRY(Typed argument, bind(*operand, function->scope == ArgumentScope::item ? input : self));
      call->operands.push_back(std::move(argument.bound));
      arguments.push_back(std::move(argument.type));
    }
    if (syntax.text == "where") {
      if (focus.bound->op == Op::empty) return focus;
      if (std::optional<Step> step = criteria_step(*call->operands[1])) {
        append_step(focus, syntax.offset, std::move(*step));
        return focus;
      }
    }
    call->operands[0] = std::move(focus.bound);
    return Typed{std::move(call), result_type(function->result, input, arguments)};
  }

  StaticType result_type(ResultType result, const StaticType& input, const std::vector<StaticType>& arguments) const {
    StaticType type;
    switch (result) {
      case ResultType::boolean:
        return StaticType::of(Item::Kind::boolean);
      case ResultType::integer:
        return StaticType::of(Item::Kind::integer);
      case ResultType::string:
        return StaticType::of(Item::Kind::string);
      case ResultType::input:
        return input;
      case ResultType::extension:
        return StaticType::of(names_.extension_type);
      case ResultType::children:
      case ResultType::resource:
        return StaticType::anything();
      case ResultType::argument:
        return arguments[0];
      case ResultType::combined:
        type = input;
        type.add(arguments[0]);
        return type;
      case ResultType::branches:
        for (std::size_t i = 1; i < arguments.size(); ++i) type.add(arguments[i]);
        return type;
    }
    return type;
  }

  Result<Typed> bind_indexer(const Syntax& syntax, const StaticType& self) {
    VESTA_TRY(Typed focus, bind_focus(syntax, self));
    VESTA_TRY(Typed index, bind(*syntax.operands[0], self));
    if (focus.bound->op == Op::empty) return focus;
    BoundPtr bound = make_bound(Op::indexer, syntax.offset);
    bound->operands.push_back(std::move(focus.bound));
    bound->operands.push_back(std::move(index.bound));
    return Typed{std::move(bound), std::move(focus.type)};
  }

  // A sign is part of a literal; on anything else it is arithmetic.
  Result<Typed> bind_polarity(const Syntax& syntax) {
    const Syntax& operand = *syntax.operands[0];
    bool is_number = operand.kind == SyntaxKind::integer || operand.kind == SyntaxKind::decimal ||
                     operand.kind == SyntaxKind::quantity;
    if (!is_number) return error(syntax.offset, "a sign before an expression is not built yet", kCodeNotSupported);
    std::string text = (syntax.text == "-" ? "-" : "") + operand.text;
    if (operand.kind == SyntaxKind::quantity) text += " " + operand.unit;
    return make_literal(literal_kind(operand.kind), syntax.offset, std::move(text));
  }

  Result<Typed> bind_binary(const Syntax& syntax, const StaticType& self) {
    VESTA_TRY(Typed left, bind(*syntax.operands[0], self));
    VESTA_TRY(Typed right, bind(*syntax.operands[1], self));
    for (const BinaryOperator& candidate : kBinaryOperators) {
      if (candidate.spelling != syntax.text) continue;
      BoundPtr bound = make_bound(Op::binary, syntax.offset);
      bound->operation = candidate.operation;
      bound->operands.push_back(std::move(left.bound));
      bound->operands.push_back(std::move(right.bound));
      bool is_text = candidate.operation == BinaryOp::concatenation;
      return Typed{std::move(bound), StaticType::of(is_text ? Item::Kind::string : Item::Kind::boolean)};
    }
    return error(syntax.offset, "the operator " + syntax.text + " is not built yet", kCodeNotSupported);
  }

  Result<Typed> bind_union(const Syntax& syntax, const StaticType& self) {
    Typed result{make_bound(Op::unite, syntax.offset), {}};
    StaticType pruned;
    for (const auto& operand : syntax.operands) {
      VESTA_TRY(Typed branch, bind(*operand, self));
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
  const fhir::TypeId root_type_;
  const std::string_view expression_;
  const ChoiceNames choice_names_;
};

}  // namespace

Result<BoundExpression> bind_syntax(const fhir::Definitions& definitions, fhir::TypeId root_type,
                                    std::string_view expression, const Syntax& syntax, ChoiceNames choice_names) {
  return Binder(definitions, root_type, expression, choice_names).run(syntax);
}

}  // namespace vesta::fhirpath
