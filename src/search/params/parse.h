// Parsers from the text of one search value to a plan. Each is defined in its type's file.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "search/plan.h"
#include "search/query_text.h"

namespace vesta::search::params {

// One value of a parameter's list, without its modifier; still escaped.
struct ValueText {
  const ParseContext& context;
  const Parameter* parameter;  // null for _id and _lastUpdated
  std::string_view name;       // as the query names it, for messages
  std::string_view modifier;   // without ':', empty if there is none
  std::string_view text;
};

// What a criterion's name stands for, by the parameter's type and its modifier: the one entry for callers. A modifier
// that R4 does not allow for the type, or that cannot be answered here, is an error that names it (issue code
// not-supported), as is a value that is not of its form (issue code value). `:[type]` is checked against the targets.
//
// The plan of one value is positive, even with a modifier that negates: `code:not=a,b` is Not(Or(a, b)), which only the
// caller can build, who sees all values. `:missing` is complete in itself. Not for `_id` and `_lastUpdated`, which have
// no parameter.
Result<Plan> parse_value(const ValueText& value);
// True for :not and :not-in: the caller wraps Not around the alternatives of all values.
bool negates(std::string_view modifier);
// True if `parse_value` can read a value of this parameter at all; false for `_filter`, `_query` and for definitions
// that have no expression.
bool is_readable(const Parameter& parameter);

// One per type, for values without a modifier (but for :exact and :contains, which parse_string reads).
Result<Plan> parse_token(const ValueText& value);
Result<Plan> parse_string(const ValueText& value);
Result<Plan> parse_reference(const ValueText& value);
Result<Plan> parse_date(const ValueText& value);
Result<Plan> parse_number(const ValueText& value);
Result<Plan> parse_quantity(const ValueText& value);
Result<Plan> parse_uri(const ValueText& value);
Result<Plan> parse_id(const ValueText& value);
Result<Plan> parse_last_updated(const ValueText& value);
Result<Plan> parse_composite(const ValueText& value);
Result<Plan> parse_position(const ValueText& value);  // `near`
Result<Plan> parse_words(const ValueText& value);     // `_text` and `_content`

// What they share.

// https://hl7.org/fhir/R4/search.html#escaping: `\,` `\$` `\|` `\\` stand for the character.
std::string unescape(std::string_view text);
// False if there is any other backslash: "the parameter value xx\xx is illegal".
bool is_well_escaped(std::string_view text);
// The parts between unescaped `separator`s, still escaped. Never empty; stops after `limit` parts, with the rest in the
// last.
std::vector<std::string_view> split_escaped(std::string_view text, char separator, std::size_t limit);
// The prefix and the rest; eq if there is none; nullopt for letters that are no prefix.
// https://hl7.org/fhir/R4/search.html#prefix
std::optional<std::pair<Prefix, std::string_view>> take_prefix(std::string_view text);
// The number match of `[prefix]number`; nullopt if it is none.
std::optional<NumberMatch> parse_number_match(std::string_view text);
std::optional<DateMatch> parse_date_match(std::string_view text, Instant now);
// [code], [system]|[code], |[code], [system]|, as a leaf on `parameter`, which may be a facet.
Result<Plan> parse_token_of(const ValueText& value, const Parameter& parameter);
// Adds to the search's notes, once.
void note(const ValueText& value, std::string_view what);
// A value that is not of its parameter's form: invalid, with an issue that names both and says what is expected.
Error bad_value(const ValueText& value, std::string_view expected);
// The modifier is not one of this parameter's: invalid, with an issue (not-supported) that names both.
Error bad_modifier(const ValueText& value);
// `text` for a message: cut to a length that a log line bears.
std::string quoted(std::string_view text);

}  // namespace vesta::search::params
