// Reading answers: texts at paths, links, and what an OperationOutcome names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/scenarios/runner/json_value.h"

namespace vesta::tests {

std::vector<std::string> words_of(const std::string& text);
// "a b c", or "-" if there is none.
std::string join(const std::vector<std::string>& words);
// For messages: long texts are cut.
std::string shortened(const std::string& text);

// The texts of the values at a path; empty if there are none.
std::vector<std::string> texts_at(const JsonValue& json, std::string_view path);
// The URL of a Bundle's link of that relation, or empty.
std::string link_of(const JsonValue& bundle, std::string_view relation);

// The outcome has an error whose expression is the path, or whose diagnostics name it. Of an element that is missing or
// unknown the expression may be the parent, if the diagnostics name the element. For an entry anything inside of it
// will do.
bool outcome_names(const JsonValue& outcome, std::string_view wanted);

// The JSON object `body` with a resourceType and, unless it is empty, an id before its own properties.
std::string with_type(std::string_view type, std::string_view id, std::string_view body);

}  // namespace vesta::tests
