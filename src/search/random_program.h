// For tests: random well-formed programs of FHIRPath, most of which bind to a given type and run.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir/definitions.h"
#include "fhirpath/functions/functions.h"
#include "fhirpath/program.h"
#include "search/random_program_wants.h"
#include "search/random_resource.h"

namespace vesta::search::testing {

namespace program_pools {
inline constexpr std::string_view kIntegers[] = {"0", "1", "2", "-1", "7", "100", "2147483647", "9223372036854775807"};
inline constexpr std::string_view kDecimals[] = {
    "0.0", "1.5", "-1.50", "100.0", "0.000000000000000000000001", "3.14", "2.0", "12345678901234567890.12345678"};
inline constexpr std::string_view kStrings[] = {"''",
                                                "'a'",
                                                "'Ada'",
                                                "'1'",
                                                "'1.5'",
                                                "'true'",
                                                "'2020-02-29'",
                                                "','",
                                                "'\\n'",
                                                "'\\u00fc'",
                                                "'Stra\xC3\x9F"
                                                "e'",
                                                "'4 days'",
                                                "'10:00'",
                                                "'<a>&amp;'"};
inline constexpr std::string_view kDates[] = {"@2020", "@2020-02", "@2020-02-29", "@0001-01-01", "@9999-12-31"};
inline constexpr std::string_view kDateTimes[] = {"@2020T",
                                                  "@2020-02T",
                                                  "@2020-02-29T10",
                                                  "@2020-02-29T23:59",
                                                  "@2020-02-29T23:59:59.999+14:00",
                                                  "@2020-03-01T00:00:00Z"};
inline constexpr std::string_view kTimes[] = {"@T10", "@T10:30", "@T23:59:59.999"};
inline constexpr std::string_view kQuantities[] = {"1 year",     "3 days",  "1.5 'kg'", "2 'cm'",
                                                   "0 'mm[Hg]'", "4 hours", "1 'zz'"};
inline constexpr std::string_view kUrls[] = {"'http://example.org/a'", "'http://loinc.org'",
                                             "'http://hl7.org/fhir/StructureDefinition/Patient'"};
inline constexpr std::string_view kPatterns[] = {"'a'", "'.*'", "'^[A-Z]\\\\w+$'", "'(a|b)*c'", "'\\\\d{1,3}'"};
inline constexpr std::string_view kEncodings[] = {"'hex'", "'base64'", "'urlbase64'"};
inline constexpr std::string_view kEscapings[] = {"'html'", "'json'"};
inline constexpr std::string_view kLengths[] = {"0", "1", "2", "3", "8"};
inline constexpr std::string_view kVariables[] = {"'v'", "'w'", "'x'", "'y'"};
inline constexpr std::string_view kConstants[] = {"%context",
                                                  "%resource",
                                                  "%rootResource",
                                                  "%ucum",
                                                  "%sct",
                                                  "%loinc",
                                                  "%`vs-administrative-gender`",
                                                  "%`ext-patient-birthTime`"};
inline constexpr std::string_view kComparisons[] = {" = ", " != ", " ~ ", " !~ ", " < ", " <= ", " > ", " >= "};
inline constexpr std::string_view kConnectives[] = {" and ", " or ", " xor ", " implies "};
inline constexpr std::string_view kArithmetic[] = {" + ", " - ", " * ", " / ", " div ", " mod "};
inline constexpr std::string_view kSystemTypes[] = {"System.Boolean", "System.Integer", "System.Decimal",
                                                    "System.String",  "System.Date",    "System.DateTime",
                                                    "System.Time",    "System.Quantity"};
}  // namespace program_pools

// Draws programs from the element tables and the table of functions. Borrows everything.
class RandomProgram {
 public:
  static constexpr int kMaxParts = 40;  // calls, members and operators of one program, but for what ends them
  static constexpr int kMaxNesting = 6;

  RandomProgram(const fhir::Definitions& definitions, Dice& dice) : definitions_(definitions), dice_(dice) {}

  // A program for trees whose root is of this type.
  std::string text(fhir::TypeId root) {
    parts_ = 0;
    variables_.clear();
    return collection({root}, 0).text;
  }

 private:
  // What is known of the items: a node's type, or that it is a value; neither: anything.
  struct Shape {
    fhir::TypeId type = fhir::kNoType;
    bool is_value = false;
  };
  struct Part {
    std::string text;
    Shape shape;
  };
  static constexpr Shape kValue = {fhir::kNoType, true};

  bool is_spent(int nesting) const { return parts_ >= kMaxParts || nesting >= kMaxNesting; }
  std::string one_of(std::span<const std::string_view> pool) { return std::string(dice_.pick(pool)); }

