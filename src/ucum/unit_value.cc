// Evaluates terms; the units of the table are evaluated once, when the first term is.
#include "ucum/unit_value.h"

#include <memory>
#include <optional>

#include "base/check.h"
#include "ucum/special.h"

namespace vesta::ucum {
namespace {

// left with each exponent of right added `sign` times.
Dimension combine(const Dimension& left, const Dimension& right, int sign) {
  Dimension sum;
  sum.reserve(left.size() + right.size());
  auto a = left.begin();
  auto b = right.begin();
  while (a != left.end() || b != right.end()) {
    if (b == right.end() || (a != left.end() && a->base < b->base)) {  // the table is sorted by code
      sum.push_back(*a++);
    } else if (a == left.end() || b->base < a->base) {
      sum.push_back({b->base, sign * b->exponent});
      ++b;
    } else {
      const int exponent = a->exponent + sign * b->exponent;
      if (exponent != 0) sum.push_back({a->base, exponent});
      ++a;
      ++b;
    }
  }
  return sum;
}

bool is_number(const UnitValue& value) {
  return value.special == nullptr && value.dimension.empty();
}

Error special_in_term() {
  return make_error(Category::unsupported, "a special unit stands alone or with numbers, without exponent");
}

Result<UnitValue> power(const UnitValue& value, int exponent) {
  if (value.special != nullptr) return special_in_term();
  UnitValue result;
  VESTA_TRY(result.factor, value.factor.power(exponent));
  for (const DimensionPart& part : value.dimension) {
    if (exponent != 0) result.dimension.push_back({part.base, part.exponent * exponent});
  }
  return result;
}

// The values of the table's units, filled once: the only state, constant afterwards.
class Table {
 public:
  // Lives as long as the process: UnitValues point into it.
  static const Table& instance() {
    static const Table* const table = new Table;
    return *table;
  }
  const UnitValue& value_of(const UnitDefinition& unit) const { return *values_[index(unit)]; }
  const Number& prefix(const PrefixDefinition& prefix) const {
    return prefixes_[static_cast<std::size_t>(&prefix - prefixes().data())];
  }

 private:
  Table() : values_(units().size()) {
    for (const PrefixDefinition& prefix : prefixes()) prefixes_.push_back(*Number::parse(prefix.value));
    for (const UnitDefinition& unit : units()) resolve(unit);
  }
  static std::size_t index(const UnitDefinition& unit) { return static_cast<std::size_t>(&unit - units().data()); }
  void resolve(const UnitDefinition& unit);
  void resolve_all(const std::vector<Component>& components);

  std::vector<Number> prefixes_;
  std::vector<std::optional<UnitValue>> values_;
  std::vector<std::unique_ptr<SpecialScale>> scales_;
};

Result<UnitValue> evaluate(const Table& table, const std::vector<Component>& components);

Result<UnitValue> evaluate(const Table& table, const Component& component) {
  switch (component.kind) {
    case Component::Kind::annotation:
      return UnitValue{};
    case Component::Kind::group:
      return evaluate(table, component.group);
    case Component::Kind::factor:
      return UnitValue{Number(Number::Integer(component.digits)), {}, nullptr};
    case Component::Kind::unit:
      break;
  }
  UnitValue value = table.value_of(*component.unit);
  if (component.prefix != nullptr) {
    VESTA_TRY(value.factor, value.factor.times(table.prefix(*component.prefix)));
  }
  return component.exponent == 1 ? Result<UnitValue>(std::move(value)) : power(value, component.exponent);
}

Result<UnitValue> evaluate(const Table& table, const std::vector<Component>& components) {
  UnitValue result;
  for (const Component& component : components) {
    VESTA_TRY(const UnitValue value, evaluate(table, component));
    const bool divides = component.joined_by == Component::Operator::divide;
    VESTA_TRY(result, divides ? quotient(result, value) : product(result, value));
  }
  return result;
}

void Table::resolve_all(const std::vector<Component>& components) {
  for (const Component& component : components) {
    resolve_all(component.group);
    if (component.unit != nullptr) resolve(*component.unit);
  }
}

void Table::resolve(const UnitDefinition& unit) {
  std::optional<UnitValue>& value = values_[index(unit)];
  if (value) return;
  // An arbitrary unit that is defined by another one ([IU] by [iU]) is the same; the others are by nothing.
  if (unit.is_base || (unit.is_arbitrary && unit.unit == "1")) {
    value = UnitValue{Number(1), {{&unit, 1}}, nullptr};
    return;
  }
  const Result<Term> term = parse(unit.unit);
  CHECK(term.ok());
  resolve_all(term->components);
  Result<UnitValue> reference = evaluate(*this, term->components);
  CHECK(reference.ok());
  Result<Number> factor = reference->factor.times(*Number::parse(unit.value));
  CHECK(factor.ok());
  value = UnitValue{std::move(*factor), std::move(reference->dimension), nullptr};
  if (unit.function == Function::none) return;
  // The essence gives one of the tangents in degrees and the other in radians; both functions here take radians.
  if (unit.function == Function::hundred_tan) value->factor = Number(1);
  scales_.push_back(std::make_unique<SpecialScale>(SpecialScale{unit.function, value->factor}));
  value->special = scales_.back().get();
  value->factor = Number(1);
}

}  // namespace

Result<UnitValue> evaluate(const Term& term) {
  return evaluate(Table::instance(), term.components);
}

Result<UnitValue> product(const UnitValue& left, const UnitValue& right) {
  if ((left.special != nullptr && !is_number(right)) || (right.special != nullptr && !is_number(left))) {
    return special_in_term();
  }
  UnitValue result;
  VESTA_TRY(result.factor, left.factor.times(right.factor));
  result.dimension = combine(left.dimension, right.dimension, 1);
  result.special = left.special != nullptr ? left.special : right.special;
  return result;
}

Result<UnitValue> quotient(const UnitValue& left, const UnitValue& right) {
  if (right.special != nullptr || (left.special != nullptr && !is_number(right))) return special_in_term();
  UnitValue result;
  VESTA_TRY(result.factor, left.factor.divided_by(right.factor));
  result.dimension = combine(left.dimension, right.dimension, -1);
  result.special = left.special;
  return result;
}

std::string canonical_code(const Dimension& dimension) {
  std::string code;
  for (const DimensionPart& part : dimension) {
    if (!code.empty()) code += '.';
    code += part.base->code;
    if (part.exponent != 1) code += std::to_string(part.exponent);
  }
  return code.empty() ? "1" : code;
}

Result<Number> to_canonical(const UnitValue& unit, const Number& value) {
  VESTA_TRY(Number scaled, value.times(unit.factor));
  if (unit.special == nullptr) return scaled;
  VESTA_TRY(const Number ratio, ratio_of(unit.special->function, scaled));
  return ratio.times(unit.special->reference);
}

Result<Number> from_canonical(const UnitValue& unit, const Number& canonical) {
  if (unit.special == nullptr) return canonical.divided_by(unit.factor);
  VESTA_TRY(const Number ratio, canonical.divided_by(unit.special->reference));
  VESTA_TRY(const Number value, value_of(unit.special->function, ratio));
  return value.divided_by(unit.factor);
}

}  // namespace vesta::ucum
