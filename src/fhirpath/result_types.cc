// The tables of what things yield.
#include "fhirpath/result_types.h"

#include <array>

namespace vesta::fhirpath {
namespace {

// The kinds of values that arithmetic yields, where the operands do not say more.
constexpr std::array kArithmeticKinds = {Item::Kind::integer, Item::Kind::decimal,   Item::Kind::string,
                                         Item::Kind::date,    Item::Kind::date_time, Item::Kind::time,
                                         Item::Kind::quantity};

struct BinaryOperator {
  std::string_view spelling;
  BinaryOp operation;
};
constexpr std::array<BinaryOperator, 21> kBinaryOperators = {{{"=", BinaryOp::equal},
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
                                                              {"&", BinaryOp::concatenation},
                                                              {"~", BinaryOp::equivalent},
                                                              {"!~", BinaryOp::not_equivalent},
                                                              {"+", BinaryOp::plus},
                                                              {"-", BinaryOp::minus},
                                                              {"*", BinaryOp::times},
                                                              {"/", BinaryOp::divided_by},
                                                              {"div", BinaryOp::integer_division},
                                                              {"mod", BinaryOp::modulo}}};

}  // namespace

std::optional<BinaryOp> find_binary_operator(std::string_view spelling) {
  for (const BinaryOperator& candidate : kBinaryOperators) {
    if (candidate.spelling == spelling) return candidate.operation;
  }
  return std::nullopt;
}

ResultType result_of(BinaryOp operation) {
  switch (operation) {
    case BinaryOp::concatenation:
      return ResultType::string;
    case BinaryOp::plus:
    case BinaryOp::minus:
    case BinaryOp::times:
    case BinaryOp::divided_by:
    case BinaryOp::integer_division:
    case BinaryOp::modulo:
      return ResultType::value;
    default:
      return ResultType::boolean;
  }
}

StaticType result_type(const Names& names, ResultType result, const StaticType& input,
                       const std::vector<StaticType>& arguments) {
  StaticType type;
  switch (result) {
    case ResultType::boolean:
      return StaticType::of(Item::Kind::boolean);
    case ResultType::integer:
      return StaticType::of(Item::Kind::integer);
    case ResultType::string:
      return StaticType::of(Item::Kind::string);
    case ResultType::decimal:
      return StaticType::of(Item::Kind::decimal);
    case ResultType::date:
      return StaticType::of(Item::Kind::date);
    case ResultType::date_time:
      return StaticType::of(Item::Kind::date_time);
    case ResultType::time:
      return StaticType::of(Item::Kind::time);
    case ResultType::quantity:
      return StaticType::of(Item::Kind::quantity);
    case ResultType::type_info:
      return StaticType::of(Item::Kind::type_info);
    case ResultType::value:
      type.system.assign(kArithmeticKinds.begin(), kArithmeticKinds.end());
      return type;
    case ResultType::input:
      return input;
    case ResultType::extension:
      return StaticType::of(names.extension_type);
    case ResultType::children:
      return StaticType::anything();
    case ResultType::resource:
      return StaticType::elsewhere();
    case ResultType::argument:
      return arguments[0];
    case ResultType::combined:
      type = input;
      type.add(arguments[0]);
      return type;
    case ResultType::arguments:
      for (const StaticType& argument : arguments) type.add(argument);
      return type;
    case ResultType::branches:
      for (std::size_t i = 1; i < arguments.size(); ++i) type.add(arguments[i]);
      return type;
  }
  return type;
}

StaticType element_types(const fhir::Definitions& definitions, const Names& names, const StaticType& parents,
                         fhir::NameId name) {
  StaticType found;
  for (fhir::TypeId parent : parents.fhir) {
    const fhir::Type& type = definitions.type(parent);
    bool here = false;
    for (const fhir::Element& element : type.elements) {
      if (element.name != name) continue;
      found.add(element.type);
      here = true;
    }
    if (here || type.kind != fhir::TypeKind::primitive) continue;
    if (name == names.extension) found.add(names.extension_type);
    if (name == names.id) found.add(names.string_type);
  }
  return found;
}

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

std::vector<std::string> type_name_of(const Syntax& argument) {
  std::vector<std::string> name;
  const Syntax* part = &argument;
  for (; part != nullptr && part->kind == SyntaxKind::member; part = part->focus.get()) {
    name.insert(name.begin(), part->text);
  }
  return part == nullptr ? name : std::vector<std::string>();
}

}  // namespace vesta::fhirpath