  // A path from $this or a constant, with calls in it; now and then two of them, united.
  Part collection(const Shape& self, int nesting) {
    Part part = start(self);
    for (int steps = 1 + dice_.below(4); steps > 0 && !is_spent(nesting); --steps)
      part = step(std::move(part), nesting);
    if (dice_.chance(8) && !is_spent(nesting)) {
      const std::string other = collection(self, nesting + 1).text;
      part = {"(" + part.text + " | " + other + ")", {}};
    }
    return part;
  }

  Part start(const Shape& self) {
    ++parts_;
    if (!variables_.empty() && dice_.chance(30)) return {"%" + dice_.pick(variables_), {}};
    if (dice_.chance(8)) return {one_of(program_pools::kConstants), {}};
    if (dice_.chance(5))
      return {"(" + literal(static_cast<Want>(static_cast<int>(Want::boolean) + dice_.below(8))) + ")", kValue};
    return {"$this", self};
  }

  Part step(Part focus, int nesting) {
    ++parts_;
    if (dice_.chance(6)) return {focus.text + "[" + one_of(program_pools::kLengths) + "]", focus.shape};
    if (dice_.chance(10)) {
      const std::string type = type_name(focus.shape);
      return {focus.text + ".ofType(" + type + ")", {definitions_.find_type(type).value_or(fhir::kNoType)}};
    }
    if (focus.shape.is_value || dice_.chance(30)) return call(std::move(focus), nesting);
    return member(std::move(focus));
  }

  // An element that the type has. Of a choice some alternative is guessed, and mostly asked for.
  Part member(Part focus) {
    if (focus.shape.type == fhir::kNoType) {
      const fhir::Type& any = dice_.pick(definitions_.types());
      if (any.elements.empty()) return focus;
      return {focus.text + "." + std::string(definitions_.name(dice_.pick(any.elements).name)), {}};
    }
    const auto elements = definitions_.type(focus.shape.type).elements;
    if (elements.empty()) return {focus.text + ".extension", {}};
    const fhir::Element& element = dice_.pick(elements);
    std::string text = focus.text + ".`" + std::string(definitions_.name(element.name)) + "`";
    if (element.is_choice && dice_.chance(70))
      text += ".ofType(FHIR." + std::string(definitions_.type(element.type).name) + ")";
    return {std::move(text), {element.type}};
  }

  // Of what there may be, or any.
  std::string type_name(const Shape& shape) {
    if (dice_.chance(15)) return one_of(program_pools::kSystemTypes);
    if (shape.type != fhir::kNoType && dice_.chance(60)) return std::string(definitions_.type(shape.type).name);
    return std::string(dice_.pick(definitions_.types()).name);
  }

  // Any function of the table, on something that it takes.
  Part call(Part focus, int nesting) {
    const fhirpath::Function& function = dice_.pick(fhirpath::all_functions());
    const FunctionWants wants = wants_of(function.name);
    const bool takes_focus = wants.input == Want::any || dice_.chance(3);
    std::string input = takes_focus ? focus.text : wanted(wants.input, focus.shape, nesting + 1, &focus.text);
    return call(function, wants, std::move(input), takes_focus ? focus.shape : Shape{}, nesting);
  }

  Part call(const fhirpath::Function& function, const FunctionWants& wants, std::string input, const Shape& shape,
            int nesting) {
    std::string text = std::move(input) + "." + std::string(function.name) + "(";
    const int spare = std::min(3 - function.min_arguments, function.max_arguments - function.min_arguments);
    const int count = function.min_arguments + (spare > 0 ? dice_.below(spare + 1) : 0);
    std::string defined;
    for (int i = 0; i < count; ++i) {
      const Want want = dice_.chance(3) ? Want::any : wants.arguments[static_cast<std::size_t>(i)];
      const std::size_t outer = variables_.size();
      const bool is_total = function.name == "aggregate" && i == 0 && dice_.chance(70);
      std::string argument =
          is_total ? "($total + " + wanted(want, shape, nesting + 1) + ")" : wanted(want, shape, nesting + 1);
      variables_.resize(outer);
      if (want == Want::name && function.name == "defineVariable") defined = argument.substr(1, argument.size() - 2);
      text += (i == 0 ? "" : ", ") + argument;
    }
    if (!defined.empty()) variables_.push_back(defined);
    return {text + ")", result_shape(function.result, shape)};
  }

  static Shape result_shape(fhirpath::ResultType result, const Shape& input) {
    using R = fhirpath::ResultType;
    if (result == R::input) return input;
    const bool is_anything = result == R::combined || result == R::argument || result == R::branches ||
                             result == R::children || result == R::extension || result == R::resource;
    return is_anything ? Shape{} : kValue;
  }

