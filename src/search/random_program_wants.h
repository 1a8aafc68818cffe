// For tests: what the functions of FHIRPath want to be called on and with, so that random calls of them mostly run.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace vesta::search::testing {

// What an operand should be. All but `any` is one item.
enum class Want : std::uint8_t {
  any,  // any collection
  one,  // of any kind
  element,
  boolean,
  integer,
  decimal,
  string,
  date,
  date_time,
  time,
  quantity,
  criterion,  // a boolean that looks at $this
  narrative,  // an xhtml
  url,        // literals, from here on
  pattern,
  encoding,
  escaping,
  length,  // a small integer
  name,
  resource_type,
};

struct FunctionWants {
  std::string_view name;
  Want input;
  std::array<Want, 3> arguments = {Want::any, Want::any, Want::any};
};

// By name; a function that is not listed takes any collections.
inline constexpr FunctionWants kFunctionWants[] = {
    {"abs", Want::decimal},
    {"aggregate", Want::any, {Want::integer, Want::integer}},
    {"all", Want::any, {Want::criterion}},
    {"allFalse", Want::boolean},
    {"allTrue", Want::boolean},
    {"anyFalse", Want::boolean},
    {"anyTrue", Want::boolean},
    {"avg", Want::decimal},
    {"ceiling", Want::decimal},
    {"checkModifiers", Want::any, {Want::url, Want::url, Want::url}},
    {"comparable", Want::quantity, {Want::quantity}},
    {"conformsTo", Want::element, {Want::url}},
    {"contains", Want::string, {Want::string}},
    {"convertsToBoolean", Want::one},
    {"convertsToDate", Want::one},
    {"convertsToDateTime", Want::one},
    {"convertsToDecimal", Want::one},
    {"convertsToInteger", Want::one},
    {"convertsToQuantity", Want::one, {Want::string}},
    {"convertsToString", Want::one},
    {"convertsToTime", Want::one},
    {"dateOf", Want::date_time},
    {"dayOf", Want::date_time},
    {"decode", Want::string, {Want::encoding}},
    {"defineVariable", Want::any, {Want::name, Want::any}},
    {"elementDefinition", Want::element},
    {"encode", Want::string, {Want::encoding}},
    {"endsWith", Want::string, {Want::string}},
    {"escape", Want::string, {Want::escaping}},
    {"exists", Want::any, {Want::criterion}},
    {"exp", Want::length},
    {"extension", Want::any, {Want::url}},
    {"floor", Want::decimal},
    {"getReferenceKey", Want::any, {Want::resource_type}},
    {"hasExtension", Want::any, {Want::url}},
    {"highBoundary", Want::decimal, {Want::length}},
    {"hourOf", Want::date_time},
    {"htmlChecks", Want::narrative},
    {"iif", Want::one, {Want::criterion, Want::any, Want::any}},
    {"indexOf", Want::string, {Want::string}},
    {"join", Want::string, {Want::string}},
    {"lastIndexOf", Want::string, {Want::string}},
    {"length", Want::string},
    {"ln", Want::decimal},
    {"log", Want::decimal, {Want::decimal}},
    {"lowBoundary", Want::date_time, {Want::length}},
    {"lower", Want::string},
    {"matches", Want::string, {Want::pattern}},
    {"matchesFull", Want::string, {Want::pattern}},
    {"max", Want::decimal},
    {"memberOf", Want::element, {Want::url}},
    {"millisecondOf", Want::date_time},
    {"min", Want::decimal},
    {"minuteOf", Want::date_time},
    {"monthOf", Want::date_time},
    {"not", Want::boolean},
    {"power", Want::decimal, {Want::length}},
    {"precision", Want::date_time},
    {"replace", Want::string, {Want::string, Want::string}},
    {"replaceMatches", Want::string, {Want::pattern, Want::string}},
    {"round", Want::decimal, {Want::length}},
    {"secondOf", Want::date_time},
    {"single", Want::one},
    {"skip", Want::any, {Want::length}},
    {"slice", Want::element, {Want::url, Want::name}},
    {"sort", Want::any, {Want::one, Want::one, Want::one}},
    {"split", Want::string, {Want::string}},
    {"sqrt", Want::decimal},
    {"startsWith", Want::string, {Want::string}},
    {"substring", Want::string, {Want::length, Want::length}},
    {"subsumedBy", Want::element, {Want::element}},
    {"subsumes", Want::element, {Want::element}},
    {"sum", Want::decimal},
    {"take", Want::any, {Want::length}},
    {"timeOf", Want::date_time},
    {"timezoneOffsetOf", Want::date_time},
    {"toBoolean", Want::one},
    {"toChars", Want::string},
    {"toDate", Want::one},
    {"toDateTime", Want::one},
    {"toDecimal", Want::one},
    {"toInteger", Want::one},
    {"toQuantity", Want::one, {Want::string}},
    {"toString", Want::one},
    {"toTime", Want::one},
    {"trace", Want::any, {Want::name, Want::any}},
    {"trim", Want::string},
    {"truncate", Want::decimal},
    {"unescape", Want::string, {Want::escaping}},
    {"upper", Want::string},
    {"where", Want::any, {Want::criterion}},
    {"yearOf", Want::date_time},
};

inline FunctionWants wants_of(std::string_view function) {
  const auto* found = std::ranges::find(kFunctionWants, function, &FunctionWants::name);
  return found == std::end(kFunctionWants) ? FunctionWants{function, Want::any} : *found;
}

}  // namespace vesta::search::testing
