// Turns expat's events into tokens, and refuses what the house does not read.
#include "xml/tokens.h"

#include <expat.h>
#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "base/text_position.h"
#include "base/utf8.h"

namespace vesta::xml {

namespace {

constexpr char kSeparator = '\n';  // between the parts of a name as expat gives it; no namespace may have it

// A name as expat gives it: local, or space, local and the prefix where there is one.
struct Name {
  std::string_view space;
  std::string_view local;
  std::string_view prefix;
};

Name split(std::string_view text) {
  const std::size_t first = text.find(kSeparator);
  if (first == std::string_view::npos) return {{}, text, {}};
  const std::string_view rest = text.substr(first + 1);
  const std::size_t second = std::min(rest.find(kSeparator), rest.size());
  return {text.substr(0, first), rest.substr(0, second), rest.substr(std::min(second + 1, rest.size()))};
}

bool is_utf8_name(std::string_view encoding) {
  return encoding.size() == 5 && (encoding[0] | 0x20) == 'u' && (encoding[1] | 0x20) == 't' &&
         (encoding[2] | 0x20) == 'f' && encoding.ends_with("-8");
}

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// The memory of the parser that runs on this thread; null: not counted, as between documents.
thread_local std::size_t* memory_left = nullptr;

void give_back(void* block) {
  if (memory_left != nullptr && block != nullptr) *memory_left += ::malloc_usable_size(block);
  std::free(block);
}
void* take_memory(std::size_t size) {
  if (memory_left != nullptr && size > *memory_left) return nullptr;
  void* block = std::malloc(size);
  if (memory_left != nullptr && block != nullptr) *memory_left -= std::min(*memory_left, ::malloc_usable_size(block));
  return block;
}
void* take_more_memory(void* block, std::size_t size) {
  const std::size_t before = block == nullptr ? 0 : ::malloc_usable_size(block);
  if (memory_left != nullptr && size > before && size - before > *memory_left) return nullptr;
  void* larger = std::realloc(block, size);
  if (memory_left != nullptr && larger != nullptr) {
    *memory_left += before;
    *memory_left -= std::min(*memory_left, ::malloc_usable_size(larger));
  }
  return larger;
}
constexpr XML_Memory_Handling_Suite kCountedMemory = {take_memory, take_more_memory, give_back};

}  // namespace

struct Tokenizer::Impl {
  XML_Parser parser = nullptr;
  std::vector<Token> tokens;

  std::string_view text;
  std::string_view opaque;
  std::pmr::memory_resource* memory = nullptr;
  std::size_t max_depth = 0;
  std::vector<std::uint32_t> open;       // tokens of the elements that are open, outside of opaque ones
  std::vector<std::string> prefixes;     // declared and in force; "" for the default namespace
  std::vector<std::string_view> spaces;  // that tokens have
  std::size_t new_prefixes = 0;          // of them: declared by the element that begins now
  std::size_t outer_prefixes = 0;        // of them: declared outside of the opaque element that is open
  std::size_t opaque_depth = 0;          // open elements from the opaque one inwards; 0: none is open
  std::optional<std::size_t> error_offset;
  std::string error;

  ~Impl() { XML_ParserFree(parser); }

  std::size_t offset() const { return static_cast<std::size_t>(XML_GetCurrentByteIndex(parser)); }
  bool has_failed() const { return error_offset.has_value(); }

  void fail(std::string message) {
    if (has_failed()) return;
    error = std::move(message);
    error_offset = offset();
    XML_StopParser(parser, XML_FALSE);
  }

  std::string_view copy(std::string_view source) {
    if (source.empty()) return {};
    char* target = static_cast<char*>(memory->allocate(source.size(), 1));
    std::memcpy(target, source.data(), source.size());
    return {target, source.size()};
  }
  // Each is kept once; nearly always it is the one before.
  std::string_view keep_space(std::string_view space) {
    if (space.empty()) return {};
    if (space == opaque) return opaque;
    // No more than kMaxXmlPrefixes are in force at one place: those of long ago may be kept again.
    const auto end = spaces.rbegin() + static_cast<std::ptrdiff_t>(std::min(spaces.size(), kMaxXmlPrefixes));
    const auto found = std::find(spaces.rbegin(), end, space);
    return found != end ? *found : spaces.emplace_back(copy(space));
  }

