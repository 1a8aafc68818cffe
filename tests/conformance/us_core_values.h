// The tests' own reading of elements and search values: paths, times, tokens. It judges the server and shares nothing
// with its extraction.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/scenarios/runner/json_value.h"

namespace vesta::tests {

// The values at a path as US Core's metadata writes it: "Patient.name.family", "Observation.effective" (a choice of
// types), "Condition.extension.where(url='…').valueDateTime". Lists are taken apart.
std::vector<const JsonValue*> walk(const JsonValue& resource, std::string_view path);
std::vector<JsonValue*> walk(JsonValue& resource, std::string_view path);

// Microseconds since 1970, [low, high).
struct TimeSpan {
  std::int64_t low = 0;
  std::int64_t high = 0;
};
// A date, dateTime or instant of any precision; without a zone it is taken as UTC.
std::optional<TimeSpan> parse_span(std::string_view text);
// Of a primitive or a Period; open ends are the ends of time. Nothing for other types of a choice.
std::optional<TimeSpan> span_of(const JsonValue& value);
// Whether a value in `stored` satisfies `prefix` with `searched`. https://hl7.org/fhir/R4/search.html#prefix
bool satisfies(std::string_view prefix, const TimeSpan& searched, const TimeSpan& stored, std::int64_t now);
// The same day so many days later, as YYYY-MM-DD; nothing if `text` has no day.
std::optional<std::string> shift_days(std::string_view text, int days);

struct TokenPair {
  std::string system;
  std::string code;
  bool operator==(const TokenPair&) const = default;
};
// Of a CodeableConcept, Coding, Identifier or code.
std::vector<TokenPair> tokens_of(const JsonValue& value);

// The parts by which a HumanName, an Address or a string is found.
std::vector<std::string> strings_of(const JsonValue& value);
std::string lower_case(std::string_view text);

// "Patient/1" of a Reference with a relative reference, without a version; empty for all others.
std::string reference_of(const JsonValue& value);

}  // namespace vesta::tests
