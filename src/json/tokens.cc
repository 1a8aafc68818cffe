// Walks simdjson's structural indexes and checks the grammar of JSON on the way.
#include "json/tokens.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "base/text_position.h"
#include "base/utf8.h"
#include "json/unescape.h"

namespace vesta::json {

namespace {

constexpr std::size_t kMaxTextBytes = 0xFFFFFFF0;

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// https://www.rfc-editor.org/rfc/rfc8259#section-6
bool is_number(std::string_view text) {
  std::size_t at = 0;
  auto digits = [&] {
    const std::size_t first = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return at - first;
  };
  if (at < text.size() && text[at] == '-') ++at;
  const std::size_t integer = at;
  const std::size_t count = digits();
  if (count == 0 || (count > 1 && text[integer] == '0')) return false;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() == 0) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (digits() == 0) return false;
  }
  return at == text.size();
}

}  // namespace

struct Tokenizer::Impl {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;
  std::vector<Token> tokens;

  std::string_view text;
  std::pmr::memory_resource* memory = nullptr;
  std::size_t at = 0;  // position in the structural indexes
  std::size_t max_depth = kMaxDepth;
  std::size_t error_offset = 0;
  std::string error;

  std::size_t count() const { return parser->n_structural_indexes; }
  std::size_t offset(std::size_t index) const { return parser->structural_indexes[index]; }
  char peek() const { return at < count() ? text[offset(at)] : '\0'; }

  bool fail(std::string message) {
    if (error.empty()) {
      error = std::move(message);
      error_offset = at < count() ? offset(at) : text.size();
    }
    return false;
  }

  // The text from the current structural index to the next one, without white space at its end.
  std::string_view scalar_text() const {
    const std::size_t begin = offset(at);
    std::size_t end = at + 1 < count() ? offset(at + 1) : text.size();
    while (end > begin && is_space(text[end - 1])) --end;
    return text.substr(begin, end - begin);
  }

  bool read_string(Kind kind) {
    const std::string_view quoted = scalar_text();
    if (quoted.size() < 2 || quoted.back() != '"') return fail("a string is not closed, or is followed by other text");
    Token token{quoted.substr(1, quoted.size() - 2), 0, kind, false};
    if (std::memchr(token.text.data(), '\\', token.text.size()) != nullptr) {
      char* target = static_cast<char*>(memory->allocate(token.text.size(), 1));
      const std::optional<std::size_t> size = unescape(token.text, target);
      if (!size) return fail("a string has a broken escape");
      token.text = {target, *size};
      token.escaped = true;
    }
    token.next = static_cast<std::uint32_t>(tokens.size() + 1);
    tokens.push_back(token);
    ++at;
    return true;
  }

  bool read_scalar() {
    const std::string_view word = scalar_text();
    Kind kind = Kind::number;
    if (word == "true") {
      kind = Kind::true_;
    } else if (word == "false") {
      kind = Kind::false_;
    } else if (word == "null") {
      kind = Kind::null;
    } else if (!is_number(word)) {
      return fail("not a JSON value");
    }
    tokens.push_back({word, static_cast<std::uint32_t>(tokens.size() + 1), kind, false});
    ++at;
    return true;
  }

  std::size_t open(Kind kind) {
    tokens.push_back({text.substr(offset(at), 1), 0, kind, false});
    ++at;
    return tokens.size() - 1;
  }
  void close(std::size_t begin, Kind kind) {
    tokens.push_back({text.substr(offset(at), 1), static_cast<std::uint32_t>(tokens.size() + 1), kind, false});
    tokens[begin].next = static_cast<std::uint32_t>(tokens.size());
    ++at;
  }

  bool read_object(std::size_t depth) {
    const std::size_t begin = open(Kind::object_begin);
    if (peek() != '}') {
      for (;;) {
        if (peek() != '"') return fail("a property name in quotes is expected");
        if (!read_string(Kind::key)) return false;
        if (peek() != ':') return fail("':' is expected");
        ++at;
        if (!read_value(depth)) return false;
        if (peek() == '}') break;
        if (peek() != ',') return fail("',' or '}' is expected");
        ++at;
      }
    }
    close(begin, Kind::object_end);
    return true;
  }