  std::size_t push(const Token& token) {
    tokens.push_back(token);
    tokens.back().next = static_cast<std::uint32_t>(tokens.size());
    return tokens.size() - 1;
  }

  // If what an opaque element uses is declared in it, its bytes can stand alone.
  void check_declared_inside(std::string_view prefix) {
    for (std::size_t at = prefixes.size(); at > 0; --at) {
      if (prefixes[at - 1] != prefix) continue;
      Token& token = tokens.back();
      if (at - 1 < outer_prefixes && token.kind == Kind::opaque) {
        token.kind = Kind::dependent;
        token.value = copy(prefix);
      }
      return;
    }
  }

  void begin_element(const char* full_name, const char** attributes) {
    if (has_failed()) return;
    const std::size_t outer = prefixes.size() - new_prefixes;
    new_prefixes = 0;
    if (open.size() + opaque_depth == max_depth) {
      return fail("more than " + std::to_string(max_depth) + " nested elements (kMaxXmlDepth)");
    }
    const Name name = split(full_name);
    if (opaque_depth == 0 && !(name.space == opaque && !opaque.empty())) return begin_plain(name, attributes);
    if (opaque_depth++ == 0) {
      outer_prefixes = outer;
      push({keep_space(name.space), source_name(name), {}, static_cast<std::uint32_t>(offset()), 0, Kind::opaque});
    }
    check_declared_inside(name.prefix);
    for (const char** at = attributes; *at != nullptr; at += 2) {
      const Name attribute = split(*at);
      if (!attribute.prefix.empty()) check_declared_inside(attribute.prefix);
    }
  }

  // The local name, where the start tag has it.
  std::string_view source_name(const Name& name) const {
    return text.substr(offset() + 1 + (name.prefix.empty() ? 0 : name.prefix.size() + 1), name.local.size());
  }

  void begin_plain(const Name& name, const char** attributes) {
    const std::uint32_t start = static_cast<std::uint32_t>(offset());
    open.push_back(
        static_cast<std::uint32_t>(push({keep_space(name.space), source_name(name), {}, start, 0, Kind::element})));
    for (const char** at = attributes; *at != nullptr; at += 2) {
      const Name attribute = split(at[0]);
      push({keep_space(attribute.space), copy(attribute.local), copy(at[1]), start, 0, Kind::attribute});
    }
  }

  void end_element() {
    if (has_failed()) return;
    if (opaque_depth > 0) {
      if (--opaque_depth > 0) return;
      Token& token = tokens.back();
      if (token.kind == Kind::dependent) return;
      // The end of an empty element has no bytes of its own, and stands behind the start tag.
      const std::size_t end = offset() + static_cast<std::size_t>(XML_GetCurrentByteCount(parser));
      token.value = text.substr(token.offset, end - token.offset);
      return;
    }
    const std::size_t end = push({{}, {}, {}, static_cast<std::uint32_t>(offset()), 0, Kind::end});
    tokens[open.back()].next = static_cast<std::uint32_t>(end + 1);
    open.pop_back();
  }

  void characters(std::string_view part) {
    if (has_failed() || opaque_depth > 0 || std::all_of(part.begin(), part.end(), is_space)) return;
    if (!tokens.empty() && tokens.back().kind == Kind::text) return;
    push({{}, {}, {}, static_cast<std::uint32_t>(offset()), 0, Kind::text});
  }

  void declare_prefix(const char* prefix, const char* space) {
    if (has_failed()) return;
    if (space != nullptr && std::strlen(space) > kMaxXmlNamespaceBytes) {
      return fail("a namespace of more than " + std::to_string(kMaxXmlNamespaceBytes) +
                  " bytes (kMaxXmlNamespaceBytes)");
    }
    if (prefixes.size() == kMaxXmlPrefixes) {
      return fail("more than " + std::to_string(kMaxXmlPrefixes) + " namespace declarations (kMaxXmlPrefixes)");
    }
    prefixes.emplace_back(prefix == nullptr ? "" : prefix);
    ++new_prefixes;
  }
  void end_prefix() {
    if (!has_failed()) prefixes.pop_back();
  }

