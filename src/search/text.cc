// Folding by ICU's NFKC_Casefold and decomposition, with a fast path for ASCII.
#include "search/text.h"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include "base/check.h"

namespace vesta::search {
namespace {

bool is_ascii(std::string_view text) {
  unsigned char seen = 0;
  for (char c : text) seen |= static_cast<unsigned char>(c);
  return seen < 0x80;
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

}  // namespace vesta::search
