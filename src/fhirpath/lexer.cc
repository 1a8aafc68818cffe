// The lexer: one pass over the bytes; see the lexical rules of https://hl7.org/fhirpath/N1/grammar.html
#include "fhirpath/lexer.h"

#include <array>
#include <optional>

#include "fhirpath/diagnostics.h"
#include "fhirpath/temporal.h"

namespace vesta::fhirpath {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void append_utf8(std::uint32_t code, std::string& out) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Result<std::vector<Token>> run() {
    while (true) {
      VESTA_CHECK_OK(skip_blank());
      if (at_ >= text_.size()) break;
      VESTA_CHECK_OK(next());
    }
    tokens_.push_back({TokenKind::end, static_cast<std::uint32_t>(text_.size()), ""});
    return std::move(tokens_);
  }

 private:
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  Error error(std::size_t offset, std::string_view message) const { return expression_error(text_, offset, message); }

  void push(TokenKind kind, std::size_t begin, std::string text) {
    tokens_.push_back({kind, static_cast<std::uint32_t>(begin), std::move(text)});
  }

  // White space, // to the end of the line, and /* to */.
  Status skip_blank() {
    while (at_ < text_.size()) {
      char c = text_[at_];
      if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
        ++at_;
      } else if (c == '/' && peek(1) == '/') {
        while (at_ < text_.size() && text_[at_] != '\n' && text_[at_] != '\r') ++at_;
      } else if (c == '/' && peek(1) == '*') {
        std::size_t end = text_.find("*/", at_ + 2);
        if (end == std::string_view::npos) return error(at_, "this comment has no end");
        at_ = end + 2;
      } else {
        break;
      }
    }
    return kOk;
  }

  Status next() {
    char c = peek();
    if (is_letter(c)) return word(TokenKind::identifier, at_);
    if (is_digit(c)) return number();
    if (c == '\'') return quoted(TokenKind::string, '\'');
    if (c == '`') return quoted(TokenKind::delimited_identifier, '`');
    if (c == '@') return temporal();
    if (c == '$') {
      std::size_t begin = at_++;
      VESTA_CHECK_OK(word(TokenKind::variable, begin));
      const std::string& name = tokens_.back().text;
      if (name != "$this" && name != "$index" && name != "$total") return error(begin, "unknown variable " + name);
      return kOk;
    }
    return symbol();
  }

  // An identifier or, with `begin` before it, a variable.
  Status word(TokenKind kind, std::size_t begin) {
    while (is_letter(peek()) || is_digit(peek())) ++at_;
    push(kind, begin, std::string(text_.substr(begin, at_ - begin)));
    return kOk;
  }

  Status number() {
    std::size_t begin = at_;
    while (is_digit(peek())) ++at_;
    if (peek() == '.' && is_digit(peek(1))) {
      ++at_;
      while (is_digit(peek())) ++at_;
    }
    push(TokenKind::number, begin, std::string(text_.substr(begin, at_ - begin)));
    return kOk;
  }

  Status quoted(TokenKind kind, char quote) {
    std::size_t begin = at_++;
    std::string value;
    while (true) {
      if (at_ >= text_.size()) return error(begin, "this quote has no end");
      char c = text_[at_++];
      if (c == quote) break;
      if (c != '\\') {
        value += c;
        continue;
      }
      VESTA_CHECK_OK(escape(value));
    }
    push(kind, begin, std::move(value));
    return kOk;
  }

  // What follows a backslash: one of `'"\/fnrt, or u and four hexadecimal digits.
  Status escape(std::string& value) {
    std::size_t begin = at_ - 1;
    char c = peek();
    ++at_;
    switch (c) {
      case '`':
      case '\'':
      case '"':
      case '\\':
      case '/':
        value += c;
        return kOk;
      case 'f':
        value += '\f';
        return kOk;
      case 'n':
        value += '\n';
        return kOk;
      case 'r':
        value += '\r';
        return kOk;
      case 't':
        value += '\t';
        return kOk;
      case 'u':
        break;
      default:
        return error(begin, "unknown escape");
    }
    std::optional<std::uint32_t> code = four_hex_digits();
    if (!code) return error(begin, "\\u needs four hexadecimal digits");
    if (*code >= 0xD800 && *code < 0xDC00 && peek() == '\\' && peek(1) == 'u') {
      at_ += 2;
      std::optional<std::uint32_t> low = four_hex_digits();
      if (!low || *low < 0xDC00 || *low > 0xDFFF) return error(begin, "half of a surrogate pair");
      code = 0x10000 + ((*code - 0xD800) << 10) + (*low - 0xDC00);
    }
    if (*code >= 0xD800 && *code <= 0xDFFF) return error(begin, "half of a surrogate pair");
    append_utf8(*code, value);
    return kOk;
  }

  std::optional<std::uint32_t> four_hex_digits() {
    std::uint32_t code = 0;
    for (int i = 0; i < 4; ++i) {
      int digit = hex_value(peek());
      if (digit < 0) return std::nullopt;
      code = code * 16 + static_cast<std::uint32_t>(digit);
      ++at_;
    }
    return code;
  }

  // So many digits, or none of them is taken.
  bool digits(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      if (!is_digit(peek(i))) return false;
    }
    at_ += count;
    return true;
  }
  bool separated_digits(char separator, std::size_t count) {
    if (peek() != separator) return false;
    ++at_;
    if (digits(count)) return true;
    --at_;
    return false;
  }

  // TIMEFORMAT: hh(:mm(:ss(.f+)?)?)?
  bool time_format() {
    if (!digits(2)) return false;
    if (separated_digits(':', 2) && separated_digits(':', 2) && peek() == '.' && is_digit(peek(1))) {
      ++at_;
      while (is_digit(peek())) ++at_;
    }
    return true;
  }

  // DATE, DATETIME and TIME.
  Status temporal() {
    std::size_t begin = at_++;
    if (peek() == 'T') {
      std::size_t text = ++at_;
      if (!time_format()) return error(begin, "not a time");
      return finish_temporal(TokenKind::time, begin, text, at_);
    }
    std::size_t text = at_;
    if (!digits(4)) return error(begin, "not a date");
    if (separated_digits('-', 2)) separated_digits('-', 2);
    if (peek() != 'T') return finish_temporal(TokenKind::date, begin, text, at_);
    std::size_t end = at_++;
    if (time_format()) {
      if (peek() == 'Z') {
        ++at_;
      } else if (peek() == '+' || peek() == '-') {
        std::size_t zone = at_++;
        if (!digits(2) || !separated_digits(':', 2)) at_ = zone;
      }
      end = at_;
    }
    return finish_temporal(TokenKind::date_time, begin, text, end);
  }

  Status finish_temporal(TokenKind kind, std::size_t begin, std::size_t text, std::size_t end) {
    std::string_view value = text_.substr(text, end - text);
    bool valid = kind == TokenKind::time ? parse_time(value).has_value() : parse_date_time(value).has_value();
    if (!valid) return error(begin, "there is no such date or time");
    push(kind, begin, std::string(value));
    return kOk;
  }

  Status symbol() {
    static constexpr std::array<std::string_view, 4> kTwo = {"<=", ">=", "!=", "!~"};
    static constexpr std::string_view kOne = ".,()[]{}+-*/&|<>=~%";
    std::string_view two = text_.substr(at_, 2);
    for (std::string_view candidate : kTwo) {
      if (two == candidate) {
        push(TokenKind::symbol, at_, std::string(two));
        at_ += 2;
        return kOk;
      }
    }
    if (kOne.find(peek()) == std::string_view::npos) return error(at_, "unexpected character");
    push(TokenKind::symbol, at_, std::string(1, peek()));
    ++at_;
    return kOk;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<Token> tokens_;
};

}  // namespace

Result<std::vector<Token>> lex(std::string_view expression) {
  return Lexer(expression).run();
}

}  // namespace vesta::fhirpath
