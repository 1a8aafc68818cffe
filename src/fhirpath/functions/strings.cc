// Functions on strings: https://hl7.org/fhirpath/N1/#string-manipulation
#include <charconv>
#include <string>
#include <string_view>

#include "fhirpath/functions/bodies.h"
#include "fhirpath/letter_case.h"

namespace vesta::fhirpath::functions {
namespace {

Result<std::optional<Value>> string_input(Evaluator& evaluator, const Call& call) {
  return evaluator.single_value(call.bound, call.input, Item::Kind::string);
}

Status push_string(Evaluator& evaluator, const Call& call, std::string_view text, Collection& out) {
  VESTA_CHECK_OK(evaluator.spend(call.bound, text.size() / 64));
  return evaluator.push(call.bound, evaluator.text_item(Item::Kind::string, text), out);
}

std::size_t search_cost(std::string_view text, std::string_view part) {
  return 1 + text.size() / 64 * (1 + part.size() / 64);
}

// nullopt: negative.
std::optional<std::size_t> index_of_text(std::string_view number) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), index);
  if (error == std::errc::result_out_of_range) return std::string_view::npos;
  return error == std::errc{} ? std::optional(index) : std::nullopt;
}

// Decides on the text of the input and of the argument; empty if either is.
template <class Decide>
Status compare_texts(Evaluator& evaluator, const Call& call, Collection& out, Decide decide) {
  VESTA_TRY(std::optional<Value> text, string_input(evaluator, call));
  VESTA_TRY(std::optional<Value> part, evaluator.argument(call, 1, Item::Kind::string));
  if (!text || !part) return kOk;
  VESTA_CHECK_OK(evaluator.spend(call.bound, search_cost(text->text, part->text)));
  return evaluator.push(call.bound, boolean_item(decide(text->text, part->text)), out);
}

// The number of characters before the byte that `find` finds the argument at; -1: it is not there.
template <class Find>
Status find_text(Evaluator& evaluator, const Call& call, Collection& out, Find find) {
  VESTA_TRY(std::optional<Value> text, string_input(evaluator, call));
  VESTA_TRY(std::optional<Value> part, evaluator.argument(call, 1, Item::Kind::string));
  if (!text || !part) return kOk;
  VESTA_CHECK_OK(evaluator.spend(call.bound, search_cost(text->text, part->text)));
  const std::size_t found = find(text->text, part->text);
  const std::string position =
      found == std::string_view::npos ? "-1" : std::to_string(character_count(text->text.substr(0, found)));
  return evaluator.push(call.bound, evaluator.text_item(Item::Kind::integer, position), out);
}

}  // namespace

// https://hl7.org/fhirpath/N1/#startswithprefix-string-boolean
Status starts_with(Evaluator& evaluator, const Call& call, Collection& out) {
  return compare_texts(evaluator, call, out,
                       [](std::string_view text, std::string_view part) { return text.starts_with(part); });
}

// https://hl7.org/fhirpath/N1/#endswithsuffix-string-boolean
Status ends_with(Evaluator& evaluator, const Call& call, Collection& out) {
  return compare_texts(evaluator, call, out,
                       [](std::string_view text, std::string_view part) { return text.ends_with(part); });
}

// https://hl7.org/fhirpath/N1/#containssubstring-string-boolean
Status contains(Evaluator& evaluator, const Call& call, Collection& out) {
  return compare_texts(evaluator, call, out, [](std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
  });
}

// https://hl7.org/fhirpath/N1/#indexofsubstring-string-integer
Status index_of(Evaluator& evaluator, const Call& call, Collection& out) {
  return find_text(evaluator, call, out, [](std::string_view text, std::string_view part) { return text.find(part); });
}

// https://hl7.org/fhirpath/#lastindexofsubstring--string--integer
Status last_index_of(Evaluator& evaluator, const Call& call, Collection& out) {
  return find_text(evaluator, call, out, [](std::string_view text, std::string_view part) { return text.rfind(part); });
}

// https://hl7.org/fhirpath/N1/#substringstart-integer-length-integer-string
Status substring(Evaluator& evaluator, const Call& call, Collection& out) {
  VESTA_TRY(std::optional<Value> text, string_input(evaluator, call));
  VESTA_TRY(std::optional<Value> start, evaluator.argument(call, 1, Item::Kind::integer));
  std::optional<Value> length;
  if (call.bound.operands.size() > 2) {
    VESTA_TRY(length, evaluator.argument(call, 2, Item::Kind::integer));
  }
  if (!text || !start || start->text.starts_with('-')) return kOk;
  VESTA_CHECK_OK(evaluator.spend(call.bound, text->text.size() / 64));
  const std::optional<std::size_t> begin = index_of_text(start->text);
  if (!begin || *begin >= character_count(text->text)) return kOk;
  std::string_view rest = text->text.substr(character_offset(text->text, *begin));
  if (length) rest = rest.substr(0, character_offset(rest, index_of_text(length->text).value_or(0)));
  return push_string(evaluator, call, rest, out);
}

