// `_text` and `_content`: words of the narrative and of the whole resource. https://hl7.org/fhir/R4/search.html#text
#include <algorithm>

#include "search/narrative.h"
#include "search/params/extract.h"
#include "search/params/match.h"
#include "search/text.h"

namespace vesta::search::params {
namespace {

constexpr std::size_t kUsualWords = 128;  // in the texts of most resources

// Gathers the words of a resource.
class Words {
 public:
  explicit Words(Extraction& extraction) : extraction_(extraction), names_(extraction.vocabulary) {
    words_.reserve(kUsualWords);
  }

  void add_narrative(const fhir::Node& root) {
    const fhir::Node* narrative = root.child(names_.text);
    const fhir::Node* div = narrative == nullptr ? nullptr : narrative->child(names_.div);
    if (div != nullptr && names_.words_of[div->type] == WordsOf::markup) add_markup(div->value);
  }

  // All texts and codes below `node`, with those of contained resources. Left out is what refers to another place:
  // ids of elements and literal references (which are strings to FHIR).
  void add_content(const fhir::Node& node) {
    const bool is_reference = node.type < names_.shapes.size() && names_.shapes[node.type] == Shape::reference;
    for (const fhir::Node& child : node.children()) {
      if (child.name == names_.id || (is_reference && child.name == names_.reference)) continue;
      if (child.has_value && child.type < names_.words_of.size()) {
        if (names_.words_of[child.type] == WordsOf::text) add_text(child.value);
        if (names_.words_of[child.type] == WordsOf::markup) add_markup(child.value);
      }
      if (child.first_child != nullptr) add_content(child);
    }
  }

  // Adds the different words, in their order, to the values; forgets them.
  void flush(ParameterId parameter) {
    std::sort(words_.begin(), words_.end());
    words_.erase(std::unique(words_.begin(), words_.end()), words_.end());
    std::vector<WordValue>& values = extraction_.values.words;
    values.reserve(values.size() + words_.size());
    for (const Word& word : words_) values.push_back({parameter, word.text});
    if (!words_.empty()) extraction_.values.present.push_back(parameter);
    words_.clear();
  }

 private:
  void add_text(std::string_view text) { append_words(text, extraction_.arena, words_); }
  void add_markup(std::string_view xhtml) {
    plain_.clear();
    append_text_of(xhtml, plain_);
    add_text(plain_);
  }

  Extraction& extraction_;
  const Vocabulary& names_;
  std::string plain_;
  std::vector<Word> words_;
};

}  // namespace

// https://hl7.org/fhir/R4/search.html#text
void extract_words(WordParameters parameters, const fhir::Node& root, Extraction& extraction) {
  Words words(extraction);
  if (parameters.content != kNoParameter) {
    words.add_content(root);
    words.flush(parameters.content);
  }
  if (parameters.text != kNoParameter) {
    words.add_narrative(root);
    words.flush(parameters.text);
  }
}

bool matches(const WordMatch& match, const WordValue& value) {
  return match.is_prefix ? value.word.starts_with(match.word) : value.word == match.word;
}

}  // namespace vesta::search::params
