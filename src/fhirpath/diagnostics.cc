// Errors of an expression: from a byte offset to line and column.
#include "fhirpath/diagnostics.h"

#include <algorithm>

namespace vesta::fhirpath {
namespace {

std::string_view shortened(std::string_view expression) {
  if (expression.size() <= kMaxQuotedExpression) return expression;
  std::size_t end = kMaxQuotedExpression;
  while (end > 0 && (static_cast<unsigned char>(expression[end]) & 0xC0) == 0x80) --end;  // not inside a character
  return expression.substr(0, end);
}

}  // namespace

Error expression_error(std::string_view expression, std::size_t offset, std::string_view message,
                       std::string_view code) {
  std::size_t line = 1;
  std::size_t column = 1;
  for (std::size_t at = 0; at < std::min(offset, expression.size()); ++at) {
    if (expression[at] == '\n') {
      ++line;
      column = 1;
    } else if ((static_cast<unsigned char>(expression[at]) & 0xC0) != 0x80) {
      ++column;
    }
  }
  std::string text = "FHIRPath: line " + std::to_string(line) + ", column " + std::to_string(column) + ": ";
  text += message;
  Error error = make_error(Category::invalid, text);
  error.issues.push_back({Severity::error, std::string(code), text, std::string(shortened(expression))});
  return error;
}

}  // namespace vesta::fhirpath
