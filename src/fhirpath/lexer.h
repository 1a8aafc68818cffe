// The lexer: from the text of an expression to tokens. https://hl7.org/fhirpath/N1/grammar.html
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace vesta::fhirpath {

enum class TokenKind : std::uint8_t {
  end,
  identifier,            // also the keywords: the parser decides by place
  delimited_identifier,  // `x`; text without quotes, escapes resolved
  string,                // 'x'; text without quotes, escapes resolved
  number,                // text as written
  date,                  // text without @
  date_time,             // text without @ and without a T that no time follows
  time,                  // text without @T
  variable,              // $this, $index, $total; text with $
  symbol,                // operators and brackets
};

struct Token {
  TokenKind kind;
  std::uint32_t offset;  // of its first byte
  std::string text;

  bool is(TokenKind wanted, std::string_view spelling) const { return kind == wanted && text == spelling; }
};

// The tokens of `expression`, with an `end` token last. Comments and white space are left out. Errors: category
// invalid.
Result<std::vector<Token>> lex(std::string_view expression);

}  // namespace vesta::fhirpath
