// The parser of `_filter`: text to syntax tree.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "search/filter/expression.h"

namespace vesta::search::filter {

// `text` outlives the tree. Errors: invalid, with the place in the text; too-costly over a limit.
Result<std::unique_ptr<Expression>> parse(std::string_view text);

}  // namespace vesta::search::filter
