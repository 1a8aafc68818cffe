// Folding by ICU's NFKC_Casefold and decomposition, with a fast path for ASCII.
#include "search/text.h"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <tuple>
#include <utility>

#include "base/check.h"

namespace vesta::search {
namespace {

// OPTIMIZATION: looks at eight bytes at a time.
bool is_ascii(std::string_view text) {
  std::uint64_t seen = 0, word = 0;
  while (text.size() >= sizeof(word)) {
    std::memcpy(&word, text.data(), sizeof(word));
    seen |= word;
    text.remove_prefix(sizeof(word));
  }
  for (const char c : text) seen |= static_cast<unsigned char>(c);
  return (seen & 0x8080808080808080) == 0;
}

// The bytes that Unicode counts as White_Space within ASCII: tab, line feed, vertical tab, form feed, return, space.
bool is_ascii_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

void fold_ascii(std::string_view text, std::string& out) {
  const std::size_t start = out.size();
  out.resize(start + text.size());
  char* to = out.data() + start;
  char* const first = to;
  bool space = false;
  for (char c : text) {
    if (is_ascii_space(c)) {
      space = true;
      continue;
    }
    if (space && to != first) *to++ = ' ';
    space = false;
    *to++ = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  }
  out.resize(static_cast<std::size_t>(to - out.data()));
}

// The normalizers are ICU's own singletons: immutable, shared by all threads, never deleted.
const icu::Normalizer2& case_folder() {
  static const icu::Normalizer2* const folder = [] {
    UErrorCode code = U_ZERO_ERROR;
    const icu::Normalizer2* found = icu::Normalizer2::getNFKCCasefoldInstance(code);
    CHECK(U_SUCCESS(code));
    return found;
  }();
  return *folder;
}
const icu::Normalizer2& decomposer() {
  static const icu::Normalizer2* const found_decomposer = [] {
    UErrorCode code = U_ZERO_ERROR;
    const icu::Normalizer2* found = icu::Normalizer2::getNFDInstance(code);
    CHECK(U_SUCCESS(code));
    return found;
  }();
  return *found_decomposer;
}

// Letters whose stroke is no combining mark to Unicode, but an accent to people who look for a name.
UChar32 without_stroke(UChar32 c) {
  switch (c) {
    case 0x0142:
      return 'l';  // ł
    case 0x00F8:
      return 'o';  // ø
    case 0x0111:
      return 'd';  // đ
    case 0x0127:
      return 'h';  // ħ
    case 0x0167:
      return 't';  // ŧ
    case 0x0131:
      return 'i';  // dotless i
    default:
      return c;
  }
}

}  // namespace

// https://hl7.org/fhir/R4/search.html#string: "case and accent-insensitive", and insensitive to non-significant white
// space. Punctuation is kept: names such as O'Brien are found by what is written in them.
void fold(std::string_view text, std::string& out) {
  if (is_ascii(text)) return fold_ascii(text, out);
  UErrorCode code = U_ZERO_ERROR;
  const auto source = icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
  icu::UnicodeString folded;
  icu::UnicodeString decomposed;
  case_folder().normalize(source, folded, code);
  decomposer().normalize(folded, decomposed, code);
  CHECK(U_SUCCESS(code));  // fails on a lack of memory only

  icu::UnicodeString kept;
  bool space = false;
  for (int32_t at = 0; at < decomposed.length();) {
    const UChar32 c = decomposed.char32At(at);
    at += U16_LENGTH(c);
    if (u_charType(c) == U_NON_SPACING_MARK || u_charType(c) == U_ENCLOSING_MARK) continue;
    if (u_isUWhiteSpace(c)) {
      space = true;
      continue;
    }
    if (space && !kept.isEmpty()) kept.append(static_cast<UChar32>(' '));
    space = false;
    kept.append(without_stroke(c));
  }
  kept.toUTF8String(out);
}

namespace {

// Letters and digits (u_isalnum), and the spacing marks that are vowels of Indic scripts: part of a word to its
// readers. Marks without a width of their own are gone in folded text.
bool is_of_word(UChar32 c) {
  if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
  return u_isalnum(c) || u_charType(c) == U_COMBINING_SPACING_MARK;
}

// The end of the character at `at`, and whether it is part of a word.
std::pair<std::size_t, bool> classify(std::string_view text, std::size_t at) {
  auto next = static_cast<int32_t>(at);
  UChar32 c = 0;
  U8_NEXT(text.data(), next, static_cast<int32_t>(text.size()), c);
  return {static_cast<std::size_t>(next), c >= 0 && is_of_word(c)};
}

}  // namespace

void each_word(std::string_view folded, const std::function<void(std::string_view)>& visit) {
  for (std::size_t at = 0; at < folded.size();) {
    const std::size_t begin = at;
    std::size_t end = begin;   // of the word
    std::size_t kept = begin;  // the end of what is kept of it: the first character behind kMaxWordBytes is the last
    bool is_word = true;
    while (at < folded.size() && is_word) {
      std::tie(at, is_word) = classify(folded, at);
      if (!is_word) break;
      if (end - begin <= kMaxWordBytes) kept = at;
      end = at;
    }
    if (kept > begin) visit(folded.substr(begin, kept - begin));
  }
}

namespace {

constexpr std::size_t kBeginBytes = sizeof(Word::begin);

// `begin` has kBeginBytes readable bytes, which may be more than the word.
Word make_word(const char* begin, std::size_t size) {
  std::uint64_t number = 0;
  std::memcpy(&number, begin, kBeginBytes);
  if constexpr (std::endian::native == std::endian::little) number = __builtin_bswap64(number);
  if (size < kBeginBytes) number &= ~std::uint64_t{0} << (8 * (kBeginBytes - size));
  return {number, {begin, size}};
}

// What each byte of ASCII is in a folded word; 0: part of none.
constexpr std::array<char, 128> kWordCharacters = [] {
  std::array<char, 128> characters{};
  for (char c = '0'; c <= '9'; ++c) characters[static_cast<std::size_t>(c)] = c;
  for (char c = 'a'; c <= 'z'; ++c) {
    characters[static_cast<std::size_t>(c)] = c;
    characters[static_cast<std::size_t>(c) - 'a' + 'A'] = c;
  }
  return characters;
}();

void append_ascii_words(std::string_view text, char* out, std::vector<Word>& words) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::size_t begin = at;
    for (; at < text.size(); ++at) {
      const char c = kWordCharacters[static_cast<unsigned char>(text[at])];
      if (c == 0) break;
      out[at] = c;
    }
    if (at > begin) words.push_back(make_word(out + begin, std::min(at - begin, kMaxWordBytes + 1)));
  }
}

}  // namespace

// OPTIMIZATION: the words of ASCII are folded and found in one pass.
void append_words(std::string_view text, fhir::Arena& arena, std::vector<Word>& out) {
  if (is_ascii(text)) return append_ascii_words(text, arena.bytes(text.size() + kBeginBytes), out);
  std::string folded;
  fold(text, folded);
  const std::size_t size = folded.size();
  folded.resize(size + kBeginBytes);
  each_word(arena.copy(folded).substr(0, size),
            [&out](std::string_view word) { out.push_back(make_word(word.data(), word.size())); });
}

}  // namespace vesta::search
