// Walks simdjson's structural indexes and checks the grammar of JSON on the way.
#include "json/tokens.h"

#include <simdjson.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <type_traits>
#include <utility>

#include "base/text_position.h"
#include "base/utf8.h"
#include "json/unescape.h"

namespace vesta::json {

namespace {

constexpr std::size_t kMaxTextBytes = 0xFFFFFFF0;
static_assert(std::is_trivially_destructible_v<Token> && alignof(Token) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);

bool is_space(char c) {
  if (c > ' ') return false;
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
  // OPTIMIZATION: a token is made by one store, as there is always room for all that a text may have. The room is kept
  // between texts, and touched only where a token is made: a text of commas alone, which has none, takes no memory.
  std::unique_ptr<std::byte[]> room;
  std::size_t room_tokens = 0;
  Token* tokens = nullptr;
  std::size_t made = 0;  // tokens of this text

  std::string_view text;
  std::pmr::memory_resource* memory = nullptr;
  std::span<const std::uint32_t> offsets;  // of the structural characters: each token's first, ':' and ','
  std::size_t at = 0;                      // position in them
  const char* backslash = nullptr;         // the first one behind what was read, or the end of the text
  std::size_t max_depth = kMaxDepth;
  std::size_t error_offset = 0;
  std::string error;

  void begin(std::string_view new_text, std::pmr::memory_resource& new_memory, std::size_t new_max_depth) {
    text = new_text;
    memory = &new_memory;
    max_depth = new_max_depth;
    offsets = {parser->structural_indexes.get(), parser->n_structural_indexes};
    if (room_tokens < offsets.size()) make_room(offsets.size());
    made = at = 0;
    find_backslash(text.data());
    error.clear();
  }

  char peek() const { return at < offsets.size() ? text[offsets[at]] : '\0'; }
  void add(std::string_view token_text, Kind kind, bool escaped = false) {
    const std::size_t next = made + 1;
    ::new (tokens + made) Token{token_text, static_cast<std::uint32_t>(next), kind, escaped};
    made = next;
    ++at;
  }

  [[gnu::cold]] void make_room(std::size_t count) {
    room = std::make_unique_for_overwrite<std::byte[]>(count * sizeof(Token));
    room_tokens = count;
    tokens = reinterpret_cast<Token*>(room.get());
  }

  void find_backslash(const char* from) {
    const char* const end = text.data() + text.size();
    const void* const found = std::memchr(from, '\\', static_cast<std::size_t>(end - from));
    backslash = found == nullptr ? end : static_cast<const char*>(found);
  }
  // Whether `content`, which lies behind all that was asked about, has an escape. Most texts are searched once.
  bool has_escape(std::string_view content) {
    if (backslash < content.data()) find_backslash(content.data());
    return backslash < content.data() + content.size();
  }

  [[gnu::cold]] bool fail(std::string_view message) {
    if (error.empty()) {
      error = message;
      error_offset = at < offsets.size() ? offsets[at] : text.size();
    }
    return false;
  }

  // The text from the current structural index to the next one, without white space at its end.
  std::string_view scalar_text() const {
    const std::size_t begin = offsets[at];
    std::size_t end = at + 1 < offsets.size() ? offsets[at + 1] : text.size();
    while (end > begin && is_space(text[end - 1])) --end;
    return {text.data() + begin, end - begin};
  }

  bool read_string(Kind kind) {
    const std::string_view quoted = scalar_text();
    if (quoted.size() < 2 || quoted.back() != '"') return fail("a string is not closed, or is followed by other text");
    const std::string_view content(quoted.data() + 1, quoted.size() - 2);
    if (has_escape(content)) return read_escaped(content, kind);
    add(content, kind);
    return true;
  }
  bool read_escaped(std::string_view content, Kind kind) {
    char* target = static_cast<char*>(memory->allocate(content.size(), 1));
    const std::optional<std::size_t> size = unescape(content, target);
    if (!size) return fail("a string has a broken escape");
    add({target, *size}, kind, true);
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
    add(word, kind);
    return true;
  }

  // The index of the token.
  std::size_t open(Kind kind) {
    add(std::string_view(text.data() + offsets[at], 1), kind);
    return made - 1;
  }
  void close(std::size_t begin, Kind kind) {
    add(std::string_view(text.data() + offsets[at], 1), kind);
    tokens[begin].next = static_cast<std::uint32_t>(made);
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
  impl.begin(text, memory, max_depth);
  if (impl.read_value(0) && impl.at != impl.offsets.size()) impl.fail("text after the end of the value");
  if (!impl.error.empty()) {
    return syntax_error("not JSON: " + impl.error + " at " + describe_position(text, impl.error_offset));
  }
  return std::span<const Token>(impl.tokens, impl.made);
}

namespace {

constexpr bool is_escaped(unsigned char c) {
  return c < 0x20 || c == '"' || c == '\\';
}

// The place of the next byte from `at` on that is escaped; the size, if there is none.
// OPTIMIZATION: eight bytes at a time, for nearly all texts need no escape. A byte of a word is below a limit if
// subtracting that borrows from its highest bit, which must have been clear; bytes behind one that is escaped may seem
// to be, too, so the word is looked at byte by byte. https://graphics.stanford.edu/~seander/bithacks.html#HasLessInWord
std::size_t next_escaped(std::string_view text, std::size_t at) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHighBits = 0x8080808080808080;
  const auto has_zero = [](std::uint64_t word) { return (word - kOnes) & ~word & kHighBits; };
  for (; at + sizeof(std::uint64_t) <= text.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, sizeof(word));
    const std::uint64_t below = (word - kOnes * 0x20) & ~word & kHighBits;
    if ((below | has_zero(word ^ kOnes * '"') | has_zero(word ^ kOnes * '\\')) != 0) break;
  }
  while (at < text.size() && !is_escaped(static_cast<unsigned char>(text[at]))) ++at;
  return at;
}

}  // namespace

bool needs_escape(std::string_view text) {
  return next_escaped(text, 0) < text.size();
}

void append_string(std::string_view text, std::string& out) {
  static constexpr char kHex[] = "0123456789abcdef";
  out.push_back('"');
  std::size_t plain = 0;  // start of what needs no escape
  for (std::size_t at = next_escaped(text, 0); at < text.size(); at = next_escaped(text, at + 1)) {
    const unsigned char c = static_cast<unsigned char>(text[at]);
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