  static Impl& of(void* data) { return *static_cast<Impl*>(data); }

  // Ready for another document. https://www.w3.org/TR/xml/#sec-prolog-dtd
  bool reset() {
    if (parser == nullptr) {
      const XML_Char separator[] = {kSeparator, '\0'};
      parser = XML_ParserCreate_MM("UTF-8", &kCountedMemory, separator);
      if (parser == nullptr) return false;
    } else {
      XML_ParserReset(parser, "UTF-8");
    }
    XML_SetReturnNSTriplet(parser, 1);
    XML_SetUserData(parser, this);
    XML_SetElementHandler(
        parser, [](void* data, const char* name, const char** attributes) { of(data).begin_element(name, attributes); },
        [](void* data, const char*) { of(data).end_element(); });
    XML_SetCharacterDataHandler(parser, [](void* data, const char* part, int size) {
      of(data).characters({part, static_cast<std::size_t>(size)});
    });
    XML_SetNamespaceDeclHandler(
        parser, [](void* data, const char* prefix, const char* space) { of(data).declare_prefix(prefix, space); },
        [](void* data, const char*) { of(data).end_prefix(); });
    XML_SetStartDoctypeDeclHandler(parser, [](void* data, const char*, const char*, const char*, int) {
      of(data).fail("a document type declaration is not read here");
    });
    XML_SetXmlDeclHandler(parser, [](void* data, const char*, const char* encoding, int) {
      if (encoding != nullptr && !is_utf8_name(encoding)) {
        of(data).fail("the encoding must be UTF-8, not " + std::string(encoding));
      }
    });
    tokens.clear();
    spaces.clear();
    open.clear();
    prefixes.clear();
    new_prefixes = outer_prefixes = opaque_depth = 0;
    error_offset.reset();
    error.clear();
    return true;
  }
};

Tokenizer::Tokenizer() : impl_(std::make_unique<Impl>()) {}
Tokenizer::~Tokenizer() = default;
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;

Result<std::span<const Token>> Tokenizer::tokenize(std::string_view text, std::string_view opaque,
                                                   std::pmr::memory_resource& memory, std::size_t max_depth) {
  Impl& impl = *impl_;
  if (text.size() > kMaxXmlBytes)
    return make_error(Category::too_large, "the text is longer than 1 GiB (kMaxXmlBytes)");
  auto syntax_error = [&](std::string_view what, std::size_t offset) -> Error {
    std::string message = "not XML: " + std::string(what) + " at " + describe_position(text, offset);
    return Error{Category::invalid, message, {{Severity::fatal, "structure", message, ""}}};
  };
  // Before expat looks: by its first bytes it would read the text as UTF-16.
  const std::size_t valid = std::min(valid_utf8_prefix(text), text.find('\0'));
  if (valid < text.size()) return syntax_error("the text is not valid UTF-8", valid);
  if (!impl.reset()) return make_error(Category::unavailable, "no memory for an XML parser");
  impl.text = text;
  impl.opaque = opaque;
  impl.memory = &memory;
  impl.max_depth = std::min(max_depth, kMaxXmlDepth);
  std::size_t left = kMaxXmlParserBytes + kMaxXmlParserBytesPerByte * text.size();
  memory_left = &left;
  const XML_Status status = XML_Parse(impl.parser, text.data(), static_cast<int>(text.size()), XML_TRUE);
  memory_left = nullptr;
  if (impl.has_failed()) return syntax_error(impl.error, *impl.error_offset);
  if (status != XML_STATUS_OK && XML_GetErrorCode(impl.parser) == XML_ERROR_NO_MEMORY) {
    return syntax_error("its names and namespaces take more memory than kMaxXmlParserBytes allows", impl.offset());
  }
  if (status != XML_STATUS_OK) {
    return syntax_error(XML_ErrorString(XML_GetErrorCode(impl.parser)), impl.offset());
  }
  return std::span<const Token>(impl.tokens);
}

}  // namespace vesta::xml
