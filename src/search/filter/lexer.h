// The lexer of `_filter`: what a word is depends on where it stands, so the parser asks for what it expects.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace vesta::search::filter {

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::size_t position() const { return at_; }
  std::size_t character() const;  // the position as people count
  bool at_end() const { return at_ == text_.size(); }
  std::string_view since(std::size_t begin) const { return text_.substr(begin, at_ - begin); }

  // Returns true if there was any.
  bool skip_spaces();
  // Takes the character if it is next.
  bool take(char c);
  // Takes the word if it is next and ends there (`and`, `not`).
  bool take_keyword(std::string_view word);
  // paramName; empty if there is none: ("_" / ALPHA) ("_" / "-" / DIGIT / ALPHA)*
  std::string_view take_name();
  // compValue: a JSON string, without its quotes and escapes, or a token: all up to a space, ')' or ']'.
  Result<std::string> take_value();

  // Invalid: "Parameter '_filter': at character 12: why".
  Error error(std::string_view why, std::size_t at) const;
  Error error(std::string_view why) const { return error(why, at_); }

 private:
  Result<std::string> take_string();

  std::string_view text_;
  std::size_t at_ = 0;
};

// The place of a byte of `text` as people count: in characters, from 1.
std::size_t character_of(std::string_view text, std::size_t at);

}  // namespace vesta::search::filter