  // An operand of this kind; `self` is what $this is in it, `focus` what else stands at hand.
  std::string wanted(Want want, const Shape& self, int nesting, const std::string* focus = nullptr) {
    switch (want) {
      case Want::any:
        return collection(self, nesting).text;
      case Want::one:
        return (focus != nullptr ? *focus : collection(self, nesting).text) + ".first()";
      case Want::element:
        return (focus != nullptr && !self.is_value ? *focus : "%resource.descendants()") + ".first()";
      case Want::narrative:
        return "%resource.text.`div`";
      case Want::name:
        return one_of(program_pools::kVariables);
      case Want::resource_type:
        return std::string(dice_.pick(definitions_.types()).name);
      case Want::criterion:
        return criterion(self, nesting);
      default:
        return want >= Want::url ? literal(want) : value(want, self, nesting);
    }
  }

  std::string criterion(const Shape& self, int nesting) {
    if (is_spent(nesting) || dice_.chance(20)) return dice_.chance(80) ? "$index < 2" : "$this is " + type_name(self);
    if (dice_.chance(50)) return collection(self, nesting + 1).text + ".exists()";
    return value(Want::boolean, self, nesting);
  }

  // One value: a literal, an element of that type, a function that makes such values, or an operator's result.
  std::string value(Want want, const Shape& self, int nesting) {
    ++parts_;
    if (is_spent(nesting) || dice_.chance(25)) return "(" + literal(want) + ")";
    if (dice_.chance(40)) return "(" + operation(want, self, nesting + 1) + ")";
    if (dice_.chance(50)) return collection(self, nesting + 1).text + ".ofType(" + system_type(want) + ").first()";
    std::vector<const fhirpath::Function*> makers;
    for (const fhirpath::Function& function : fhirpath::all_functions()) {
      if (makes(function.result, want)) makers.push_back(&function);
    }
    if (makers.empty()) return "(" + literal(want) + ")";
    const fhirpath::Function& maker = *dice_.pick(makers);
    const FunctionWants wants = wants_of(maker.name);
    return call(maker, wants, wanted(wants.input, self, nesting + 1), {}, nesting + 1).text + ".first()";
  }

  static std::string system_type(Want want) {
    return std::string(program_pools::kSystemTypes[static_cast<int>(want) - static_cast<int>(Want::boolean)]);
  }

  static bool makes(fhirpath::ResultType result, Want want) {
    using R = fhirpath::ResultType;
    static constexpr R kResults[] = {R::boolean, R::integer,   R::decimal, R::string,
                                     R::date,    R::date_time, R::time,    R::quantity};
    return kResults[static_cast<int>(want) - static_cast<int>(Want::boolean)] == result;
  }

  std::string operation(Want want, const Shape& self, int nesting) {
    const auto both = [&](Want operand, std::span<const std::string_view> operators) {
      const std::string left = value(operand, self, nesting);
      const std::string between = one_of(operators);
      return left + between + value(operand, self, nesting);
    };
    switch (want) {
      case Want::boolean: {
        if (dice_.chance(40)) return both(Want::boolean, program_pools::kConnectives);
        if (dice_.chance(20)) return collection(self, nesting).text + ".first() is " + type_name(self);
        if (dice_.chance(20)) return value(Want::string, self, nesting) + " in " + collection(self, nesting).text;
        if (dice_.chance(10)) return collection(self, nesting).text + " = " + collection(self, nesting).text;
        return both(static_cast<Want>(static_cast<int>(Want::integer) + dice_.below(7)), program_pools::kComparisons);
      }
      case Want::integer:
      case Want::decimal:
        return dice_.chance(20) ? "-" + value(want, self, nesting) : both(want, program_pools::kArithmetic);
      case Want::string:
        return value(want, self, nesting) + (dice_.chance(50) ? " & " : " + ") + value(want, self, nesting);
      case Want::quantity:
        return both(want, program_pools::kArithmetic);
      default:  // times: moved by a quantity
        return value(want, self, nesting) + (dice_.chance(50) ? " + " : " - ") + literal(Want::quantity);
    }
  }

  std::string literal(Want want) {
    switch (want) {
      case Want::boolean:
        return dice_.chance(50) ? "true" : "false";
      case Want::integer:
        return one_of(program_pools::kIntegers);
      case Want::decimal:
        return one_of(program_pools::kDecimals);
      case Want::date:
        return one_of(program_pools::kDates);
      case Want::date_time:
        return one_of(program_pools::kDateTimes);
      case Want::time:
        return one_of(program_pools::kTimes);
      case Want::quantity:
        return one_of(program_pools::kQuantities);
      case Want::url:
        return one_of(program_pools::kUrls);
      case Want::pattern:
        return one_of(program_pools::kPatterns);
      case Want::encoding:
        return one_of(program_pools::kEncodings);
      case Want::escaping:
        return one_of(program_pools::kEscapings);
      case Want::length:
        return one_of(program_pools::kLengths);
      default:
        return one_of(program_pools::kStrings);
    }
  }

  const fhir::Definitions& definitions_;
  Dice& dice_;
  int parts_ = 0;
  std::vector<std::string> variables_;  // that are in scope
};

}  // namespace vesta::search::testing
