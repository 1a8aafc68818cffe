// The lexer: one pass over the bytes. https://spec.graphql.org/October2021/#sec-Language.Source-Text
#include "graphql/lexer.h"

#include <optional>

#include "base/utf8.h"
#include "graphql/limits.h"

namespace vesta::graphql {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void append_character(std::uint32_t code, std::string& out) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((code >> shift) & 0x3F)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    tail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::variant<std::vector<Token>, Problem> run() {
    if (text_.size() > kMaxDocumentBytes) {
      return over(kMaxDocumentBytes, "kMaxDocumentBytes", kMaxDocumentBytes, "bytes of a document");
    }
    const std::size_t valid = valid_utf8_prefix(text_);
    if (valid < text_.size()) return *fail(valid, "this byte is not UTF-8");
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    while (true) {
      skip_ignored();
      if (at_ >= text_.size()) break;
      if (auto problem = next()) return std::move(*problem);
      if (tokens_.size() > kMaxTokens) {
        return over(tokens_.back().offset, "kMaxTokens", kMaxTokens, "tokens of a document");
      }
    }
    push(TokenKind::end, text_.size(), "");
    return std::move(tokens_);
  }

 private:
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  std::optional<Problem> fail(std::size_t offset, std::string_view what) const {
    Problem problem{"Syntax error: " + std::string(what) + ".", Category::invalid, "structure"};
    problem.locations.push_back(locate(text_, offset));
    return problem;
  }
  Problem over(std::size_t offset, std::string_view name, std::size_t limit, std::string_view what) const {
    Problem problem = over_limit(name, limit, what);
    problem.locations.push_back(locate(text_, offset));
    return problem;
  }
  void push(TokenKind kind, std::size_t begin, std::string text) {
    tokens_.push_back({kind, static_cast<std::uint32_t>(begin), std::move(text)});
  }

