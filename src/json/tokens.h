// JSON text to a flat list of tokens, checked for syntax; numbers keep their text. (Library: simdjson.)
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace vesta::json {

inline constexpr std::size_t kMaxDepth = 64;  // nested objects and arrays
inline constexpr std::size_t kPadding = 64;   // bytes that must be readable behind the text

enum class Kind : std::uint8_t {
  object_begin,
  object_end,
  array_begin,
  array_end,
  key,
  string,
  number,
  true_,
  false_,
  null
};

struct Token {
  std::string_view text;   // key, string: the content, unescaped; else as written
  std::uint32_t next = 0;  // index of the token after this value (for a begin: after its end)
  Kind kind = Kind::null;
  bool escaped = false;  // key, string: written with escapes, so `text` is not a view into the input
};

// Keeps its buffers between calls. Not thread-safe.
class Tokenizer {
 public:
  Tokenizer();
  ~Tokenizer();
  Tokenizer(Tokenizer&&) noexcept;

  // The tokens of one JSON value; they stay valid until the next call, their texts as long as `text` and `memory`.
  // `text` must have kPadding bytes allocated behind it. Errors (invalid): the syntax, with line and column; bytes that
  // are not UTF-8; more than `max_depth` levels; a text of 4 GiB or more (too_large). Source:
  // https://www.rfc-editor.org/rfc/rfc8259
  Result<std::span<const Token>> tokenize(std::string_view text, std::pmr::memory_resource& memory,
                                          std::size_t max_depth = kMaxDepth);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// True if a JSON string writes `text` otherwise than as it is.
bool needs_escape(std::string_view text);
// Appends `text` as a JSON string, with quotes.
void append_string(std::string_view text, std::string& out);

}  // namespace vesta::json
