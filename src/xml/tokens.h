// XML text to a flat list of tokens, checked for syntax and namespaces; chosen parts keep their bytes. (Library:
// expat.)
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <span>
#include <string_view>

#include "base/result.h"

namespace vesta::xml {

inline constexpr std::size_t kMaxXmlDepth = 256;    // nested elements
inline constexpr std::size_t kMaxXmlPrefixes = 64;  // namespace declarations in force at one place
inline constexpr std::size_t kMaxXmlNamespaceBytes = 1'024;
inline constexpr std::size_t kMaxXmlBytes = std::size_t{1} << 30;
// What the parser may hold of memory: so many bytes, and so many more for each byte of the text. It writes the
// namespace before the name of each attribute that has a prefix.
inline constexpr std::size_t kMaxXmlParserBytes = std::size_t{1} << 20;
inline constexpr std::size_t kMaxXmlParserBytesPerByte = 16;

enum class Kind : std::uint8_t {
  element,    // its attributes, its content and an `end` follow
  attribute,  // of the element before
  text,       // characters that are not all white space
  opaque,     // an element of the namespace that the caller asked to have whole
  dependent,  // the same, but it uses a namespace that is declared outside of it: its bytes cannot stand alone
  end
};

struct Token {
  std::string_view space;  // element, opaque, attribute: the namespace; empty for none
  std::string_view name;   // element, opaque, attribute: without a prefix
  // attribute: the value, unescaped; opaque: the element's bytes, as they stand in the text; dependent: the prefix of
  // that namespace, empty for the default one
  std::string_view value;
  std::uint32_t offset;  // where it begins; an attribute: where its element begins
  std::uint32_t next;    // index of the token after this one (of an element: after its end)
  Kind kind;
};

// Keeps its buffers between calls. Not thread-safe.
class Tokenizer {
 public:
  Tokenizer();
  ~Tokenizer();
  Tokenizer(Tokenizer&&) noexcept;

  // The tokens of one document, without declarations of namespaces, comments, processing instructions and white space
  // between elements; they stay valid until the next call, their texts as long as `text` and `memory`. The first is the
  // root element. An element of the namespace `opaque` is one token. There may be `max_depth` nested elements,
  // kMaxXmlDepth at most.
  //
  // Errors (invalid): the syntax, with line and column; what is not UTF-8; a document type declaration, and so all
  // entities but the five of XML and numeric ones; more than max_depth, kMaxXmlPrefixes, kMaxXmlNamespaceBytes or the
  // parser's memory. Too_large: more than kMaxXmlBytes. Nothing outside of the text is ever read. Source:
  // https://www.w3.org/TR/xml/ and https://www.w3.org/TR/xml-names/
  Result<std::span<const Token>> tokenize(std::string_view text, std::string_view opaque,
                                          std::pmr::memory_resource& memory, std::size_t max_depth = kMaxXmlDepth);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vesta::xml
