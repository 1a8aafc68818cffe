// Folding of strings for search, and their words: by Unicode (ICU). https://hl7.org/fhir/R4/search.html#string
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/node.h"

namespace vesta::search {

// Case folded, decomposed, without combining marks, runs of white space as one space, trimmed. Appends to `out`.
// ASCII text takes a fast path without ICU. `text` is valid UTF-8.
void fold(std::string_view text, std::string& out);

// A longer word is not searched for. In the index it is cut behind this length, at the end of a character, so that it
// is found by its beginning and no shorter word is mistaken for it.
inline constexpr std::size_t kMaxWordBytes = 64;

// Calls `visit` with each word of a folded text, in order: the longest runs of letters, digits and the marks within
// letters of other scripts than Latin. "follow-up" is two words. Views into `folded`; longer ones are cut (see above).
void each_word(std::string_view folded, const std::function<void(std::string_view)>& visit);

// A folded word. Words compare as their texts do. OPTIMIZATION: `begin`, the first bytes as a number, decides mostly.
struct Word {
  std::uint64_t begin;
  std::string_view text;

  bool operator==(const Word& other) const { return begin == other.begin && text == other.text; }
  bool operator<(const Word& other) const { return begin != other.begin ? begin < other.begin : text < other.text; }
};

// Appends the words of a text that is not folded yet, in order; their bytes are in `arena`.
void append_words(std::string_view text, fhir::Arena& arena, std::vector<Word>& out);

}  // namespace vesta::search
