// The lexer: from the text of a document to tokens. https://spec.graphql.org/October2021/#sec-Language.Source-Text
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "graphql/problem.h"

namespace vesta::graphql {

enum class TokenKind : std::uint8_t {
  end,
  name,
  integer,     // text as written
  decimal,     // a float; text as written
  string,      // text without quotes, escapes resolved; of block strings without their common indentation
  punctuator,  // ! $ & ( ) ... : = @ [ ] { | }
};

struct Token {
  TokenKind kind;
  std::uint32_t offset;  // of its first byte
  std::string text;

  bool is(std::string_view punctuator) const { return kind == TokenKind::punctuator && text == punctuator; }
  bool is_word(std::string_view word) const { return kind == TokenKind::name && text == word; }
};

// The tokens of `document`, with an `end` token last; or what is wrong with it.
std::variant<std::vector<Token>, Problem> lex(std::string_view document);

// The value of a block string. https://spec.graphql.org/October2021/#BlockStringValue()
std::string block_string_value(std::string_view raw);

}  // namespace vesta::graphql