// https://hl7.org/fhirpath/N1/#length-integer
Status length(Evaluator& evaluator, const Call& call, Collection& out) {
  VESTA_TRY(std::optional<Value> text, string_input(evaluator, call));
  if (!text) return kOk;
  VESTA_CHECK_OK(evaluator.spend(call.bound, text->text.size() / 64));
  const std::string count = std::to_string(character_count(text->text));
  return evaluator.push(call.bound, evaluator.text_item(Item::Kind::integer, count), out);
}

// https://hl7.org/fhirpath/N1/#upper-string
Status upper(Evaluator& evaluator, const Call& call, Collection& out) {
  VESTA_TRY(std::optional<Value> text, string_input(evaluator, call));
  return text ? push_string(evaluator, call, upper_case(text->text), out) : Status(kOk);
}

// https://hl7.org/fhirpath/N1/#lower-string
Status lower(Evaluator& evaluator, const Call& call, Collection& out) {
  VESTA_TRY(std::optional<Value> text, string_input(evaluator, call));
  return text ? push_string(evaluator, call, lower_case(text->text), out) : Status(kOk);
}

// https://hl7.org/fhirpath/#trim-string
Status trim(Evaluator& evaluator, const Call& call, Collection& out) {
  VESTA_TRY(std::optional<Value> text, string_input(evaluator, call));
  if (!text) return kOk;
  constexpr std::string_view kSpace = " \t\r\n\f";
  const std::size_t first = text->text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return push_string(evaluator, call, "", out);
  return push_string(evaluator, call, text->text.substr(first, text->text.find_last_not_of(kSpace) + 1 - first), out);
}

// An empty pattern stands before and behind each character.
// https://hl7.org/fhirpath/N1/#replacepattern-string-substitution-string-string
Status replace(Evaluator& evaluator, const Call& call, Collection& out) {
  VESTA_TRY(std::optional<Value> text, string_input(evaluator, call));
  VESTA_TRY(std::optional<Value> pattern, evaluator.argument(call, 1, Item::Kind::string));
  VESTA_TRY(std::optional<Value> substitution, evaluator.argument(call, 2, Item::Kind::string));
  if (!text || !pattern || !substitution) return kOk;
  std::string result;
  std::string_view rest = text->text;
  if (pattern->text.empty()) result = substitution->text;
  while (!rest.empty()) {
    const std::size_t character = character_offset(rest, 1);
    const bool is_match = !pattern->text.empty() && rest.starts_with(pattern->text);
    result += is_match ? substitution->text : rest.substr(0, character);
    if (pattern->text.empty()) result += substitution->text;
    rest.remove_prefix(is_match ? pattern->text.size() : character);
    VESTA_CHECK_OK(evaluator.spend(call.bound, 1 + substitution->text.size() / 64));
  }
  return push_string(evaluator, call, result, out);
}

// https://hl7.org/fhirpath/N1/#tochars-collection
Status to_chars(Evaluator& evaluator, const Call& call, Collection& out) {
  VESTA_TRY(std::optional<Value> text, string_input(evaluator, call));
  if (!text) return kOk;
  for (std::string_view rest = text->text; !rest.empty();) {
    const std::size_t size = character_offset(rest, 1);
    VESTA_CHECK_OK(push_string(evaluator, call, rest.substr(0, size), out));
    rest.remove_prefix(size);
  }
  return kOk;
}

// https://hl7.org/fhirpath/#splitseparator-string-collection
Status split(Evaluator& evaluator, const Call& call, Collection& out) {
  VESTA_TRY(std::optional<Value> text, string_input(evaluator, call));
  VESTA_TRY(std::optional<Value> separator, evaluator.argument(call, 1, Item::Kind::string));
  if (!text || !separator) return kOk;
  if (separator->text.empty()) return to_chars(evaluator, call, out);
  std::string_view rest = text->text;
  while (true) {
    VESTA_CHECK_OK(evaluator.spend(call.bound, search_cost(rest.substr(0, 64), separator->text)));
    const std::size_t found = rest.find(separator->text);
    VESTA_CHECK_OK(push_string(evaluator, call, rest.substr(0, found), out));
    if (found == std::string_view::npos) return kOk;
    rest.remove_prefix(found + separator->text.size());
  }
}

// https://hl7.org/fhirpath/#joinseparator-string-string
//
// DEVIATION: "If the input is empty, the result is empty"; in views it is an empty text, as their official suite has
// it.
Status join(Evaluator& evaluator, const Call& call, Collection& out) {
  std::optional<Value> separator = Value{Item::Kind::string, {}, {}};
  if (call.bound.operands.size() > 1) {
    VESTA_TRY(separator, evaluator.argument(call, 1, Item::Kind::string));
  }
  std::string result;
  bool is_first = true;
  for (const Item& item : call.input) {
    VESTA_TRY(std::optional<Value> text, evaluator.single_value(call.bound, {item}, Item::Kind::string));
    if (!text) continue;
    if (!is_first && separator) result += separator->text;
    is_first = false;
    result += text->text;
    VESTA_CHECK_OK(evaluator.spend(call.bound, 1 + text->text.size() / 64));
  }
  const bool is_empty = call.input.empty() && evaluator.environment().dialect != Dialect::view;
  return is_empty ? Status(kOk) : push_string(evaluator, call, result, out);
}

}  // namespace vesta::fhirpath::functions