  // White space, commas and comments mean nothing. https://spec.graphql.org/October2021/#Ignored
  void skip_ignored() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '#') {
        while (at_ < text_.size() && text_[at_] != '\n' && text_[at_] != '\r') ++at_;
      } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',') {
        ++at_;
      } else {
        break;
      }
    }
  }

  std::optional<Problem> next() {
    const char c = peek();
    if (is_name_start(c)) {
      const std::size_t begin = at_;
      while (is_name_start(peek()) || is_digit(peek())) ++at_;
      push(TokenKind::name, begin, std::string(text_.substr(begin, at_ - begin)));
      return std::nullopt;
    }
    if (is_digit(c) || c == '-') return number();
    if (c == '"') return text_.substr(at_).starts_with("\"\"\"") ? block_string() : quoted_string();
    if (text_.substr(at_).starts_with("...")) {
      push(TokenKind::punctuator, at_, "...");
      at_ += 3;
      return std::nullopt;
    }
    if (c == '\0' || std::string_view("!$&():=@[]{|}").find(c) == std::string_view::npos) {
      return fail(at_, "this character has no meaning here");
    }
    push(TokenKind::punctuator, at_++, std::string(1, c));
    return std::nullopt;
  }

  bool take_digits() {
    if (!is_digit(peek())) return false;
    while (is_digit(peek())) ++at_;
    return true;
  }

  // https://spec.graphql.org/October2021/#sec-Int-Value and https://spec.graphql.org/October2021/#sec-Float-Value
  std::optional<Problem> number() {
    const std::size_t begin = at_;
    if (peek() == '-') ++at_;
    const bool has_leading_zero = peek() == '0' && is_digit(peek(1));
    if (has_leading_zero || !take_digits()) return fail(begin, "this is no number");
    TokenKind kind = TokenKind::integer;
    if (peek() == '.' && is_digit(peek(1))) {
      kind = TokenKind::decimal;
      ++at_;
      take_digits();
    }
    if (peek() == 'e' || peek() == 'E') {
      kind = TokenKind::decimal;
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      if (!take_digits()) return fail(begin, "the exponent of this number has no digits");
    }
    if (is_name_start(peek()) || peek() == '.') return fail(begin, "this number goes on with what is none");
    push(kind, begin, std::string(text_.substr(begin, at_ - begin)));
    return std::nullopt;
  }

  // Four digits behind "\u"; -1 if they are not there.
  std::int32_t hex4(std::size_t at) const {
    std::int32_t code = 0;
    for (std::size_t i = at; i < at + 4; ++i) {
      const int digit = i < text_.size() ? hex_digit(text_[i]) : -1;
      if (digit < 0) return -1;
      code = code * 16 + digit;
    }
    return code;
  }

  std::optional<Problem> unicode_escape(std::string& out) {
    const std::size_t begin = at_;
    std::int32_t code = hex4(at_ + 2);
    at_ += 6;
    const bool is_high = code >= 0xD800 && code < 0xDC00;
    if (is_high && peek() == '\\' && peek(1) == 'u') {
      const std::int32_t low = hex4(at_ + 2);
      if (low >= 0xDC00 && low < 0xE000) {
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        at_ += 6;
      }
    }
    const bool is_lone = code >= 0xD800 && code < 0xE000;
    if (code <= 0 || is_lone) return fail(begin, "this escape names no character");
    append_character(static_cast<std::uint32_t>(code), out);
    return std::nullopt;
  }

  std::optional<Problem> escape(std::string& out) {
    constexpr std::string_view kNames = "\"\\/bfnrt";
    constexpr std::string_view kCharacters = "\"\\/\b\f\n\r\t";
    if (peek(1) == 'u') return unicode_escape(out);
    const std::size_t index = peek(1) == '\0' ? std::string_view::npos : kNames.find(peek(1));
    if (index == std::string_view::npos) return fail(at_, "there is no such escape");
    out += kCharacters[index];
    at_ += 2;
    return std::nullopt;
  }

  // https://spec.graphql.org/October2021/#sec-String-Value
  std::optional<Problem> quoted_string() {
    const std::size_t begin = at_++;
    std::string value;
    while (peek() != '"') {
      const char c = peek();
      if (at_ >= text_.size() || c == '\n' || c == '\r') return fail(begin, "this string has no end on its line");
      if (c == '\\') {
        if (auto problem = escape(value)) return problem;
      } else if (static_cast<unsigned char>(c) < 0x20 && c != '\t') {
        return fail(at_, "a string holds no control character");
      } else {
        value += c;
        ++at_;
      }
    }
    ++at_;
    push(TokenKind::string, begin, std::move(value));
    return std::nullopt;
  }

  std::optional<Problem> block_string() {
    const std::size_t begin = at_;
    at_ += 3;
    std::string raw;
    while (!text_.substr(at_).starts_with("\"\"\"")) {
      if (at_ >= text_.size()) return fail(begin, "this block string has no end");
      const char c = peek();
      if (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r') {
        return fail(at_, "a string holds no control character");
      }
      if (text_.substr(at_).starts_with("\\\"\"\"")) {
        raw += "\"\"\"";
        at_ += 4;
      } else {
        raw += c;
        ++at_;
      }
    }
    at_ += 3;
    push(TokenKind::string, begin, block_string_value(raw));
    return std::nullopt;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<Token> tokens_;
};

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\n' && text[at] != '\r') continue;
    lines.push_back(text.substr(begin, at - begin));
    if (text[at] == '\r' && at + 1 < text.size() && text[at + 1] == '\n') ++at;
    begin = at + 1;
  }
  lines.push_back(text.substr(begin));
  return lines;
}

}  // namespace

std::variant<std::vector<Token>, Problem> lex(std::string_view document) {
  return Lexer(document).run();
}

// 1. The indentation that all lines but the first share goes. 2. So do blank lines at both ends.
std::string block_string_value(std::string_view raw) {
  std::vector<std::string_view> lines = lines_of(raw);
  std::size_t common = std::string_view::npos;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::size_t indent = lines[i].find_first_not_of(" \t");
    if (indent != std::string_view::npos) common = std::min(common, indent);
  }
  for (std::size_t i = 1; i < lines.size() && common != std::string_view::npos; ++i) {
    lines[i].remove_prefix(std::min(common, lines[i].size()));
  }
  const auto is_blank = [](std::string_view line) { return line.find_first_not_of(" \t") == std::string_view::npos; };
  std::size_t first = 0;
  std::size_t last = lines.size();
  while (first < last && is_blank(lines[first])) ++first;
  while (last > first && is_blank(lines[last - 1])) --last;
  std::string value;
  for (std::size_t i = first; i < last; ++i) {
    if (i > first) value += '\n';
    value += lines[i];
  }
  return value;
}

}  // namespace vesta::graphql