  bool read_array(std::size_t depth) {
    const std::size_t begin = open(Kind::array_begin);
    if (peek() != ']') {
      for (;;) {
        if (!read_value(depth)) return false;
        if (peek() == ']') break;
        if (peek() != ',') return fail("',' or ']' is expected");
        ++at;
      }
    }
    close(begin, Kind::array_end);
    return true;
  }

  bool read_value(std::size_t depth) {
    switch (peek()) {
      case '{':
      case '[':
        if (depth == max_depth) {
          return fail("more than " + std::to_string(max_depth) + " nested objects and arrays (kMaxDepth)");
        }
        return peek() == '{' ? read_object(depth + 1) : read_array(depth + 1);
      case '"':
        return read_string(Kind::string);
      case '\0':
        return fail("the text ends early");
      default:
        return read_scalar();
    }
  }
};

Tokenizer::Tokenizer() : impl_(std::make_unique<Impl>()) {}
Tokenizer::~Tokenizer() = default;
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;

Result<std::span<const Token>> Tokenizer::tokenize(std::string_view text, std::pmr::memory_resource& memory,
                                                   std::size_t max_depth) {
  Impl& impl = *impl_;
  if (text.size() > kMaxTextBytes) return make_error(Category::too_large, "the text is longer than 4 GiB");
  auto syntax_error = [&](std::string message) -> Error {
    return Error{Category::invalid, message, {{Severity::fatal, "structure", message, ""}}};
  };
  impl.tokens.clear();
  impl.text = text;
  impl.memory = &memory;
  impl.at = 0;
  impl.max_depth = max_depth;
  impl.error.clear();
  simdjson::error_code code = simdjson::SUCCESS;
  if (impl.parser == nullptr) {
    code = simdjson::get_active_implementation()->create_dom_parser_implementation(text.size() + 1, kMaxDepth,
                                                                                   impl.parser);
  } else if (impl.parser->capacity() < text.size()) {
    code = impl.parser->set_capacity(text.size() + 1);
  }
  if (code == simdjson::SUCCESS) {
    code = impl.parser->stage1(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                               simdjson::stage1_mode::regular);
  }
  if (code == simdjson::UTF8_ERROR) {
    return syntax_error("not JSON: the text is not valid UTF-8 at " + describe_position(text, valid_utf8_prefix(text)));
  }
  if (code == simdjson::EMPTY) return syntax_error("not JSON: the text is empty");
  if (code != simdjson::SUCCESS) return syntax_error(std::string("not JSON: ") + simdjson::error_message(code));
  if (impl.read_value(0) && impl.at != impl.count()) impl.fail("text after the end of the value");
  if (!impl.error.empty()) {
    return syntax_error("not JSON: " + impl.error + " at " + describe_position(text, impl.error_offset));
  }
  return std::span<const Token>(impl.tokens);
}

bool needs_escape(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; });
}

void append_string(std::string_view text, std::string& out) {
  static constexpr char kHex[] = "0123456789abcdef";
  out.push_back('"');
  std::size_t plain = 0;  // start of what needs no escape
  for (std::size_t at = 0; at < text.size(); ++at) {
    const unsigned char c = static_cast<unsigned char>(text[at]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, plain, at - plain);
    plain = at + 1;
    out.push_back('\\');
    switch (c) {
      case '"':
      case '\\':
        out.push_back(static_cast<char>(c));
        break;
      case '\n':
        out.push_back('n');
        break;
      case '\r':
        out.push_back('r');
        break;
      case '\t':
        out.push_back('t');
        break;
      case '\b':
        out.push_back('b');
        break;
      case '\f':
        out.push_back('f');
        break;
      default:
        out.append("u00");
        out.push_back(kHex[c >> 4]);
        out.push_back(kHex[c & 15]);
    }
  }
  out.append(text, plain);
  out.push_back('"');
}

}  // namespace vesta::json
